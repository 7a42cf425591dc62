// SPDX-License-Identifier: MIT
#include "store/schema.h"

#include <array>
#include <string>

#include "store/sqlite/query.h"

namespace acledger::store {
namespace {

// Words as in ARCHITECTURE.md. File ids: an INTEGER, or 16 bytes where the volume uses more than 64 bits. Descriptors:
// 0 is none.
//
// node: all names of a folder lie together. NOCASE finds a name in any ASCII case, file_id tells names apart that
// differ in case only. `status` packs verdict, reason and flags (rows.h): one byte for nearly every row. folder:
// AUTOINCREMENT, so that a number is never given twice; a change remembers the number of its folder. change.live: 1 in
// the states intent, applied, final, reverting and missing. A column of its own, so that moving between these states
// does not touch the index.
constexpr char kVersion1[] = R"sql(
CREATE TABLE volume(
  id INTEGER PRIMARY KEY CHECK(id = 1), serial INTEGER NOT NULL, name TEXT NOT NULL) STRICT;

CREATE TABLE principal(id INTEGER PRIMARY KEY, sid BLOB NOT NULL UNIQUE) STRICT;

CREATE TABLE grant_(
  id INTEGER PRIMARY KEY AUTOINCREMENT, principal INTEGER NOT NULL, principal_is_ours INTEGER NOT NULL,
  mask INTEGER NOT NULL, root TEXT NOT NULL, root_id ANY NOT NULL, protected_policy INTEGER NOT NULL,
  state INTEGER NOT NULL) STRICT;
CREATE TABLE grant_rule(
  grant_id INTEGER NOT NULL, list INTEGER NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY(grant_id, list, position)) STRICT, WITHOUT ROWID;
CREATE TABLE grant_token_sid(
  grant_id INTEGER NOT NULL, position INTEGER NOT NULL, sid BLOB NOT NULL,
  PRIMARY KEY(grant_id, position)) STRICT, WITHOUT ROWID;

CREATE TABLE descriptor(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE INDEX descriptor_hash ON descriptor(hash);

CREATE TABLE node(
  folder INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE, file_id ANY NOT NULL, descriptor INTEGER NOT NULL,
  status INTEGER NOT NULL, PRIMARY KEY(folder, name, file_id)) STRICT, WITHOUT ROWID;

CREATE TABLE folder(
  id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER NOT NULL, grant_id INTEGER NOT NULL, name TEXT NOT NULL,
  file_id ANY NOT NULL, descriptor INTEGER NOT NULL, status INTEGER NOT NULL,
  unknown INTEGER NOT NULL DEFAULT 0, readable INTEGER NOT NULL DEFAULT 0, covered INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0, denied INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,
  drifted INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE UNIQUE INDEX folder_place ON folder(parent, name, grant_id);

CREATE TABLE frontier(
  grant_id INTEGER NOT NULL, parent INTEGER NOT NULL, name TEXT NOT NULL, file_id ANY NOT NULL,
  PRIMARY KEY(grant_id, parent, name)) STRICT, WITHOUT ROWID;

CREATE TABLE change(
  id INTEGER PRIMARY KEY, grant_id INTEGER NOT NULL, folder INTEGER NOT NULL, name TEXT NOT NULL, file_id ANY NOT NULL,
  is_folder INTEGER NOT NULL, entry_flags INTEGER NOT NULL, original INTEGER NOT NULL, before INTEGER NOT NULL,
  after INTEGER NOT NULL, revert_from INTEGER NOT NULL, revert_to INTEGER NOT NULL, state INTEGER NOT NULL,
  live INTEGER NOT NULL) STRICT;
CREATE INDEX change_live ON change(file_id) WHERE live = 1;

CREATE TABLE failure(
  id INTEGER PRIMARY KEY, grant_id INTEGER NOT NULL, path TEXT NOT NULL, right_ TEXT NOT NULL, principal BLOB NOT NULL,
  kind INTEGER NOT NULL, operation TEXT NOT NULL, error_path TEXT NOT NULL, code INTEGER NOT NULL,
  reason TEXT NOT NULL) STRICT;
)sql";

// What a damaged ledger knew is not in the one that took its place: that it did is not forgotten.
constexpr char kVersion2[] = "ALTER TABLE volume ADD COLUMN replaces_damaged INTEGER NOT NULL DEFAULT 0";

// grant_.flags: bit 0 permanent, bit 1 on hold, bit 2 stale. grant_requester: who asked, where that was no
// administrator; its token in grant_requester_sid (deny_only: counts for deny entries alone). holder.created: the
// process's creation time in the system's own unit, to tell it from a later one with its number.
constexpr char kVersion3[] = R"sql(
ALTER TABLE grant_ ADD COLUMN flags INTEGER NOT NULL DEFAULT 1;
CREATE TABLE grant_requester(
  grant_id INTEGER PRIMARY KEY, user TEXT NOT NULL, process INTEGER NOT NULL, asked INTEGER NOT NULL) STRICT;
CREATE TABLE grant_requester_sid(
  grant_id INTEGER NOT NULL, position INTEGER NOT NULL, sid BLOB NOT NULL, deny_only INTEGER NOT NULL,
  PRIMARY KEY(grant_id, position)) STRICT, WITHOUT ROWID;
CREATE TABLE holder(
  id INTEGER PRIMARY KEY AUTOINCREMENT, grant_id INTEGER NOT NULL, user TEXT NOT NULL, process INTEGER NOT NULL,
  created INTEGER NOT NULL, acquired INTEGER NOT NULL) STRICT;
CREATE INDEX holder_grant ON holder(grant_id);
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
)sql";

// folder.plan: how the last complete plan saw the folder (store::PlanBits), so that a part can be planned by itself.
constexpr char kVersion4[] = "ALTER TABLE folder ADD COLUMN plan INTEGER NOT NULL DEFAULT 0";

// tombstone: why a change could not be taken back, and since when. A row counts while its change is in the state
// reverting, missing or dismissed.
constexpr char kVersion5[] = R"sql(
CREATE TABLE tombstone(
  change_id INTEGER PRIMARY KEY, path TEXT NOT NULL, right_ TEXT NOT NULL, kind INTEGER NOT NULL,
  operation TEXT NOT NULL, code INTEGER NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL,
  proved INTEGER NOT NULL DEFAULT 0, dismissed INTEGER NOT NULL DEFAULT 0,
  dismissed_by TEXT NOT NULL DEFAULT '') STRICT;
)sql";

// Version 6 held the index of the whole volume; that is a file of its own now (volume_store.h), and can be made again.
constexpr char kVersion6[] = "";
constexpr char kVersion7[] = "DROP TABLE IF EXISTS volume_index; DROP TABLE IF EXISTS volume_page";

constexpr std::array kSteps{Migration{1, kVersion1}, Migration{2, kVersion2}, Migration{3, kVersion3},
                            Migration{4, kVersion4}, Migration{5, kVersion5}, Migration{6, kVersion6},
                            Migration{7, kVersion7}};

// Everything that a ledger of the current version holds, sorted as SQLite sorts names.
constexpr char kObjects[] =
    "change change_live descriptor descriptor_hash failure folder folder_place frontier grant_ grant_requester "
    "grant_requester_sid grant_rule grant_token_sid holder holder_grant node principal setting tombstone volume ";

std::unexpected<Error> Newer(const sqlite::Database& database, std::int64_t version, int known) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "open ledger", database.Path(), 0,
                               "its schema is version " + std::to_string(version) + ", this program knows version " +
                                   std::to_string(known) + "; use a newer acledger"});
}

