// SPDX-License-Identifier: MIT
#include "daemon/target/live_volume.h"

namespace acledger::daemon {
namespace {

constexpr const char* kReason =
    "a live volume can be reached on Windows only: name an NTFS image or device with --image FILE";

}  // namespace

Expected<std::unique_ptr<scanner::Volume>> OpenLiveVolume(char) {
  return Fail(ErrorKind::kUnsupported, "open the live volume", kReason);
}

Expected<std::string> LiveLedgerPath(bool) { return Fail(ErrorKind::kUnsupported, "find the ledger", kReason); }

Expected<std::unique_ptr<scanner::ChangeWatch>> WatchLiveVolume(const scanner::VolumeInfo&) {
  return Fail(ErrorKind::kUnsupported, "watch the live volume", kReason);
}

Expected<void> RetireCarriedLedger(const scanner::VolumeInfo&) { return {}; }

std::unique_ptr<scanner::UsnJournal> JournalOfLiveVolume(const scanner::VolumeInfo&) { return nullptr; }

}  // namespace acledger::daemon
