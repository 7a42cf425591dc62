// SPDX-License-Identifier: MIT
#include "daemon/target/live_volume.h"
#include "scanner/ntfs3g/ntfs3g_volume.h"

namespace acledger::daemon {

Expected<std::unique_ptr<scanner::Volume>> OpenImage(const std::string& path, bool read_only) {
  return scanner::OpenNtfsImage(path, read_only);
}

}  // namespace acledger::daemon
