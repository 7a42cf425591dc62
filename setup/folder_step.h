// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "setup/folders.h"
#include "setup/step.h"

namespace acledger::setup {

// A folder with this descriptor, whose DACL is protected. One that is there already is taken only if SYSTEM or the
// Administrators own it: whoever else made it could have left himself a handle or a file. `folders` must outlive it.
// One that Apply() made is taken away with all that is in it where that is the service's own (kOurs), else once it is
// empty.
enum class Contents : std::uint8_t { kOthers, kOurs };
std::unique_ptr<Step> MakeFolderStep(Folders& folders, std::string path, security::DescriptorBytes descriptor,
                                     Contents contents = Contents::kOthers);

}  // namespace acledger::setup
