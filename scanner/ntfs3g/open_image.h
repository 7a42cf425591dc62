// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "scanner/ntfs3g/image_device.h"
#include "scanner/volume.h"

namespace acledger::scanner::ntfs3g {

// OpenNtfsImage() with a hook before each write, for tests that stop in the middle.
Expected<std::unique_ptr<Volume>> OpenImage(const std::string& path, bool read_only, WriteHook hook,
                                            unsigned partition = 0);

}  // namespace acledger::scanner::ntfs3g
