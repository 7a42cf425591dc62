// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "daemon/rpc/json.h"
#include "scanner/ntfs/make_index.h"
#include "store/ledger.h"

namespace acledger::daemon {

// What `index` answers. `path`: the index's file, where it was stored. `principal`: whose verdicts the report has.
Json IndexJson(const scanner::ntfs::IndexedVolume& volume, const scanner::ntfs::IndexReport& report,
               const std::optional<store::Grant>& principal, const std::string& path);
// Whether every record and descriptor could be read.
bool IsWhole(const Json& index);

// What `index --list` answers: {"indexes": [at most one]}.
Expected<Json> IndexListJson(const std::string& path);

// For whom verdicts are wanted, as a person says it; each may be empty.
struct JudgeWords {
  std::string principal, mask;
  std::vector<std::string> token_sids;
};
// The principal that was named; else that of the ledger's grants, where they are all for one (and one mask). Empty:
// neither. `ledger` may be null. kInvalid: the words.
Expected<std::optional<store::Grant>> WhoseVerdicts(const JudgeWords& words, store::Ledger* ledger);

// "0123456789ABCDEF".
std::string SerialText(std::uint64_t serial);

}  // namespace acledger::daemon
