// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/session.h"

namespace acledger::scanner {

struct AdoptionReport {
  bool by_path = false;         // The volume's ids are not those of the ledger.
  std::uint64_t sampled = 0;    // Changes that were asked first, to know that,
  std::uint64_t agreed = 0;     // and those of them that led to the object they tell of.
  std::uint64_t confirmed = 0;  // Changes whose object holds what was left on it.
  std::uint64_t edited = 0;     // Whose object others have edited since, and that carries our entry still.
  std::uint64_t unlike = 0;     // By id: whose object is gone, or does not carry our entry. The next scan tells.
  std::uint64_t given_up = 0;   // By path: the same. Nothing of ours is there, and their ids mean nothing here.
  std::uint64_t failed = 0;     // Whose object could not be asked; each is a failure.
};

// Makes a ledger that came with the volume (store/carried.h) this volume's: each change is believed only after the
// object that it tells of was opened and read. Its grants are stale until their next scan, so that until then nothing
// counts as readable or covered.
//
// First a sample, spread evenly: opened by name from the volume's root down, each id checked on the handle, and its
// descriptor compared with what the change left; what is not there counts where its id leads to it under its own name.
// Where it agrees the volume is the one that the ledger was written for,
// and every change is asked in the same way; what moved since is found by its id. Where it does not, or the serial
// number is another one (files were copied onto a new volume), ids mean nothing: each change is looked for by its path,
// never through a reparse point, and bound to the object there if that carries our entry; the index is dropped, so that
// the grants are scanned anew. A change is bound to one object at most, and no object to two changes of a grant.
//
// Where nothing is to be adopted it does nothing. Stopped or killed, it begins again and comes to the same end. kBusy:
// stopped. Nothing else may be done with such a ledger before: Engine::Settle() sees to that.
Expected<AdoptionReport> Adopt(Environment& environment);

// The ledger came with the volume, and Adopt() has not been through.
Expected<bool> IsAdoptionPending(store::Ledger& ledger);
// It came with the volume, Adopt() is through, and that is durable: what the volume carries has served its purpose.
Expected<bool> IsAdopted(store::Ledger& ledger);

}  // namespace acledger::scanner
