// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "scanner/change_watch.h"
#include "scanner/ntfs/block_device.h"
#include "scanner/usn_journal.h"
#include "scanner/volume.h"

namespace acledger::daemon {

// Where an offline volume lies: a file or device, and the partition of it; 0: it is one volume.
struct ImagePlace {
  std::string path;
  unsigned partition = 0;
};

// The mounted volume with this drive letter (0: that of the system). kUnsupported where there is no Windows.
Expected<std::unique_ptr<scanner::Volume>> OpenLiveVolume(char drive);

// %ProgramData%\acledger\ledger.db; its folder is made where `make_folder`.
Expected<std::string> LiveLedgerPath(bool make_folder);

// An NTFS volume in an image file or on a device; `partition` 0: it holds nothing else. kInvalid, with the partitions
// that there are, where that word does not fit. kUnsupported: no NTFS volume, or this build has no library for it.
Expected<std::unique_ptr<scanner::Volume>> OpenImage(const std::string& path, unsigned partition, bool read_only);

// The bytes of such a volume alone, for who reads its tables. Where there is a library, locked as by any reader.
Expected<std::unique_ptr<scanner::ntfs::BlockDevice>> OpenImageBytes(const std::string& path, unsigned partition);

// "disk.img.acledger", or "disk.img.p2.acledger": where the ledger of an image is.
std::string ImageLedger(const std::string& image, unsigned partition);

// The ledger that an image carries: see scanner/ntfs3g/carried_file.h. kUnsupported where this build has no library.
Expected<void> PutCarriedLedger(const ImagePlace& image, const std::string& ledger);
Expected<bool> RemoveCarriedLedger(const ImagePlace& image, bool and_folder);

// Renames what the mounted volume carries (scanner/carried_ledger.h, which says that it can be trusted) to
// kCarriedTakenName. Done too where nothing is there, and where there is no Windows.
Expected<void> RetireCarriedLedger(const scanner::VolumeInfo& volume);

// Tells of changes on that volume. kUnsupported where there is no Windows.
Expected<std::unique_ptr<scanner::ChangeWatch>> WatchLiveVolume(const scanner::VolumeInfo& volume);

// Its change journal; null where there is no Windows.
std::unique_ptr<scanner::UsnJournal> JournalOfLiveVolume(const scanner::VolumeInfo& volume);

}  // namespace acledger::daemon
