// SPDX-License-Identifier: MIT
// Who wants a grant while it runs, and what a person has set.
#include "store/ledger_impl.h"

namespace acledger::store {

Expected<HolderId> Ledger::AddHolder(const Holder& holder) {
  auto insert = impl_->db.Use("INSERT INTO holder(grant_id, user, process, created, acquired) VALUES(?, ?, ?, ?, ?)");
  insert.With(holder.grant, std::string_view(holder.user), holder.process, holder.created, holder.acquired);
  if (auto done = impl_->Write(insert); !done) return std::unexpected(done.error());
  return impl_->db.LastInsertId();
}

Expected<void> Ledger::RemoveHolder(HolderId id) {
  return impl_->WriteOne(impl_->db.Use("DELETE FROM holder WHERE id = ?").With(id), "holder", id);
}

Expected<std::vector<Holder>> Ledger::Holders() {
  std::vector<Holder> holders;
  auto query = impl_->db.Use("SELECT id, grant_id, user, process, created, acquired FROM holder ORDER BY id");
  auto done = query.Each([&]() -> Expected<void> {
    holders.push_back({query.Int(0), query.Int(1), std::string(query.Text(2)), static_cast<std::uint32_t>(query.Int(3)),
                       query.Int(4), query.Int(5)});
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return holders;
}

Expected<std::string> Ledger::Setting(std::string_view name) {
  auto query = impl_->db.Use("SELECT value FROM setting WHERE name = ?");
  auto row = query.With(name).Next();
  if (!row) return std::unexpected(row.error());
  return *row ? std::string(query.Text(0)) : std::string();
}

Expected<void> Ledger::SetSetting(std::string_view name, std::string_view value) {
  return impl_->Atomically([&]() -> Expected<void> {
    auto insert = impl_->db.Use("INSERT OR REPLACE INTO setting(name, value) VALUES(?, ?)");
    auto done = insert.With(name, value).Run();
    if (done) impl_->untold += impl_->db.Changed();
    return done;
  });
}

}  // namespace acledger::store
