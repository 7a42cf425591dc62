// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string_view>

#include "scanner/volume.h"

namespace acledger::scanner {

struct Win32VolumeOptions {
  // Use SeBackupPrivilege and SeRestorePrivilege where the process holds them: descriptors are then read and written
  // also where the DACL does not let us. For an administrator's grants only.
  bool use_backup_privileges = true;
};

// The live volume behind a drive letter, "C:", through the NT file API: every object is opened relative to its parent's
// handle, one component at a time, never through a reparse point, with all sharing allowed and without recalling data.
// Any thread may use the volume; see volume.h for its objects.
// Fails: kNotFound (no such drive), kUnsupported (a network drive; a SUBST of a folder), kDenied, kInvalid (no drive).
Expected<std::unique_ptr<Volume>> OpenWin32Volume(std::string_view drive, const Win32VolumeOptions& options = {});

}  // namespace acledger::scanner
