// SPDX-License-Identifier: MIT
#include "tools/acledger/target.h"

#include <cctype>
#include <cstdio>

#include "daemon/target/live_volume.h"
#include "tools/acledger/exit_code.h"

namespace acledger::tools {

void AddTargetOptions(CLI::App& command, TargetOptions& options) {
  command.add_option("--image", options.image, "NTFS image file or block device; without it the live volume")
      ->type_name("FILE");
  command.add_option("--ledger", options.ledger, "Ledger file (default: FILE.acledger beside the image)")
      ->type_name("FILE");
  command.add_option("--config", options.config, "Configuration file (acledger.toml)")->type_name("FILE");
  command.add_option("--endpoint", options.endpoint, "Socket or pipe of the daemon (default: where it listens)")
      ->type_name("NAME");
  command.add_flag("--json", options.json, "Answer as JSON on standard output");
}

Expected<std::string> LedgerPath(const TargetOptions& options) {
  if (!options.ledger.empty()) return options.ledger;
  if (!options.image.empty()) return options.image + ".acledger";
  return daemon::LiveLedgerPath(false);
}

Expected<std::unique_ptr<scanner::Volume>> OpenVolume(const TargetOptions& options, char drive, bool read_only) {
  if (options.image.empty()) return daemon::OpenLiveVolume(drive);
  Expected<std::unique_ptr<scanner::Volume>> image = daemon::OpenImage(options.image, read_only);
  // The word is right, the file is not: ExitFor() tells these apart.
  if (!image && image.error().kind == ErrorKind::kInvalid) image.error().kind = ErrorKind::kUnsupported;
  return image;
}

Expected<std::unique_ptr<store::Ledger>> OpenLedger(const TargetOptions& options, const scanner::VolumeInfo& volume) {
  Expected<std::string> path =
      options.ledger.empty() && options.image.empty() ? daemon::LiveLedgerPath(true) : LedgerPath(options);
  if (!path) return std::unexpected(path.error());
  store::OpenOptions how;
  how.volume_serial = volume.serial;
  how.volume_name = volume.name;
  Expected<std::unique_ptr<store::Ledger>> ledger = store::Ledger::Open(*path, how);
  if (ledger && (*ledger)->Outcome() == store::OpenOutcome::kMovedAside)
    std::fprintf(stderr,
                 "acledger: the ledger %s was damaged: it is kept as %s, and a new one was begun. Provision the same "
                 "roots for the same principal: what the volume carries of it is then found and recorded again.\n",
                 path->c_str(), (*ledger)->MovedTo().c_str());
  return ledger;
}

Expected<std::unique_ptr<store::Ledger>> OpenLedgerToRead(const TargetOptions& options) {
  const Expected<std::string> path = LedgerPath(options);
  if (!path) return std::unexpected(path.error());
  store::OpenOptions how;
  how.read_only = true;
  how.check_volume = false;
  Expected<std::unique_ptr<store::Ledger>> ledger = store::Ledger::Open(*path, how);
  if (!ledger && ledger.error().kind == ErrorKind::kNotFound)
    return std::unexpected(Error{ErrorKind::kNotFound, "open the ledger", *path, ledger.error().code,
                                 "there is none: nothing was provisioned here (acledger provision makes it)"});
  return ledger;
}

Expected<void> OpenToWrite(const TargetOptions& target, const std::string& root,
                           std::unique_ptr<scanner::Volume>& volume, std::unique_ptr<store::Ledger>& ledger) {
  std::vector<std::string> paths;
  if (!root.empty()) paths.push_back(root);
  // The question first whether there is a ledger at all: opening for writing would make one.
  auto existing = OpenLedgerToRead(target);
  if (!existing && existing.error().kind == ErrorKind::kNotFound) return std::unexpected(existing.error());
  if (existing && root.empty() && target.image.empty()) {
    const Expected<std::string> volume_name = (*existing)->VolumeName();
    if (volume_name) paths.push_back(*volume_name + "\\");  // "D:"; what is damaged is told by opening for writing.
  }
  if (existing) existing->reset();  // Before the writer comes.
  const Expected<char> drive = DriveOf(paths);
  if (!drive) return std::unexpected(drive.error());
  Expected<std::unique_ptr<scanner::Volume>> opened = OpenVolume(target, *drive, false);
  if (!opened) return std::unexpected(opened.error());
  volume = std::move(*opened);
  Expected<std::unique_ptr<store::Ledger>> for_writing = OpenLedger(target, volume->Info());
  if (!for_writing) return std::unexpected(for_writing.error());
  ledger = std::move(*for_writing);
  return {};
}

Expected<char> DriveOf(const std::vector<std::string>& paths) {
  char drive = 0;
  for (const std::string& path : paths) {
    const Expected<scanner::ParsedPath> parsed = scanner::ParsePath(path);
    if (!parsed) return std::unexpected(parsed.error());
    if (parsed->drive == 0 || parsed->drive == drive) continue;
    if (drive != 0)
      return std::unexpected(
          Error{ErrorKind::kInvalid, "use", path, 0,
                "one ledger stands for one volume: give the roots of each drive in a run of its own"});
    drive = parsed->drive;
  }
  return drive;
}

int ExitFor(const Error& error) {
  std::fprintf(stderr, "acledger: %s\n", error.ToString().c_str());
  return error.kind == ErrorKind::kInvalid ? kUsage : kNotPossible;
}

}  // namespace acledger::tools
