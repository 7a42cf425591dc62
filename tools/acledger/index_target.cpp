// SPDX-License-Identifier: MIT
#include "tools/acledger/index_target.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <ctime>

#include "daemon/answers/mask.h"
#include "scanner/ntfs/boot_sector.h"
#include "scanner/ntfs/partitions.h"
#include "security/sddl.h"

namespace acledger::tools {
namespace {

using scanner::ntfs::BlockDevice;
using scanner::ntfs::BootSector;
using scanner::ntfs::DeviceWindow;
using scanner::ntfs::Partition;

std::string TextOf(const std::vector<Partition>& partitions) {
  std::string text;
  for (const Partition& one : partitions) {
    text += (text.empty() ? "" : ", ") + std::to_string(one.number) + " (" +
            (one.holds_ntfs ? std::string("NTFS, ") : std::string()) + std::to_string(one.bytes >> 20) + " MiB" +
            (one.name.empty() ? "" : ", " + one.name) + ")";
  }
  return text;
}

std::unexpected<Error> Choose(const std::string& path, std::string reason) {
  return std::unexpected(Error{ErrorKind::kInvalid, "choose a partition", path, 0, std::move(reason)});
}

}  // namespace

Expected<IndexDevice> OpenIndexDevice(const std::string& path, unsigned partition) {
  IndexDevice opened;
  auto device = scanner::ntfs::OpenBlockDevice(path);
  if (!device) return std::unexpected(device.error());
  opened.whole = *std::move(device);
  const auto partitions = scanner::ntfs::ListPartitions(*opened.whole);
  if (!partitions) return std::unexpected(partitions.error());
  if (partitions->empty() && partition == 0) return opened;
  if (partitions->empty()) return Choose(path, "it has no partitions: leave --partition out");
  if (partition == 0) return Choose(path, "it is partitioned, say --partition N: " + TextOf(*partitions));
  const auto found = std::ranges::find(*partitions, partition, &Partition::number);
  if (found == partitions->end())
    return Choose(path, "it has no partition " + std::to_string(partition) + "; there are " + TextOf(*partitions));
  auto window = DeviceWindow::Open(*opened.whole, found->offset, found->bytes);
  if (!window) return std::unexpected(window.error());
  opened.partition = std::make_unique<DeviceWindow>(*std::move(window));
  return opened;
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

void IndexWords::ChooseLedger() {
  if (partition != 0 && target.ledger.empty() && !target.image.empty())
    target.ledger = target.image + ".p" + std::to_string(partition) + ".acledger";
}

void AddIndexOptions(CLI::App& command, IndexWords& words) {
  AddTargetOptions(command, words.target);
  command.add_option("--partition", words.partition, "Which partition of a disk (default: it holds one volume)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command.add_option("--principal", words.principal, "Whose verdicts (default: that of the grants, where it is one)")
      ->type_name("SID");
  command.add_option("--mask", words.mask, "Which access (default 0x1200A9, read and execute)")->type_name("MASK");
  command.add_option("--token-sids", words.token_sids, "What the principal's token holds beside the usual SIDs")
      ->type_name("SID,...")
      ->delimiter(',');
}

Expected<std::optional<store::Grant>> PrincipalOf(const IndexWords& words, store::Ledger* ledger) {
  store::Grant wanted;
  if (!words.mask.empty()) {
    const auto mask = daemon::ParseMask(words.mask);
    if (!mask) return std::unexpected(mask.error());
    wanted.mask = *mask;
  }
  for (const std::string& word : words.token_sids) {
    const auto sid = security::SidFromSddl(word);
    if (!sid) return Fail(ErrorKind::kInvalid, "--token-sids " + word, "not a SID: " + sid.error().reason);
    wanted.token_sids.push_back(*sid);
  }
  if (!words.principal.empty()) {
    const auto sid = security::SidFromSddl(words.principal);
    if (!sid) return Fail(ErrorKind::kInvalid, "--principal " + words.principal, "not a SID: " + sid.error().reason);
    wanted.principal = *sid;
    return wanted;
  }
  if (ledger == nullptr) return std::nullopt;
  const auto grants = ledger->Grants();
  if (!grants) return std::unexpected(grants.error());
  if (grants->empty()) return std::nullopt;
  const store::Grant& first = grants->front();
  const bool one = std::ranges::all_of(*grants, [&first](const store::Grant& grant) {
    return grant.principal == first.principal && grant.mask == first.mask && grant.token_sids == first.token_sids;
  });
  if (!one) return std::nullopt;
  wanted.principal = first.principal;
  if (words.mask.empty()) wanted.mask = first.mask;
  if (words.token_sids.empty()) wanted.token_sids = first.token_sids;
  return wanted;
}

std::string TimeText(std::int64_t seconds) {
  char text[32] = "?";
  const auto time = static_cast<std::time_t>(seconds);
  if (const std::tm* parts = std::gmtime(&time)) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", parts);
  return text;
}

std::string SerialText(std::uint64_t serial) {
  char text[20];
  std::snprintf(text, sizeof text, "%016" PRIX64, serial);
  return text;
}

}  // namespace acledger::tools
