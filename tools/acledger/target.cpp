// SPDX-License-Identifier: MIT
#include "tools/acledger/target.h"

#include <cctype>
#include <cstdio>

#include "daemon/target/carried.h"
#include "daemon/target/live_volume.h"
#include "scanner/carried_ledger.h"
#include "tools/acledger/exit_code.h"

namespace acledger::tools {

void AddTargetOptions(CLI::App& command, TargetOptions& options) {
  command.add_option("--image", options.image, "NTFS image file or block device; without it the live volume")
      ->type_name("FILE");
  command
      .add_option("--partition", options.partition, "Which partition of a disk --image is (default: it is one volume)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command.add_option("--ledger", options.ledger, "Ledger file (default: FILE.acledger beside the image)")
      ->type_name("FILE");
  command.add_option("--config", options.config, "Configuration file (acledger.toml)")->type_name("FILE");
  command.add_option("--endpoint", options.endpoint, "Socket or pipe of the daemon (default: where it listens)")
      ->type_name("NAME");
  command.add_flag("--json", options.json, "Answer as JSON on standard output");
}

void AddIndexUse(CLI::App& command, std::string& word) {
  command
      .add_option("--index", word,
                  "Read $MFT and $Secure instead of opening each object: auto (where that is faster), always, never")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

Expected<std::string> LedgerPath(const TargetOptions& options) {
  if (!options.ledger.empty()) return options.ledger;
  if (!options.image.empty()) return daemon::ImageLedger(options.image, options.partition);
  return daemon::LiveLedgerPath(false);
}

Expected<std::unique_ptr<scanner::Volume>> OpenVolume(const TargetOptions& options, char drive, bool read_only) {
  if (options.image.empty() && options.partition != 0)
    return Fail(ErrorKind::kInvalid, "--partition", "it says which part of --image FILE is meant");
  if (options.image.empty()) return daemon::OpenLiveVolume(drive);
  return daemon::OpenImage(options.image, options.partition, read_only);
}

namespace {

void Tell(const Error& error) { std::fprintf(stderr, "acledger: %s\n", error.ToString().c_str()); }

// Where it is adopted, what the volume carries has done its work.
void Retire(const scanner::VolumeInfo& info, store::Ledger& ledger) {
  if (const Expected<void> retired = daemon::RetireAdopted(info, ledger); !retired) Tell(retired.error());
}

void TellCannotAdopt(const Error& error) {
  std::fprintf(stderr, "acledger: the ledger that the volume carries cannot be adopted: %s\n",
               error.ToString().c_str());
}

// Of an image that is done before it is opened for writing: TakeOutCarried().
Expected<daemon::CarriedLedger> Fetch(scanner::Volume* volume, const std::string& path) {
  if (volume == nullptr || volume->Info().is_image) return daemon::CarriedLedger{};
  Expected<daemon::CarriedLedger> carried = daemon::FetchCarriedLedger(*volume, path);
  if (carried && carried->trouble) TellCannotAdopt(*carried->trouble);
  return carried;
}

}  // namespace

Expected<std::unique_ptr<store::Ledger>> OpenLedger(const TargetOptions& options, const scanner::VolumeInfo& info,
                                                    scanner::Volume* volume) {
  Expected<std::string> path =
      options.ledger.empty() && options.image.empty() ? daemon::LiveLedgerPath(true) : LedgerPath(options);
  if (!path) return std::unexpected(path.error());
  const Expected<daemon::CarriedLedger> carried = Fetch(volume, *path);
  if (!carried) return std::unexpected(carried.error());
  store::OpenOptions how;
  how.volume_serial = info.serial;
  how.volume_name = info.name;
  how.seed = carried->seed;
  Expected<std::unique_ptr<store::Ledger>> ledger = store::Ledger::Open(*path, how);
  if (ledger) Retire(info, **ledger);
  if (ledger && (*ledger)->Outcome() == store::OpenOutcome::kMovedAside)
    std::fprintf(stderr,
                 "acledger: the ledger %s was damaged: it is kept as %s, and a new one was begun. Provision the same "
                 "roots for the same principal: what the volume carries of it is then found and recorded again.\n",
                 path->c_str(), (*ledger)->MovedTo().c_str());
  return ledger;
}

namespace {

Expected<std::unique_ptr<store::Ledger>> OpenToRead(const TargetOptions& options, store::OpenOptions how) {
  const Expected<std::string> path = LedgerPath(options);
  if (!path) return std::unexpected(path.error());
  how.read_only = true;
  Expected<std::unique_ptr<store::Ledger>> ledger = store::Ledger::Open(*path, how);
  if (!ledger && ledger.error().kind == ErrorKind::kNotFound)
    return std::unexpected(Error{ErrorKind::kNotFound, "open the ledger", *path, ledger.error().code,
                                 "there is none: nothing was provisioned here (acledger provision makes it)"});
  return ledger;
}

}  // namespace

Expected<std::unique_ptr<store::Ledger>> OpenLedgerToRead(const TargetOptions& options) {
  store::OpenOptions how;
  how.check_volume = false;
  return OpenToRead(options, std::move(how));
}

Expected<std::unique_ptr<store::Ledger>> OpenLedgerToRead(const TargetOptions& options, const scanner::VolumeInfo& of) {
  store::OpenOptions how;
  how.volume_serial = of.serial;
  how.volume_name = of.name;
  return OpenToRead(options, std::move(how));
}

Expected<void> OpenToWrite(const TargetOptions& target, const std::string& root,
                           std::unique_ptr<scanner::Volume>& volume, std::unique_ptr<store::Ledger>& ledger) {
  std::vector<std::string> paths;
  if (!root.empty()) paths.push_back(root);
  // The question first whether there is a ledger at all: opening for writing would make one.
  auto existing = OpenLedgerToRead(target);
  const bool is_missing = !existing && existing.error().kind == ErrorKind::kNotFound;
  if (existing && root.empty() && target.image.empty()) {
    const Expected<std::string> volume_name = (*existing)->VolumeName();
    if (volume_name) paths.push_back(*volume_name + "\\");  // "D:"; what is damaged is told by opening for writing.
  }
  if (existing) existing->reset();  // Before the writer comes.
  const Expected<char> drive = DriveOf(paths);
  if (!drive) return std::unexpected(drive.error());
  Expected<std::unique_ptr<scanner::Volume>> opened = OpenVolume(target, *drive, false);
  if (!opened) return std::unexpected(is_missing ? existing.error() : opened.error());
  volume = std::move(*opened);
  if (is_missing) {
    const auto carried = scanner::OpenCarriedLedger(*volume);
    if (!carried) return std::unexpected(carried.error());
    if (!*carried) return std::unexpected(existing.error());
  }
  Expected<std::unique_ptr<store::Ledger>> for_writing = OpenLedger(target, volume->Info(), volume.get());
  if (!for_writing) return std::unexpected(for_writing.error());
  ledger = std::move(*for_writing);
  return {};
}

Expected<bool> TakeOutCarried(const TargetOptions& target) {
  const Expected<std::string> path = LedgerPath(target);
  if (!path) return std::unexpected(path.error());
  const Expected<daemon::TakenOut> out = daemon::TakeOutCarried({target.image, target.partition}, *path);
  if (!out) return std::unexpected(out.error());
  if (out->left) TellCannotAdopt(*out->left);
  if (!out->kept.empty())
    std::fprintf(stderr, "acledger: the image carried a ledger that %s knows nothing of: that is kept as %s\n",
                 path->c_str(), out->kept.c_str());
  return out->carried;
}

Expected<void> RefreshCarried(const TargetOptions& target) {
  const Expected<std::string> path = LedgerPath(target);
  return path ? daemon::RefreshCarried({target.image, target.partition}, *path) : std::unexpected(path.error());
}

Expected<int> WithCarriedLedger(const TargetOptions& target, const std::function<Expected<int>()>& work) {
  if (target.image.empty()) return work();
  if (const Expected<bool> out = TakeOutCarried(target); !out) return std::unexpected(out.error());
  Expected<int> ended = work();
  const Expected<void> refreshed = RefreshCarried(target);
  if (refreshed) return ended;
  if (ended) return std::unexpected(refreshed.error());
  Tell(refreshed.error());
  return ended;
}

Expected<void> SettleFirst(scanner::Engine& engine, const scanner::VolumeInfo& info, store::Ledger& ledger) {
  const Expected<scanner::SettleReport> settled = engine.Settle();
  if (!settled) return std::unexpected(settled.error());
  if (settled->adopted) Retire(info, ledger);
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
