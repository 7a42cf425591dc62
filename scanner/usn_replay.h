// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/path.h"
#include "scanner/usn_journal.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// A place in one journal, as text for the ledger's settings.
std::string FormatUsnPlace(const UsnJournalState& state);

struct UsnReplay {
  std::vector<PathComponents> folders;  // Changed since, as far as they still exist; from the volume's root.
  bool missed = false;                  // Not everything can be told: anything may have changed.
  std::string why;                      // With `missed`, for a person.
  std::string place;                    // Where the next replay begins; empty where there is no journal.
};

// What happened on the volume since `place` (of an earlier replay; empty: never), up to this moment. More than
// `most_folders` are missed ones. Fails only where the volume cannot be asked.
Expected<UsnReplay> ReplayUsn(UsnJournal& journal, Volume& volume, std::string_view place, std::size_t most_folders);

}  // namespace acledger::scanner
