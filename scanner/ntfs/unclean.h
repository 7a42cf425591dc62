// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/ntfs/block_device.h"

namespace acledger::scanner::ntfs {

// Whether a volume that nobody has mounted was left as it should be. kUnsupported, with what to do, where it is marked
// dirty, or where its journal ($LogFile) was not closed: then its tables may be older than what the journal holds. What
// cannot be told (a damaged record) is damage, and for others to report. Never for a mounted volume: that is always so.
Expected<void> CheckClean(BlockDevice& device);

}  // namespace acledger::scanner::ntfs
