// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "scanner/change_watch.h"

namespace acledger::scanner {

// ReadDirectoryChangesW on folders of `drive` ("C:"), all on one thread that sleeps until something happens. The
// folders are opened with all sharing, so that they can be renamed and deleted. A root's parent is watched too, for the
// root's own name and descriptor, which a watch on the root does not tell.
Expected<std::unique_ptr<ChangeWatch>> MakeWin32ChangeWatch(const std::string& drive);

}  // namespace acledger::scanner
