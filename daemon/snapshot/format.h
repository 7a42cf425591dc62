// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "store/ledger.h"
#include "store/sqlite/query.h"

// How a snapshot is laid out: shared by builder and reader.
//
// An SQLite file. meta: what it is of, and when. grant_: what the user may know of, in the order of the ledger.
// folder: each folder whose entries he may see, with its roll-up and, in `names`, a hash of each name that is readable
// or covered; node: each other name, with its verdict. So a name that is in neither was not there, and nothing is ever
// taken for covered by default. `checksum`: of all else in the row, so that damage shows in the row that is asked.
namespace acledger::daemon::snapshot {

inline constexpr std::int64_t kApplicationId = 0x41434C53;  // "ACLS"
inline constexpr std::int64_t kFormat = 1;

inline constexpr char kSchema[] = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE grant_(
  id INTEGER PRIMARY KEY, principal TEXT NOT NULL, root TEXT NOT NULL, mask INTEGER NOT NULL, state INTEGER NOT NULL,
  stale INTEGER NOT NULL, self INTEGER NOT NULL, root_folder INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE folder(
  id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE, status INTEGER NOT NULL,
  counts BLOB NOT NULL, names BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE INDEX folder_place ON folder(parent, name);
CREATE TABLE node(
  folder INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE, twin INTEGER NOT NULL, status INTEGER NOT NULL,
  checksum INTEGER NOT NULL, PRIMARY KEY(folder, name, twin)) STRICT, WITHOUT ROWID;
PRAGMA application_id=1094929491;
PRAGMA user_version=1;
)sql";
static_assert(kApplicationId == 1094929491);

// Of a row: its numbers and texts in the order of the columns.
class Checksum {
 public:
  Checksum& operator<<(std::int64_t value);
  Checksum& operator<<(std::string_view text);
  Checksum& operator<<(security::Bytes bytes);
  std::int64_t Value() const;

 private:
  security::DescriptorBytes bytes_;
};

// Of a name in `folder.names`, as NTFS compares names: eight bytes, the lowest bit for covered (else readable).
std::uint64_t NameKey(std::string_view name, bool is_covered);
inline constexpr std::size_t kKeyBytes = 8;

// Counts as eight bytes each, little-endian.
security::DescriptorBytes PackCounts(const store::Counts& counts);
bool UnpackCounts(security::Bytes bytes, store::Counts& counts);
void AppendKey(security::DescriptorBytes& names, std::uint64_t key);
std::uint64_t KeyAt(security::Bytes names, std::size_t index);

}  // namespace acledger::daemon::snapshot
