// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "scanner/change_watch.h"
#include "scanner/usn_journal.h"
#include "scanner/volume.h"

namespace acledger::daemon {

// The mounted volume with this drive letter (0: that of the system). kUnsupported where there is no Windows.
Expected<std::unique_ptr<scanner::Volume>> OpenLiveVolume(char drive);

// %ProgramData%\acledger\ledger.db; its folder is made where `make_folder`.
Expected<std::string> LiveLedgerPath(bool make_folder);

// An NTFS volume in an image file or on a device. kUnsupported where this build has no library for it.
Expected<std::unique_ptr<scanner::Volume>> OpenImage(const std::string& path, bool read_only);

// Tells of changes on that volume. kUnsupported where there is no Windows.
Expected<std::unique_ptr<scanner::ChangeWatch>> WatchLiveVolume(const scanner::VolumeInfo& volume);

// Its change journal; null where there is no Windows.
std::unique_ptr<scanner::UsnJournal> JournalOfLiveVolume(const scanner::VolumeInfo& volume);

}  // namespace acledger::daemon