Expected<void> ApplySteps(sqlite::Database& database, std::span<const Migration> steps, std::int64_t from) {
  for (const Migration& step : steps) {
    if (step.to <= from) continue;
    if (auto done = database.Execute(step.sql, "migrate ledger"); !done) return done;
    const std::string version = "PRAGMA user_version=" + std::to_string(step.to);
    if (auto done = database.Execute(version.c_str(), "migrate ledger"); !done) return done;
  }
  const std::string mark = "PRAGMA application_id=" + std::to_string(kApplicationId);
  return database.Execute(mark.c_str(), "migrate ledger");
}

}  // namespace

std::span<const Migration> Migrations() { return kSteps; }

int CurrentVersion() { return kSteps.back().to; }

Expected<bool> Migrate(sqlite::Database& database, std::span<const Migration> steps) {
  if (auto begun = database.Execute("BEGIN IMMEDIATE", "migrate ledger"); !begun) return std::unexpected(begun.error());
  // Read inside the transaction: someone else may have migrated while we waited.
  const auto version = database.Number("PRAGMA user_version");
  Expected<void> done;
  if (!version) {
    done = std::unexpected(version.error());
  } else if (*version > steps.back().to) {
    done = Newer(database, *version, steps.back().to);
  } else if (*version < steps.back().to) {
    done = ApplySteps(database, steps, *version);
  }
  if (done) done = database.Execute("COMMIT", "migrate ledger");
  if (!done) {
    // The first error is the one to tell; a transaction that SQLite ended itself has nothing to roll back.
    if (database.InTransaction()) (void)database.Execute("ROLLBACK", "migrate ledger");
    return std::unexpected(done.error());
  }
  return *version < steps.back().to;
}

Expected<int> VersionOf(sqlite::Database& database) {
  const auto version = database.Number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > CurrentVersion()) return Newer(database, *version, CurrentVersion());
  if (*version >= 1) return static_cast<int>(*version);
  return std::unexpected(Error{ErrorKind::kCorrupt, "open ledger", database.Path(), 0, "it has no schema version"});
}

Expected<void> CheckSchema(sqlite::Database& database) {
  const auto version = VersionOf(database);
  if (!version) return std::unexpected(version.error());
  if (*version < CurrentVersion()) {
    return std::unexpected(Error{ErrorKind::kUnsupported, "open ledger", database.Path(), 0,
                                 "its schema is version " + std::to_string(*version) +
                                     "; run a command that writes it once, to bring it to version " +
                                     std::to_string(CurrentVersion())});
  }
  std::string objects;
  auto query = database.Use("SELECT name FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' ORDER BY name");
  for (;;) {
    auto row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    objects += query.Text(0);
    objects += ' ';
  }
  if (objects == kObjects) return {};
  return std::unexpected(Error{ErrorKind::kCorrupt, "open ledger", database.Path(), 0,
                               "its tables are not those of a ledger: " + objects});
}

}  // namespace acledger::store
