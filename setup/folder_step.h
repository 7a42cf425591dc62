// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "setup/folders.h"
#include "setup/step.h"

namespace acledger::setup {

// A folder with this descriptor, whose DACL is protected. One that is there already is taken only if SYSTEM or the
// Administrators own it: whoever else made it could have left himself a handle or a file. `folders` must outlive it.
std::unique_ptr<Step> MakeFolderStep(Folders& folders, std::string path, security::DescriptorBytes descriptor);

}  // namespace acledger::setup
