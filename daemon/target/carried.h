// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "daemon/target/live_volume.h"
#include "scanner/volume.h"
#include "store/ledger.h"

namespace acledger::daemon {

// How a ledger comes into an image and from there to the machine that starts from it: ARCHITECTURE.md "A ledger that
// travels".

// What Ledger::Open() is to be given. // The file goes with this, if it was not taken.
struct CarriedLedger {
  CarriedLedger() = default;
  CarriedLedger(CarriedLedger&& other) noexcept
      : seed(std::exchange(other.seed, {})), trouble(std::move(other.trouble)) {}
  CarriedLedger& operator=(CarriedLedger&&) = delete;
  ~CarriedLedger();

  std::string seed;              // OpenOptions::seed; empty: there is nothing to adopt.
  std::optional<Error> trouble;  // The volume carries one that can never be adopted, and why: to be told, and gone on.
};
// Where the volume carries a ledger, and `ledger` is the place of one that never knew a grant: a copy beside it, ready.
// An error may not be there the next time (kBusy, kIo, kNoSpace, ...): no ledger may be made until it was asked.
Expected<CarriedLedger> FetchCarriedLedger(scanner::Volume& volume, const std::string& ledger);

// Once what came with a mounted volume is adopted, what the volume carries is renamed. To be called at each start, and
// right after the adoption.
Expected<void> RetireAdopted(const scanner::VolumeInfo& volume, store::Ledger& ledger);

// --- images; nothing else has the image open.

// Puts a copy of the ledger into the image. From then on TakeOutCarried() and RefreshCarried() know of it.
Expected<void> ExportLedger(const ImagePlace& image, store::Ledger& ledger);
struct TakenOut {
  bool carried = false;       // It carried a ledger, and carries none now.
  bool adopted = false;       // That is the one at `ledger` now.
  std::string kept;           // Where that went, which the one at `ledger` knows nothing of; empty: nowhere.
  std::optional<Error> left;  // Something is there that can be nobody's ledger, and was left alone: to be told.
};
// Before anything is written to an image: from then on it carries no ledger that would know less than it holds. Asks
// the image itself. Where there is no ledger that ever knew a grant, what it carries becomes that first, durably. An
// image that cannot be opened for good is none of its business: the work itself tells.
Expected<TakenOut> TakeOutCarried(const ImagePlace& image, const std::string& ledger);
// Afterwards, with nobody at the ledger: the copy is that of the ledger as it is now; once all grants are rolled back,
// none is left.
Expected<void> RefreshCarried(const ImagePlace& image, const std::string& ledger);
// Takes it out for good, with the folder if that was made for it. False: there was none.
Expected<bool> RemoveExported(const ImagePlace& image, store::Ledger& ledger);

}  // namespace acledger::daemon
