// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "security/error.h"
#include "store/ledger.h"

namespace acledger::store {

// A ledger that travels on the volume that it is about (Ledger::ExportTo() makes the file), and what a program does
// that finds one and has none of its own: it becomes its ledger, and nothing in it counts before the volume was asked
// (scanner/adoption.h).

// The setting that says how far that is; see scanner/adoption.h. Empty: the ledger was made here, or all is asked.
inline constexpr char kAdoption[] = "adoption";
inline constexpr char kSameVolume[] = "same volume";    // Not begun: the serial number is that of the ledger.
inline constexpr char kOtherVolume[] = "other volume";  // Not begun: it is another one.
inline constexpr char kByPath[] = "by path";            // Begun: half of the ids are another volume's.
// Settings that travel too. If not empty: the volume carries a copy of this ledger, or is to when nobody writes it; and
// the folder in which it does was made for it.
inline constexpr char kCarried[] = "carried";
inline constexpr char kCarriedFolder[] = "carried_folder";

// Whether a carried ledger may become the one at `path`: nothing is there, or a ledger that never knew a grant. A
// damaged one has a story of its own, and so have the one that took its place and what is no ledger of this schema:
// false. What cannot be asked now (kBusy, kIo, ...) is an error.
Expected<bool> HasNoLedger(const std::string& path);

// How a file begins that is a ledger: its first 100 bytes, or all.
bool IsHeadOfLedger(std::string_view head);
// Where a carried ledger waits beside its place: this and anything. What a killed program left there goes when the
// ledger is opened for writing.
inline constexpr char kSeedSuffix[] = ".carried-";

// Makes a file that came with the volume ready to become a ledger (OpenOptions::seed) of the volume that `options` say:
// checks it wholly, migrates it, forgets what was true elsewhere alone (processes, settings), and
// marks it and all its grants as not asked yet. What was to be adopted by path and is not all asked still is. kInvalid:
// no ledger. kCorrupt, kUnsupported (a newer schema). What failed is of no use; the file is the caller's to remove.
Expected<void> PrepareSeed(const std::string& path, const OpenOptions& options);

}  // namespace acledger::store
