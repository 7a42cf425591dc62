// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/volume.h"

namespace acledger::scanner {

// Whether nobody but SYSTEM, Administrators and TrustedInstaller can have made what has this descriptor, or can change
// it: one of them owns it, and its DACL allows others to read at most. Strict: an entry that is not understood counts
// as allowing all, inherit-only and denied ones are not looked into.
bool IsAdministratorsAlone(security::Bytes descriptor);

// The same of an object on its own handle, which is to be a plain folder (or file) with one name. kDenied says what
// speaks against it, kUnsupported that it is a reparse point or another kind of thing.
Expected<void> CheckTrusted(Object& object, bool is_folder);

}  // namespace acledger::scanner
