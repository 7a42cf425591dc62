// SPDX-License-Identifier: MIT
#include "tools/acledger/index_target.h"

#include <array>
#include <ctime>

#include "daemon/answers/index.h"
#include "daemon/target/live_volume.h"
#include "scanner/ntfs/boot_sector.h"
#include "scanner/ntfs/unclean.h"

namespace acledger::tools {
namespace {

using scanner::ntfs::BlockDevice;
using scanner::ntfs::BootSector;

}  // namespace

Expected<std::unique_ptr<BlockDevice>> OpenToIndex(const std::string& image, unsigned partition, bool forced) {
  auto device = daemon::OpenImageBytes(image, partition);
  if (!device) {
    if (device.error().kind == ErrorKind::kBusy)
      device.error().reason += " (what is written meanwhile would be read in part)";
    return device;
  }
  // "\\\\.\\C:" is mounted, and never clean.
  if (forced || image.starts_with("\\\\.\\")) return device;
  auto clean = scanner::ntfs::CheckClean(**device);
  if (clean) return device;
  clean.error().reason += " (--force reads what is there without it)";
  return std::unexpected(clean.error());
}

Expected<scanner::VolumeInfo> InfoOf(BlockDevice& device, const std::string& name) {
  std::array<std::uint8_t, BootSector::kBytes> sector{};
  if (device.Size() < sector.size())
    return std::unexpected(
        Error{ErrorKind::kUnsupported, "read boot sector", name, 0, "too short to be an NTFS volume"});
  if (const auto read = device.Read(0, sector); !read) return std::unexpected(read.error());
  auto boot = BootSector::Parse(sector);
  if (!boot) {
    // The word is right, the file is not: ExitFor() tells these apart.
    if (boot.error().kind == ErrorKind::kInvalid) boot.error().kind = ErrorKind::kUnsupported;
    return std::unexpected(std::move(boot.error()).At(name));
  }
  scanner::VolumeInfo info;
  info.serial = boot->serial;
  info.name = name;
  return info;
}

void AddIndexOptions(CLI::App& command, IndexWords& words) {
  AddTargetOptions(command, words.target);
  command
      .add_option("--principal", words.judge.principal, "Whose verdicts (default: that of the grants, where it is one)")
      ->type_name("SID");
  command.add_option("--mask", words.judge.mask, "Which access (default 0x1200A9, read and execute)")
      ->type_name("MASK");
  command.add_option("--token-sids", words.judge.token_sids, "What the principal's token holds beside the usual SIDs")
      ->type_name("SID,...")
      ->delimiter(',');
}

Expected<std::optional<store::Grant>> PrincipalOf(const IndexWords& words) {
  if (!words.judge.principal.empty()) return daemon::WhoseVerdicts(words.judge, nullptr);
  const auto ledger = OpenLedgerToRead(words.target);
  if (!ledger && ledger.error().kind != ErrorKind::kNotFound && ledger.error().kind != ErrorKind::kUnsupported)
    return std::unexpected(ledger.error());
  return daemon::WhoseVerdicts(words.judge, ledger ? ledger->get() : nullptr);
}

Expected<std::string> IndexFile(const TargetOptions& target) {
  const auto ledger = LedgerPath(target);
  if (!ledger) return std::unexpected(ledger.error());
  return store::IndexPath(*ledger);
}

Expected<std::unique_ptr<store::VolumeStore>> OpenIndexToRead(const TargetOptions& target) {
  const auto path = IndexFile(target);
  if (!path) return std::unexpected(path.error());
  return store::VolumeStore::OpenToRead(*path);
}

std::string TimeText(std::int64_t seconds) {
  char text[32] = "?";
  const auto time = static_cast<std::time_t>(seconds);
  if (const std::tm* parts = std::gmtime(&time)) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", parts);
  return text;
}

}  // namespace acledger::tools
