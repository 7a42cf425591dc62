// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "scanner/usn_journal.h"

namespace acledger::scanner {

// Calls `take` for each record from `from` up to `to` (and maybe some behind it) that tells of something that matters,
// in order. Returns where to go on. What Read() and `take` fail with; kCorrupt where the journal does not advance, and
// kUnsupported where it holds records that cannot be read: nothing is passed over in silence.
Expected<std::int64_t> ReadUsn(UsnJournal& journal, std::uint64_t id, std::int64_t from, std::int64_t to,
                               const std::function<Expected<void>(const UsnRecord&)>& take);

}  // namespace acledger::scanner
