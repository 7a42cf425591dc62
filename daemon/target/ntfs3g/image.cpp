// SPDX-License-Identifier: MIT
#include "daemon/target/live_volume.h"
#include "scanner/ntfs/partitions.h"
#include "scanner/ntfs3g/carried_file.h"
#include "scanner/ntfs3g/ntfs3g_volume.h"

namespace acledger::daemon {
namespace {

// The word is right, the file is not; but for the number of a partition.
template <class Opened>
Expected<Opened> Judged(Expected<Opened> opened) {
  if (!opened && opened.error().kind == ErrorKind::kInvalid &&
      opened.error().operation != scanner::ntfs::kChoosePartition)
    opened.error().kind = ErrorKind::kUnsupported;
  return opened;
}

}  // namespace

Expected<std::unique_ptr<scanner::Volume>> OpenImage(const std::string& path, unsigned partition, bool read_only) {
  return Judged(scanner::OpenNtfsImage(path, read_only, partition));
}

Expected<std::unique_ptr<scanner::ntfs::BlockDevice>> OpenImageBytes(const std::string& path, unsigned partition) {
  return Judged(scanner::OpenNtfsBytes(path, partition));
}

Expected<void> PutCarriedLedger(const ImagePlace& image, const std::string& ledger) {
  return scanner::ntfs3g::PutCarriedLedger(image.path, ledger, {}, image.partition);
}

Expected<bool> RemoveCarriedLedger(const ImagePlace& image, bool and_folder) {
  return scanner::ntfs3g::RemoveCarriedLedger(image.path, and_folder, {}, image.partition);
}

}  // namespace acledger::daemon
