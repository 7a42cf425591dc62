// SPDX-License-Identifier: MIT
#include "store/volume_store.h"

#include <filesystem>
#include <fstream>
#include <string_view>

#include "store/files.h"
#include "store/shared_file.h"
#include "store/sqlite/query.h"

namespace acledger::store {
namespace {

using sqlite::Database;
using sqlite::OpenMode;

constexpr std::int32_t kApplicationId = 0x41434C49;  // "ACLI".

constexpr char kWriterSettings[] =
    "PRAGMA cell_size_check=ON; PRAGMA cache_size=-16000; PRAGMA synchronous=NORMAL; "
    "PRAGMA journal_size_limit=16777216; PRAGMA journal_mode=WAL";
constexpr char kReaderSettings[] = "PRAGMA cell_size_check=ON; PRAGMA cache_size=-4000; PRAGMA query_only=ON";

// page: hashes come first, so that asking for them reads no bytes, and names before facts, since a search by name needs
// no more. volume: one row, where there is an index. In order of their names.
constexpr char kTables[] =
    "CREATE TABLE descriptor(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;\n"
    "CREATE INDEX descriptor_hash ON descriptor(hash);\n"
    "CREATE TABLE page(number INTEGER PRIMARY KEY, names_hash INTEGER NOT NULL, facts_hash INTEGER NOT NULL, "
    "names BLOB NOT NULL, facts BLOB NOT NULL) STRICT;\n"
    "CREATE TABLE volume(id INTEGER PRIMARY KEY CHECK(id = 1), serial INTEGER NOT NULL, name TEXT NOT NULL, "
    "read_at INTEGER NOT NULL, objects INTEGER NOT NULL, names INTEGER NOT NULL, damaged INTEGER NOT NULL, "
    "hash INTEGER NOT NULL) STRICT;\n";
constexpr char kMarks[] = "PRAGMA application_id=1094929481; PRAGMA user_version=1";
static_assert(kApplicationId == 1094929481);
constexpr int kVersion = 1;

// Read without SQLite, which may know a damaged file for none of its own. Without our mark it may be anybody's.
bool HasOurMark(const std::string& path) {
  constexpr std::string_view kMark = "ACLI";
  std::string mark(kMark.size(), '\0');
  std::ifstream file(std::filesystem::path(std::u8string(path.begin(), path.end())), std::ios::binary);
  file.seekg(68);  // https://www.sqlite.org/fileformat.html, 1.3.
  file.read(mark.data(), static_cast<std::streamsize>(mark.size()));
  return file && mark == kMark;
}

std::unexpected<Error> Refuse(ErrorKind kind, const std::string& path, std::string reason) {
  return std::unexpected(Error{kind, "open the volume's index", path, 0, std::move(reason)});
}

// Also a flip in the words of a statement: with another name of a column nothing could be asked any more.
Expected<void> CheckTables(Database& database) {
  const auto version = database.Number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  std::string tables;
  auto query = database.Use("SELECT sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' ORDER BY name");
  auto read = query.Each([&]() -> Expected<void> {
    tables.append(query.Text(0)).append(";\n");
    return {};
  });
  if (!read) return read;
  if (*version == kVersion && tables == kTables) return {};
  return Refuse(ErrorKind::kCorrupt, database.Path(), "it is damaged, or of another version of acledger");
}

// What is put right page by page has to lie in sound tables: else mending one page would spoil another.
Expected<void> CheckWhole(Database& database) {
  auto query = database.Use("PRAGMA quick_check(1)");
  auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (*row && query.Text(0) == "ok") return {};
  return Refuse(ErrorKind::kCorrupt, database.Path(), *row ? std::string(query.Text(0)) : "no answer");
}

// What only the file's own bytes can cause: we ask nothing that a sound file refuses, and the system has not
// complained.
bool IsDamage(const Error& error) {
  return error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kReadOnly ||
         (error.kind == ErrorKind::kIo && error.code == 0);
}

}  // namespace

std::string IndexPath(const std::string& ledger) { return ledger + ".index"; }

VolumeStore::VolumeStore(std::string path) : path_(std::move(path)) {}
VolumeStore::~VolumeStore() = default;

Expected<std::unique_ptr<VolumeStore>> VolumeStore::OpenToWrite(const std::string& path, std::uint64_t serial) {
  if (auto place = CheckPlace(path); !place) return std::unexpected(place.error());
  auto lock = TakeLock(path, "index");
  if (!lock) return std::unexpected(lock.error());
  std::unique_ptr<VolumeStore> store(new VolumeStore(path));
  store->lock_ = *std::move(lock);
  const auto size = SizeOf(path);
  if (!size) return std::unexpected(size.error());
  auto opened = *size == 0 ? store->BeginAnew("") : store->OpenExisting(serial);
  if (!opened && opened.error().kind == ErrorKind::kInvalid) {
    store->db_.reset();
    const auto moved = MoveAside(path);
    if (!moved) return std::unexpected(moved.error());
    opened = store->BeginAnew(opened.error().reason + ": it is kept as " + *moved);
  } else if (!opened && IsDamage(opened.error())) {
    opened = store->BeginAnew(opened.error().reason);
  }
  if (!opened) return std::unexpected(opened.error());
  return store;
}

Expected<void> VolumeStore::OpenExisting(std::uint64_t serial) {
  auto opened = Database::Open(path_, OpenMode::kWrite);
  if (!opened) return std::unexpected(opened.error());
  db_ = *std::move(opened);
  const auto look = LookAt(*db_, kApplicationId);
  if (!look) return std::unexpected(look.error());
  if (*look == Look::kForeign) return Refuse(ErrorKind::kInvalid, path_, "it is not the index of a volume");
  if (*look == Look::kDamaged) {
    return HasOurMark(path_) ? Refuse(ErrorKind::kCorrupt, path_, "it is damaged")
                             : Refuse(ErrorKind::kInvalid, path_, "it is not the index of a volume");
  }
  if (auto done = db_->Execute(kWriterSettings, "open the volume's index"); !done) return done;
  if (auto checked = CheckTables(*db_); !checked) return checked;
  if (auto checked = CheckWhole(*db_); !checked) return checked;
  // A flip in the header can make it a file that may only be read.
  if (auto done = db_->Execute("BEGIN IMMEDIATE; PRAGMA user_version=1; ROLLBACK", "open the volume's index"); !done)
    return done;
  const auto index = Index();
  if (!index) return std::unexpected(index.error());
  if (!*index || (*index)->serial == serial) return {};
  return Refuse(ErrorKind::kMismatch, path_,
                "it is the index of another volume (" + (*index)->name + "): remove it, or name another ledger");
}

Expected<void> VolumeStore::BeginAnew(const std::string& why) {
  if (db_) db_->KeepLogOnClose();
  db_.reset();
  for (const char* companion : {"", "-wal", "-shm", "-journal"}) {
    if (auto gone = Remove(path_ + companion); !gone) return gone;
  }
  dropped_ = why;
  return Make();
}

Expected<void> VolumeStore::Make() {
  constexpr char kMake[] = "make the volume's index";
  auto opened = Database::Open(path_, OpenMode::kCreate);
  if (!opened) return std::unexpected(opened.error());
  db_ = *std::move(opened);
  // Before anything is in it: it names every file of the volume.
  if (auto done = db_->Execute("BEGIN IMMEDIATE", kMake); !done) return done;
  if (auto done = MakePrivate(path_); !done) return done;
  for (const char* sql : {kTables, kMarks, "COMMIT", kWriterSettings}) {
    if (auto done = db_->Execute(sql, kMake); !done) return done;
  }
  return {};
}

Expected<std::unique_ptr<VolumeStore>> VolumeStore::OpenToRead(const std::string& path) {
  const auto size = SizeOf(path);
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return Refuse(ErrorKind::kNotFound, path, "no index was made (acledger index makes it)");
  std::unique_ptr<VolumeStore> store(new VolumeStore(path));
  store->read_only_ = true;
  Expected<void> checked;
  if (auto opened = store::OpenToRead(path, kApplicationId)) {
    store->db_ = *std::move(opened);
    checked = store->db_->Execute(kReaderSettings, "open the volume's index");
    if (checked) checked = CheckTables(*store->db_);
  } else {
    checked = std::unexpected(opened.error());
  }
  if (checked) return store;
  if (IsDamage(checked.error()))
    return Refuse(ErrorKind::kCorrupt, path, std::string("it is damaged, or of another version") + kIndexMakesAgain);
  return std::unexpected(checked.error());
}

std::unexpected<Error> VolumeStore::Damaged(const std::string& what) const {
  return std::unexpected(Error{ErrorKind::kCorrupt, "read " + what + " of the volume's index", path_, 0,
                               std::string("it is not the one that was stored") + kIndexMakesAgain});
}

Expected<void> VolumeStore::InTransaction(const std::function<Expected<void>()>& body) {
  if (auto begun = db_->Use(read_only_ ? "BEGIN" : "BEGIN IMMEDIATE").Run(); !begun) return begun;
  // Ends the transaction also where `body` throws.
  struct Guard {
    Database& db;
    // What failed has been told, and SQLite ends some transactions itself.
    ~Guard() {
      if (db.InTransaction()) (void)db.Use("ROLLBACK").Run();
    }
  } guard{*db_};
  if (auto done = body(); !done) return done;
  if (read_only_) return {};
  if (auto committed = db_->Use("COMMIT").Run(); !committed) return committed;
  // The commit stands whatever becomes of this: a reader in the way only means that the log stays for now.
  (void)db_->Checkpoint(false);
  return {};
}

}  // namespace acledger::store
