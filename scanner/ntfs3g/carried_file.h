// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "scanner/ntfs3g/image_device.h"

namespace acledger::scanner::ntfs3g {

// Puts the file `ledger` (store::Ledger::ExportTo()) into the image as \ProgramData\acledger\image-ledger.db, for
// SYSTEM and Administrators alone, in place of what was put there before. The folder is made where it is missing.
//
// Written under another name, flushed, read back and compared, and then renamed in one step: a stop at any moment
// leaves the old ledger, the new one, or none where none was. (A block device has no place for a redo file: there a
// stop within that step may need chkdsk.)
//
// Nothing else may have the image open. Errors: those of OpenNtfsImage(); kNotFound where there is no \ProgramData: no
// volume of Windows; kDenied, kUnsupported where what lies there already is not plainly an administrators' folder, or
// a ledger of ours (scanner/trusted_place.h): nothing is written then; kNoSpace; kIo where it reads back otherwise.
Expected<void> PutCarriedLedger(const std::string& image, const std::string& ledger, WriteHook hook = {},
                                unsigned partition = 0);

// Takes it out again; with `and_folder` the folder too if nothing is left in it. False: there was none. What is no
// ledger of ours is left alone, with the errors above.
Expected<bool> RemoveCarriedLedger(const std::string& image, bool and_folder, WriteHook hook = {},
                                   unsigned partition = 0);

}  // namespace acledger::scanner::ntfs3g
