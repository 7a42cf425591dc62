// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "security/error.h"
#include "security/win32/handle.h"

namespace acledger::setup {

// Opens what is there itself: of a reparse point the point, with backup semantics, so that folders can be opened and
// the privileges of backup and restore count. Everybody else may read, write and delete it meanwhile. Each folder of
// the path is looked at first: kInvalid where one is a reparse point, which somebody may have put there.
Expected<win32::FileHandle> OpenItself(const std::string& path, std::uint32_t access);

struct EntryName {
  std::wstring name;
  std::uint32_t attributes = 0;
};
// Names in an open folder, without "." and "..".
Expected<std::vector<EntryName>> EntriesIn(HANDLE folder);

// The file, or the empty folder, behind a handle that may delete it.
Expected<void> DeleteBehind(HANDLE file);

}  // namespace acledger::setup
