// SPDX-License-Identifier: MIT
#include "store/ledger_impl.h"
#include "store/rows.h"

namespace acledger::store {

Expected<void> Ledger::AddFailure(const Failure& failure) {
  const Error& error = failure.error;
  auto insert = impl_->db.Use(
      "INSERT INTO failure(grant_id, path, right_, principal, kind, operation, error_path, code, reason) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.With(failure.grant, std::string_view(failure.path), std::string_view(failure.right),
              failure.principal.AsBytes(), error.kind, std::string_view(error.operation), std::string_view(error.path),
              error.code, std::string_view(error.reason));
  return impl_->Write(insert);
}

Expected<void> Ledger::ClearFailures(GrantId grant) {
  auto remove = impl_->db.Use("DELETE FROM failure WHERE grant_id = ?");
  remove.With(grant);
  return impl_->Write(remove);
}

Expected<std::vector<Failure>> Ledger::Failures() {
  std::vector<Failure> failures;
  auto query = impl_->db.Use(
      "SELECT id, grant_id, path, right_, principal, kind, operation, error_path, code, reason FROM failure ORDER BY "
      "id");
  auto done = query.Each([&]() -> Expected<void> {
    auto sid = security::Sid::FromBytes(query.Blob(4));
    if (!sid) return BadRow(query, "failure", query.Int(0), "principal");
    const std::int64_t kind = query.Int(5);
    if (kind < 0 || kind > static_cast<std::int64_t>(ErrorKind::kIo)) {
      return BadRow(query, "failure", query.Int(0), "kind");
    }
    failures.push_back({query.Int(1), std::string(query.Text(2)), std::string(query.Text(3)), *sid,
                        Error{static_cast<ErrorKind>(kind), std::string(query.Text(6)), std::string(query.Text(7)),
                              static_cast<std::uint32_t>(query.Int(8)), std::string(query.Text(9))}});
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return failures;
}

}  // namespace acledger::store
