// SPDX-License-Identifier: MIT
#include "store/sqlite/query.h"

#include <sqlite3.h>

#include <array>
#include <utility>

#include "store/sqlite/database.h"

namespace acledger::store::sqlite {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kMostIdBytes = kIdBytes + 2;  // With the number of a twin.

std::uint64_t LittleEndian(const std::uint8_t* at) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | at[i];
  return value;
}

}  // namespace

Query::Query(Expected<Statement> own) {
  if (!own) {
    failed_ = std::move(own).error();
    return;
  }
  own_.emplace(*std::move(own));
  statement_ = own_->Get();
  database_ = &own_->Owner();
}

Query::Query(Query&& other) noexcept
    : own_(std::exchange(other.own_, std::nullopt)),
      statement_(std::exchange(other.statement_, nullptr)),
      database_(other.database_),
      failed_(std::move(other.failed_)) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);           // Repeats the error of the last step, which was reported.
  sqlite3_clear_bindings(statement_);  // They may point to what the caller frees now.
}

void Query::Check(int result) {
  if (result != SQLITE_OK && !failed_) failed_ = Failure(result);
}

Error Query::Failure(int result) const {
  return database_->Fail(result, sqlite3_stmt_readonly(statement_) != 0 ? "read ledger" : "write ledger");
}

void Query::BindInt(int index, std::int64_t value) {
  if (statement_ != nullptr) Check(sqlite3_bind_int64(statement_, index, value));
}

void Query::Bind(int index, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() != nullptr ? text.data() : "";
  if (statement_ != nullptr) Check(sqlite3_bind_text64(statement_, index, data, text.size(), nullptr, SQLITE_UTF8));
}

void Query::Bind(int index, security::Bytes bytes) {
  const void* data = bytes.data() != nullptr ? static_cast<const void*>(bytes.data()) : "";
  if (statement_ != nullptr) Check(sqlite3_bind_blob64(statement_, index, data, bytes.size(), nullptr));
}

void Query::BindId(int index, const FileId& id, std::uint16_t twin) {
  if (id.high == 0 && twin == 0) {
    BindInt(index, static_cast<std::int64_t>(id.low));
    return;
  }
  std::array<std::uint8_t, kMostIdBytes> bytes{};
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(id.low >> (8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(id.high >> (8 * i));
  }
  bytes[kIdBytes] = static_cast<std::uint8_t>(twin);
  bytes[kIdBytes + 1] = static_cast<std::uint8_t>(twin >> 8);
  const int size = static_cast<int>(twin == 0 ? kIdBytes : twin <= UINT8_MAX ? kIdBytes + 1 : kMostIdBytes);
  if (statement_ != nullptr) Check(sqlite3_bind_blob(statement_, index, bytes.data(), size, SQLITE_TRANSIENT));
}

Expected<bool> Query::Next() {
  if (failed_) return std::unexpected(*failed_);
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  failed_ = Failure(result);
  return std::unexpected(*failed_);
}

Expected<void> Query::Run() {
  for (;;) {
    auto row = Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

void Query::Again() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

std::int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Query::Text(int column) const {
  const auto* text = sqlite3_column_text(statement_, column);  // First: it may convert, and change the size.
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text), size);
}

security::Bytes Query::Blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Query::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::optional<FileId> Query::Id(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type == SQLITE_INTEGER) return FileId{static_cast<std::uint64_t>(Int(column)), 0};
  const security::Bytes bytes = type == SQLITE_BLOB ? Blob(column) : security::Bytes();
  if (bytes.size() < kIdBytes || bytes.size() > kMostIdBytes) return std::nullopt;
  return FileId{LittleEndian(bytes.data()), LittleEndian(bytes.data() + 8)};
}

Error Query::Damaged(std::string reason) const {
  database_->NoteDamage();
  return {ErrorKind::kCorrupt, "read ledger", database_->Path(), 0, std::move(reason)};
}

}  // namespace acledger::store::sqlite
