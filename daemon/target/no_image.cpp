// SPDX-License-Identifier: MIT
#include "daemon/target/live_volume.h"

namespace acledger::daemon {

Expected<std::unique_ptr<scanner::Volume>> OpenImage(const std::string& path, bool) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "open", path, 0,
                               "this build has no support for images (it was made without libntfs-3g)"});
}

}  // namespace acledger::daemon
