// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "scanner/ntfs/block_device.h"
#include "scanner/volume.h"

namespace acledger::scanner::ntfs {

// What holds a volume, for who reads its tables; the volume must outlive it.
struct VolumeBytes {
  std::unique_ptr<BlockDevice> own;  // Null: the volume's.
  BlockDevice* device = nullptr;
  std::optional<Error> not_flushed;  // Of a mounted volume: why the latest changes may be missing.
};

// The volume's own bytes, or those below a mounted one, which is flushed first.
Expected<VolumeBytes> BytesOf(Volume& volume);

}  // namespace acledger::scanner::ntfs
