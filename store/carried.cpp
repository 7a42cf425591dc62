// SPDX-License-Identifier: MIT
#include "store/carried.h"

#include "store/files.h"
#include "store/schema.h"
#include "store/sqlite/database.h"
#include "store/sqlite/query.h"

namespace acledger::store {
namespace {

using sqlite::Database;
using sqlite::OpenMode;

std::unexpected<Error> Refuse(ErrorKind kind, const std::string& path, std::string reason) {
  return std::unexpected(Error{kind, "adopt ledger", path, 0, std::move(reason)});
}

// Somebody else made it: all of it is looked at, once.
Expected<void> CheckWhole(Database& database) {
  const auto id = database.Number("PRAGMA application_id");
  if (!id) return std::unexpected(id.error());
  if (*id != kApplicationId) return Refuse(ErrorKind::kInvalid, database.Path(), "it is no ledger");
  if (const auto version = VersionOf(database); !version) return std::unexpected(version.error());
  auto check = database.Use("PRAGMA integrity_check(1)");
  const auto row = check.Next();
  if (!row) return std::unexpected(row.error());
  if (*row && check.Text(0) == "ok") return {};
  return Refuse(ErrorKind::kCorrupt, database.Path(), *row ? std::string(check.Text(0)) : "no answer");
}

// grant_.flags 4: stale (ledger_grants.cpp).
constexpr char kForget[] =
    "DELETE FROM holder; "
    "DELETE FROM setting WHERE name NOT IN ('carried', 'carried_folder'); UPDATE grant_ SET flags = flags | 4";

// Where ids were another volume's, an adoption that did not come to its end makes them no more those of this one.
Expected<const char*> AdoptionHere(Database& database, bool is_same) {
  auto query = database.Use("SELECT value FROM setting WHERE name = ?");
  const auto row = query.With(std::string_view(kAdoption)).Next();
  if (!row) return std::unexpected(row.error());
  if (*row && query.Text(0) == kByPath) return kByPath;
  return is_same && !(*row && query.Text(0) == kOtherVolume) ? kSameVolume : kOtherVolume;
}

Expected<void> MakeOurs(Database& database, const OpenOptions& options) {
  const auto serial = database.Number("SELECT serial FROM volume");
  if (!serial) return std::unexpected(serial.error());
  const bool same = static_cast<std::uint64_t>(*serial) == options.volume_serial;
  const auto adoption = AdoptionHere(database, same);
  if (!adoption) return std::unexpected(adoption.error());
  if (auto begun = database.Execute("BEGIN IMMEDIATE", "adopt ledger"); !begun) return begun;
  if (auto forgot = database.Execute(kForget, "adopt ledger"); !forgot) return forgot;
  auto update = database.Use("UPDATE volume SET serial = ?, name = ?");
  if (auto done = update.With(options.volume_serial, std::string_view(options.volume_name)).Run(); !done) return done;
  auto insert = database.Use("INSERT INTO setting(name, value) VALUES(?, ?)");
  insert.With(std::string_view(kAdoption), std::string_view(*adoption));
  if (auto done = insert.Run(); !done) return done;
  return database.Execute("COMMIT", "adopt ledger");
}

}  // namespace

Expected<bool> HasNoLedger(const std::string& path) {
  const auto there = Exists(path);
  if (!there) return std::unexpected(there.error());
  // A log without its ledger: the rest of a damaged one (opening.h).
  const auto damaged = Exists(path + (*there ? ".damaged" : "-wal"));
  if (!damaged || *damaged) return damaged ? Expected<bool>(false) : damaged;
  if (!*there) {
    const auto marked = Exists(path + ".damaged");
    return marked ? Expected<bool>(!*marked) : marked;
  }
  OpenOptions how;
  how.read_only = true;
  how.check_volume = false;
  const auto ledger = Ledger::Open(path, how);
  if (!ledger) {
    const ErrorKind kind = ledger.error().kind;
    // Opening it for writing tells what is wrong with it.
    if (kind == ErrorKind::kCorrupt || kind == ErrorKind::kInvalid || kind == ErrorKind::kUnsupported) return false;
    return std::unexpected(ledger.error());
  }
  if ((*ledger)->ReplacesDamaged()) return false;
  const auto grants = (*ledger)->AllGrants();
  if (!grants) return std::unexpected(grants.error());
  return grants->empty();
}

// https://sqlite.org/fileformat.html
bool IsHeadOfLedger(std::string_view head) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (head.size() < 72 || !head.starts_with(kMagic)) return false;
  std::uint32_t id = 0;
  for (const char byte : head.substr(68, 4)) id = id << 8 | static_cast<unsigned char>(byte);
  return id == static_cast<std::uint32_t>(kApplicationId);
}

Expected<void> PrepareSeed(const std::string& path, const OpenOptions& options) {
  auto opened = Database::Open(path, OpenMode::kWrite);
  if (!opened) return std::unexpected(opened.error());
  Database& database = **opened;
  if (auto whole = CheckWhole(database); !whole) return whole;
  if (auto done = database.Execute("PRAGMA synchronous=FULL", "adopt ledger"); !done) return done;
  if (auto done = Migrate(database, Migrations()); !done) return std::unexpected(done.error());
  if (auto done = CheckSchema(database); !done) return done;
  if (auto done = MakeOurs(database, options); !done) return done;
  return database.Execute("PRAGMA journal_mode=WAL", "adopt ledger");
}

}  // namespace acledger::store
