// SPDX-License-Identifier: MIT
#include "store/opening.h"

#include <array>
#include <cstdio>

#include "store/carried.h"
#include "store/files.h"
#include "store/schema.h"
#include "store/shared_file.h"
#include "store/sqlite/query.h"

namespace acledger::store {
namespace {

using sqlite::Database;
using sqlite::OpenMode;

constexpr char kWriterSettings[] =
    "PRAGMA cell_size_check=ON; PRAGMA cache_size=-16000; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216";
constexpr char kReaderSettings[] = "PRAGMA cell_size_check=ON; PRAGMA cache_size=-4000; PRAGMA query_only=ON";

std::unexpected<Error> Refuse(ErrorKind kind, const std::string& path, std::string reason) {
  return std::unexpected(Error{kind, "open ledger", path, 0, std::move(reason)});
}

std::string Hex(std::uint64_t value) {
  std::array<char, 17> text{};
  (void)std::snprintf(text.data(), text.size(), "%016llX", static_cast<unsigned long long>(value));
  return text.data();
}

Expected<Look> LookAt(const std::string& path) {
  const auto there = Exists(path);
  if (!there) return std::unexpected(there.error());
  if (!*there) {
    // A log without its ledger: someone lost the better half. A mark without it: a damaged one was moved aside, or
    // removed by hand, and nothing stands in its place yet.
    for (const char* companion : {"-wal", ".damaged"}) {
      const auto left = Exists(path + companion);
      if (!left) return std::unexpected(left.error());
      if (*left) return Look::kDamaged;
    }
    return Look::kMissing;
  }
  // We never leave an empty file: this one was cut.
  const auto size = SizeOf(path);
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return Look::kDamaged;
  auto database = Database::Open(path, OpenMode::kReadOnly);
  if (!database) return std::unexpected(database.error());
  return store::LookAt(**database, kApplicationId);
}

std::unexpected<Error> RefuseForeign(const std::string& path) {
  return Refuse(ErrorKind::kInvalid, path, "it is an SQLite database, but not a ledger");
}

Expected<void> CheckVolume(Database& database, const OpenOptions& options) {
  if (!options.check_volume) return {};
  auto query = database.Use("SELECT serial, name FROM volume");
  auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return Refuse(ErrorKind::kCorrupt, database.Path(), "it names no volume");
  const auto serial = static_cast<std::uint64_t>(query.Int(0));
  if (serial == options.volume_serial) return {};
  return Refuse(ErrorKind::kMismatch, database.Path(),
                "it belongs to volume " + Hex(serial) + " (" + std::string(query.Text(1)) + "), not to " +
                    Hex(options.volume_serial) + " (" + options.volume_name + ")");
}

// What rollback rests on. The index is not looked at: it can be made again, and it is by far the largest.
Expected<void> CheckAfterUncleanStop(Database& database) {
  for (const char* check : {"PRAGMA quick_check(grant_)", "PRAGMA quick_check(principal)", "PRAGMA quick_check(change)",
                            "PRAGMA quick_check(descriptor)"}) {
    auto query = database.Use(check);
    auto row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row || query.Text(0) != "ok") {
      return Refuse(ErrorKind::kCorrupt, database.Path(), *row ? std::string(query.Text(0)) : "no answer");
    }
  }
  return {};
}

Expected<bool> ReplacesDamaged(Database& database) {
  const auto flag = database.Number("SELECT replaces_damaged FROM volume");
  if (!flag) return std::unexpected(flag.error());
  return *flag != 0;
}

Expected<void> MakeNew(const OpenedLedger& ledger, const OpenOptions& options) {
  const std::string made = ledger.path + ".new";
  for (const char* companion : {"", "-wal", "-shm", "-journal"}) {
    if (auto gone = Remove(made + companion); !gone) return gone;
  }
  auto database = Database::Open(made, OpenMode::kCreate);
  if (!database) return std::unexpected(database.error());
  if (auto done = (*database)->Execute(kWriterSettings, "make ledger"); !done) return done;
  if (auto done = Migrate(**database, Migrations()); !done) return std::unexpected(done.error());
  if (auto done = MakePrivate(made); !done) return done;
  auto inserted = (*database)
                      ->Use("INSERT INTO volume(id, serial, name, replaces_damaged) VALUES(1, ?, ?, ?)")
                      .With(options.volume_serial, std::string_view(options.volume_name), ledger.replaces_damaged)
                      .Run();
  if (!inserted) return inserted;
  if (auto done = (*database)->Execute("PRAGMA journal_mode=WAL", "make ledger"); !done) return done;
  database->reset();  // Closed, so that nothing but the one file is left to rename.
  return Rename(made, ledger.path);
}

Expected<void> OpenExisting(OpenedLedger& ledger, const OpenOptions& options) {
  const auto log = SizeOf(ledger.path + "-wal");
  if (!log) return std::unexpected(log.error());
  auto opened = Database::Open(ledger.path, OpenMode::kWrite);
  if (!opened) return std::unexpected(opened.error());
  ledger.database = *std::move(opened);
  Database& database = *ledger.database;
  if (auto done = database.Execute(kWriterSettings, "open ledger"); !done) return done;
  const auto version = VersionOf(database);
  if (!version) return std::unexpected(version.error());
  if (*version < CurrentVersion()) {
    // The table of the volume is the same in all versions. Another volume's ledger is not even migrated.
    if (auto done = CheckVolume(database, options); !done) return done;
    if (auto done = Migrate(database, Migrations()); !done) return std::unexpected(done.error());
    ledger.outcome = OpenOutcome::kMigrated;
  }
  if (auto done = CheckSchema(database); !done) return done;
  if (auto done = CheckVolume(database, options); !done) return done;
  const auto replaces = ReplacesDamaged(database);
  if (!replaces) return std::unexpected(replaces.error());
  ledger.replaces_damaged = *replaces;
  return *log > 0 ? CheckAfterUncleanStop(database) : Expected<void>();
}

// Opens what is there. False: it is damaged.
Expected<bool> TryExisting(OpenedLedger& ledger, const OpenOptions& options) {
  const auto marked = Exists(ledger.path + ".damaged");
  if (!marked) return std::unexpected(marked.error());
  if (*marked) return false;
  const auto done = OpenExisting(ledger, options);
  if (done) return true;
  if (done.error().kind != ErrorKind::kCorrupt) return std::unexpected(done.error());
  if (ledger.database) ledger.database->KeepLogOnClose();
  ledger.database.reset();
  return false;
}

Expected<void> Create(OpenedLedger& ledger, const OpenOptions& options) {
  if (auto made = MakeNew(ledger, options); !made) return made;
  if (auto opened = OpenExisting(ledger, options); !opened) return opened;
  ledger.outcome = OpenOutcome::kCreated;
  return {};
}

// The mark stands from before the old file goes until the new one is whole: a start after a stop in between, or after a
// full disk, still knows that there was a ledger whose entries have to be found again.
Expected<void> Replace(OpenedLedger& ledger, const OpenOptions& options) {
  if (auto marked = Touch(ledger.path + ".damaged"); !marked) return marked;
  auto moved = MoveAside(ledger.path);
  if (!moved) return std::unexpected(moved.error());
  ledger.moved_to = *std::move(moved);
  ledger.replaces_damaged = true;
  if (auto created = Create(ledger, options); !created) return created;
  ledger.outcome = OpenOutcome::kMovedAside;
  return Remove(ledger.path + ".damaged");
}

// Or has to find those of a damaged one again.
Expected<bool> KnowsGrants(Database& database) {
  const auto any = database.Number("SELECT EXISTS(SELECT 1 FROM grant_) OR (SELECT replaces_damaged FROM volume)");
  if (!any) return std::unexpected(any.error());
  return *any != 0;
}

Expected<void> TakeSeed(OpenedLedger& ledger, const OpenOptions& options) {
  ledger.database.reset();
  for (const char* companion : {"-wal", "-shm"}) {
    if (auto gone = Remove(ledger.path + companion); !gone) return gone;
  }
  if (auto renamed = Rename(options.seed, ledger.path); !renamed) return renamed;
  // What it was read from may go now; and under its old name the next start would remove it.
  if (auto kept = MakeDurable(ledger.path); !kept) return kept;
  if (auto opened = OpenExisting(ledger, options); !opened) return opened;
  ledger.outcome = OpenOutcome::kAdopted;
  return {};
}

Expected<OpenedLedger> OpenForWriting(const std::string& path, const OpenOptions& options) {
  if (auto place = CheckPlace(path); !place) return std::unexpected(place.error());
  // Before the lock: beside someone else's database not even a lock file is left.
  auto look = LookAt(path);
  if (look && *look == Look::kForeign) return RefuseForeign(path);
  auto lock = TakeLock(path, "ledger");
  if (!lock) return std::unexpected(lock.error());
  OpenedLedger ledger;
  ledger.path = path;
  ledger.lock = *std::move(lock);
  RemoveOthers(path + kSeedSuffix, options.seed);
  // And again: the one that held the lock may have made or moved it.
  look = LookAt(path);
  if (!look) return std::unexpected(look.error());
  if (*look == Look::kForeign) return RefuseForeign(path);
  bool is_free = *look == Look::kMissing;  // For a ledger that comes from elsewhere.
  if (*look == Look::kOurs) {
    auto whole = TryExisting(ledger, options);
    if (!whole) return std::unexpected(whole.error());
    const auto known = *whole && !options.seed.empty() ? KnowsGrants(*ledger.database) : true;
    if (!known) return std::unexpected(known.error());
    if (*whole && *known) return ledger;
    is_free = *whole;
  }
  const auto begun = is_free && !options.seed.empty() ? TakeSeed(ledger, options)
                     : *look == Look::kMissing        ? Create(ledger, options)
                                                      : Replace(ledger, options);
  if (!begun) return std::unexpected(begun.error());
  return ledger;
}

Expected<OpenedLedger> OpenForReading(const std::string& path, const OpenOptions& options) {
  const auto there = Exists(path);
  if (!there) return std::unexpected(there.error());
  if (!*there) {
    const auto marked = Exists(path + ".damaged");
    if (!marked) return std::unexpected(marked.error());
    if (*marked) return Refuse(ErrorKind::kCorrupt, path, "it was damaged, and no new one has taken its place yet");
    return Refuse(ErrorKind::kNotFound, path, "there is no ledger");
  }
  const auto size = SizeOf(path);
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return Refuse(ErrorKind::kCorrupt, path, "the file is empty");
  auto database = OpenToRead(path, kApplicationId);
  if (!database && database.error().kind == ErrorKind::kInvalid) return RefuseForeign(path);
  if (!database) return std::unexpected(database.error());
  if (auto done = (*database)->Execute(kReaderSettings, "open ledger"); !done) return std::unexpected(done.error());
  if (auto done = CheckSchema(**database); !done) return std::unexpected(done.error());
  if (auto done = CheckVolume(**database, options); !done) return std::unexpected(done.error());
  const auto replaces = ReplacesDamaged(**database);
  if (!replaces) return std::unexpected(replaces.error());
  OpenedLedger ledger;
  ledger.path = path;
  ledger.read_only = true;
  ledger.replaces_damaged = *replaces;
  ledger.database = *std::move(database);
  return ledger;
}

}  // namespace

Expected<OpenedLedger> OpenLedgerFile(const std::string& path, const OpenOptions& options) {
  return options.read_only ? OpenForReading(path, options) : OpenForWriting(path, options);
}

void MarkDamaged(const std::string& path) {
  // If it cannot be made, the next run meets the damage again.
  (void)Touch(path + ".damaged");
}

}  // namespace acledger::store
