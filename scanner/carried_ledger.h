// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "scanner/volume.h"

namespace acledger::scanner {

// Where a volume carries the ledger of what was granted on it offline: below \ProgramData, in a folder of our own. On
// Windows the machine's own ledger lies there too, under another name.
inline constexpr char16_t kCarriedParent[] = u"ProgramData";
inline constexpr char16_t kCarriedFolderName[] = u"acledger";
inline constexpr char16_t kCarriedName[] = u"image-ledger.db";
inline constexpr char16_t kCarriedNewName[] = u"image-ledger.new";        // While it is written.
inline constexpr char16_t kCarriedTakenName[] = u"image-ledger.adopted";  // After a machine took it over.

// What the volume carries, opened name by name and never through a reparse point; null: nothing. Anybody may create
// folders in \ProgramData: refused (kDenied, kUnsupported) where the folder or the file is one that others than
// administrators could have put there or changed.
Expected<std::unique_ptr<Object>> OpenCarriedLedger(Volume& volume);
// Whether its folder is there, whoever made it.
Expected<bool> HasCarriedFolder(Volume& volume);
// Its bytes; empty where there is none. kTooLarge past 4 GiB.
Expected<std::optional<std::string>> ReadCarriedLedger(Volume& volume);

}  // namespace acledger::scanner
