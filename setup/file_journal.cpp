// SPDX-License-Identifier: MIT
#include "setup/file_journal.h"

#include "store/files.h"
#include "store/shared_file.h"
#include "store/sqlite/query.h"

namespace acledger::setup {
namespace {

using store::sqlite::Database;
using store::sqlite::OpenMode;
using store::sqlite::Query;

constexpr std::int32_t kApplicationId = 0x41434C53;  // "ACLS".
constexpr int kVersion = 1;
constexpr char kMake[] =
    "BEGIN IMMEDIATE; "
    "CREATE TABLE step(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, "
    "before TEXT NOT NULL, trouble TEXT NOT NULL) STRICT; "
    "CREATE TABLE wishes(number INTEGER PRIMARY KEY CHECK(number = 1), text TEXT NOT NULL) STRICT; "
    "PRAGMA application_id=1094929491; PRAGMA user_version=1; COMMIT";
static_assert(kApplicationId == 1094929491 && kVersion == 1);
constexpr char kSettings[] = "PRAGMA synchronous=EXTRA; PRAGMA cell_size_check=ON";

std::unexpected<Error> Refuse(ErrorKind kind, const std::string& path, std::string reason) {
  return std::unexpected(Error{kind, "open the set-up's journal", path, 0, std::move(reason)});
}

Expected<void> CheckOurs(Database& database) {
  const auto look = store::LookAt(database, kApplicationId);
  if (!look) return std::unexpected(look.error());
  const std::string& path = database.Path();
  if (*look == store::Look::kForeign) return Refuse(ErrorKind::kInvalid, path, "it is another program's database");
  if (*look != store::Look::kOurs) return Refuse(ErrorKind::kCorrupt, path, "it is damaged");
  const auto version = database.Number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > kVersion)
    return Refuse(ErrorKind::kUnsupported, path, "a newer version of acledger made it: use that one");
  auto query = database.Use("PRAGMA quick_check(1)");
  const auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row || query.Text(0) != "ok") return Refuse(ErrorKind::kCorrupt, path, "it is damaged");
  return {};
}

Expected<StepRecord> RecordIn(Query& query, const std::string& path) {
  const std::int64_t state = query.Int(1);
  if (state < 0 || state > static_cast<std::int64_t>(StepState::kUndoing))
    return Refuse(ErrorKind::kCorrupt, path, "a step has a state that there is not");
  return StepRecord{std::string(query.Text(0)), static_cast<StepState>(state), std::string(query.Text(2)),
                    std::string(query.Text(3))};
}

}  // namespace

FileJournal::FileJournal(std::unique_ptr<Database> lock, std::unique_ptr<Database> database)
    : lock_(std::move(lock)), database_(std::move(database)) {}
FileJournal::~FileJournal() = default;

Expected<std::unique_ptr<FileJournal>> FileJournal::Open(const std::string& path) {
  if (const auto place = store::CheckPlace(path); !place) return std::unexpected(place.error());
  auto lock = store::TakeLock(path, "set-up's journal");
  if (!lock) return std::unexpected(lock.error());
  const auto size = store::SizeOf(path);
  if (!size) return std::unexpected(size.error());
  auto database = Database::Open(path, OpenMode::kCreate);
  if (!database) return std::unexpected(database.error());
  if (const auto set = (*database)->Execute(kSettings, "open the set-up's journal"); !set)
    return std::unexpected(set.error());
  if (*size == 0) {
    if (const auto own = store::MakePrivate(path); !own) return std::unexpected(own.error());
    if (const auto made = (*database)->Execute(kMake, "make the set-up's journal"); !made)
      return std::unexpected(made.error());
  }
  if (const auto ours = CheckOurs(**database); !ours) return std::unexpected(ours.error());
  return std::unique_ptr<FileJournal>(new FileJournal(*std::move(lock), *std::move(database)));
}

Expected<std::vector<StepRecord>> FileJournal::Records() {
  std::vector<StepRecord> records;
  auto query = database_->Use("SELECT name, state, before, trouble FROM step ORDER BY number");
  const auto read = query.Each([&]() -> Expected<void> {
    Expected<StepRecord> record = RecordIn(query, database_->Path());
    if (!record) return std::unexpected(record.error());
    records.push_back(*std::move(record));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return records;
}

Expected<std::optional<StepRecord>> FileJournal::Find(const std::string& name) {
  auto query = database_->Use("SELECT name, state, before, trouble FROM step WHERE name = ?");
  const auto row = query.With(std::string_view(name)).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  Expected<StepRecord> record = RecordIn(query, database_->Path());
  if (!record) return std::unexpected(record.error());
  return *std::move(record);
}

Expected<void> FileJournal::Put(const StepRecord& record) {
  return database_
      ->Use(
          "INSERT INTO step(name, state, before, trouble) VALUES(?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET "
          "state = excluded.state, before = excluded.before, trouble = excluded.trouble")
      .With(std::string_view(record.name), record.state, std::string_view(record.before),
            std::string_view(record.trouble))
      .Run();
}

Expected<void> FileJournal::Remove(const std::string& name) {
  return database_->Use("DELETE FROM step WHERE name = ?").With(std::string_view(name)).Run();
}

Expected<std::optional<std::string>> FileJournal::Wishes() {
  auto query = database_->Use("SELECT text FROM wishes");
  const auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  return *row ? std::optional(std::string(query.Text(0))) : std::nullopt;
}

Expected<void> FileJournal::PutWishes(const std::string& text) {
  return database_->Use("INSERT INTO wishes VALUES(1, ?) ON CONFLICT(number) DO UPDATE SET text = excluded.text")
      .With(std::string_view(text))
      .Run();
}

}  // namespace acledger::setup
