// SPDX-License-Identifier: MIT
#include "scanner/ntfs/volume_bytes.h"

namespace acledger::scanner::ntfs {

// What lies in the system's memory is not yet where we read.
Expected<VolumeBytes> BytesOf(Volume& volume) {
  VolumeBytes bytes;
  bytes.device = volume.Bytes();
  if (bytes.device != nullptr) return bytes;
  if (const auto flushed = volume.Flush(); !flushed) bytes.not_flushed = flushed.error();
  auto device = OpenBlockDevice("\\\\.\\" + volume.Info().name);
  if (!device) return std::unexpected(device.error());
  bytes.own = *std::move(device);
  bytes.device = bytes.own.get();
  return bytes;
}

}  // namespace acledger::scanner::ntfs
