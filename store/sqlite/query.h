// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "security/error.h"
#include "security/file_id.h"
#include "security/sid.h"
#include "store/sqlite/statement.h"

namespace acledger::store::sqlite {

template <class T>
concept Integral = std::integral<T> || std::is_enum_v<T>;

// One run of a prepared statement: bind, step, read columns. The statement is reset when the run ends. A failure of any
// step is kept and given by Next() and Run().
class Query {
 public:
  explicit Query(const Statement& shared) : statement_(shared.Get()), database_(&shared.Owner()) {}
  // Owns its statement.
  explicit Query(Expected<Statement> own);
  ~Query();
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;

  // Binds parameters 1, 2, ... Text and bytes are not copied: they must live until the run ends.
  template <class... Values>
  Query& With(const Values&... values) {
    int index = 0;
    (Bind(++index, values), ...);
    return *this;
  }

  template <Integral T>
  void Bind(int index, T value) {
    BindInt(index, static_cast<std::int64_t>(value));
  }
  void Bind(int index, std::string_view text);
  void Bind(int index, security::Bytes bytes);
  // An INTEGER where the upper half is zero (NTFS), else 16 bytes, little-endian. `twin` > 0 appends one or two
  // bytes, so that equal ids make different keys.
  void Bind(int index, const FileId& id) { BindId(index, id, 0); }
  void BindId(int index, const FileId& id, std::uint16_t twin);

  // True: there is a row. False: the end.
  Expected<bool> Next();
  // Runs to the end; rows are dropped.
  Expected<void> Run();
  // Calls `take` at each row until the end or until it fails.
  template <class Take>
  Expected<void> Each(const Take& take) {
    for (;;) {
      auto row = Next();
      if (!row) return std::unexpected(row.error());
      if (!*row) return {};
      if (auto taken = take(); !taken) return taken;
    }
  }
  // Ready for the next set of values; the binding of parameters that are not bound again stays.
  void Again();

  // Columns of the current row, from 0. Text and bytes are valid until the next step.
  std::int64_t Int(int column) const;
  std::string_view Text(int column) const;
  security::Bytes Blob(int column) const;
  bool IsNull(int column) const;
  // Nothing if the column holds no file id.
  std::optional<FileId> Id(int column) const;
  // kCorrupt, for a row that holds what is never stored: the file counts as damaged from here on.
  Error Damaged(std::string reason) const;

 private:
  void BindInt(int index, std::int64_t value);
  void Check(int result);
  Error Failure(int result) const;

  std::optional<Statement> own_;
  sqlite3_stmt* statement_ = nullptr;
  Database* database_ = nullptr;
  std::optional<Error> failed_;
};

}  // namespace acledger::store::sqlite
