// SPDX-License-Identifier: MIT
#include "store/sqlite/image.h"

#include <sqlite3.h>

#include <cstring>

namespace acledger::store::sqlite {
namespace {

struct Freed {
  void operator()(unsigned char* bytes) const { sqlite3_free(bytes); }
};

}  // namespace

Expected<std::unique_ptr<Database>> OpenInMemory() { return Database::Open(":memory:", OpenMode::kCreate); }

Expected<security::DescriptorBytes> ToFileBytes(Database& database) {
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, Freed> bytes(sqlite3_serialize(database.Handle(), "main", &size, 0));
  if (!bytes) return Fail(ErrorKind::kNoSpace, "copy a database", "there is no memory for it");
  return security::DescriptorBytes(bytes.get(), bytes.get() + size);
}

Expected<std::unique_ptr<Database>> FromFileBytes(security::Bytes bytes) {
  Expected<std::unique_ptr<Database>> database = OpenInMemory();
  if (!database) return database;
  std::unique_ptr<unsigned char, Freed> copy(static_cast<unsigned char*>(sqlite3_malloc64(bytes.size() + 1)));
  if (!copy) return Fail(ErrorKind::kNoSpace, "open a database", "there is no memory for it");
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  // SQLite frees the copy, also where it takes none of it.
  const int result = sqlite3_deserialize((*database)->Handle(), "main", copy.release(), size, size,
                                         SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY);
  if (result != SQLITE_OK) return std::unexpected((*database)->Fail(result, "open a database"));
  return database;
}

}  // namespace acledger::store::sqlite
