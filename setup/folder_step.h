// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "setup/folders.h"
#include "setup/step.h"

namespace acledger::setup {

// A folder with this descriptor, whose DACL is protected. One that is there already is taken only if SYSTEM or the
// Administrators own it: whoever else made it could have left himself a handle or a file. `folders` must outlive it.
// One that Apply() made is taken away with all that is in it where `may_go` is given and has nothing against it, else
// once it is empty.
using MayGo = std::function<Expected<void>()>;
std::unique_ptr<Step> MakeFolderStep(Folders& folders, std::string path, security::DescriptorBytes descriptor,
                                     MayGo may_go = {});

}  // namespace acledger::setup
