// SPDX-License-Identifier: MIT
#include "tools/acledger/live_volume.h"

namespace acledger::tools {

Expected<std::unique_ptr<scanner::Volume>> OpenImage(const std::string& path, bool) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "open", path, 0,
                               "this build has no support for images (it was made without libntfs-3g)"});
}

}  // namespace acledger::tools
