// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/win32/nt_file.h"

namespace acledger::scanner {

// Object::List() on a handle that was opened for it: FILE_LIST_DIRECTORY, synchronous, not yet listed.
Expected<void> ListFolder(NtContext& context, HANDLE folder,
                          const std::function<bool(std::span<const ListedName>)>& take);

}  // namespace acledger::scanner
