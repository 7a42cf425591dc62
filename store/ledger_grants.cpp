// SPDX-License-Identifier: MIT
#include <array>

#include "store/change_rows.h"
#include "store/ledger_impl.h"
#include "store/rows.h"

namespace acledger::store {
namespace {

#define GRANT_COLUMNS                                                                                              \
  "SELECT g.id, p.sid, g.principal_is_ours, g.mask, g.root, g.root_id, g.protected_policy, g.state, g.flags FROM " \
  "grant_ g "                                                                                                      \
  "LEFT JOIN principal p ON p.id = g.principal "
constexpr char kAllGrants[] = GRANT_COLUMNS "ORDER BY g.id";
constexpr char kLiveGrants[] = GRANT_COLUMNS "WHERE g.state <> 5 ORDER BY g.id";
#undef GRANT_COLUMNS
static_assert(static_cast<int>(GrantState::kRolledBack) == 5);

// grant_.flags.
constexpr std::int64_t kPermanent = 1, kOnHold = 2, kStale = 4;

std::int64_t FlagsOf(const Grant& grant) {
  return (grant.is_permanent ? kPermanent : 0) | (grant.on_hold ? kOnHold : 0) | (grant.is_stale ? kStale : 0);
}

// The number of a list in grant_rule is its place here: only ever append.
constexpr std::array kRuleLists{&Rules::excludes, &Rules::sensitive_names, &Rules::appdata_allowed,
                                &Rules::sensitive_paths};

}  // namespace

Expected<std::int64_t> Ledger::Impl::PrincipalRow(const security::Sid& sid) {
  auto inserted = db.Use("INSERT INTO principal(sid) VALUES(?) ON CONFLICT DO NOTHING").With(sid.AsBytes()).Run();
  if (!inserted) return std::unexpected(inserted.error());
  auto query = db.Use("SELECT id FROM principal WHERE sid = ?");
  auto row = query.With(sid.AsBytes()).Next();
  if (!row) return std::unexpected(row.error());
  return query.Int(0);
}

Expected<void> Ledger::Impl::WriteLists(const Grant& grant) {
  for (const char* clear :
       {"DELETE FROM grant_rule WHERE grant_id = ?", "DELETE FROM grant_token_sid WHERE grant_id = ?",
        "DELETE FROM grant_requester WHERE grant_id = ?", "DELETE FROM grant_requester_sid WHERE grant_id = ?"}) {
    if (auto done = db.Use(clear).With(grant.id).Run(); !done) return done;
  }
  for (std::size_t list = 0; list < kRuleLists.size(); ++list) {
    std::int64_t position = 0;
    for (const std::string& text : grant.rules.*kRuleLists[list]) {
      auto insert = db.Use("INSERT INTO grant_rule(grant_id, list, position, text) VALUES(?, ?, ?, ?)");
      insert.With(grant.id, static_cast<std::int64_t>(list), position++, std::string_view(text));
      if (auto done = insert.Run(); !done) return done;
    }
  }
  std::int64_t position = 0;
  for (const security::Sid& sid : grant.token_sids) {
    auto insert = db.Use("INSERT INTO grant_token_sid(grant_id, position, sid) VALUES(?, ?, ?)");
    if (auto done = insert.With(grant.id, position++, sid.AsBytes()).Run(); !done) return done;
  }
  return grant.requester ? WriteRequester(grant.id, *grant.requester) : Expected<void>{};
}

Expected<void> Ledger::Impl::WriteRequester(GrantId grant, const Requester& requester) {
  auto insert = db.Use("INSERT INTO grant_requester(grant_id, user, process, asked) VALUES(?, ?, ?, ?)");
  insert.With(grant, std::string_view(requester.user), requester.process, requester.asked);
  if (auto done = insert.Run(); !done) return done;
  std::int64_t position = 0;
  for (const auto* list : {&requester.sids, &requester.deny_only}) {
    for (const security::Sid& sid : *list) {
      auto one = db.Use("INSERT INTO grant_requester_sid(grant_id, position, sid, deny_only) VALUES(?, ?, ?, ?)");
      one.With(grant, position++, sid.AsBytes(), list == &requester.deny_only);
      if (auto done = one.Run(); !done) return done;
    }
  }
  return {};
}

Expected<GrantId> Ledger::AddGrant(const Grant& grant) {
  Grant added = grant;
  auto done = impl_->Atomically([&]() -> Expected<void> {
    auto principal = impl_->PrincipalRow(grant.principal);
    if (!principal) return std::unexpected(principal.error());
    auto insert = impl_->db.Use(
        "INSERT INTO grant_(principal, principal_is_ours, mask, root, root_id, protected_policy, state, flags) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    insert.With(*principal, grant.principal_is_ours, grant.mask, std::string_view(grant.root), grant.root_id,
                grant.protected_policy, grant.state, FlagsOf(grant));
    if (auto run = insert.Run(); !run) return run;
    added.id = impl_->db.LastInsertId();
    return impl_->WriteLists(added);
  });
  if (!done) return std::unexpected(done.error());
  return added.id;
}

Expected<void> Ledger::SetGrantState(GrantId id, GrantState state) {
  return impl_->WriteOne(impl_->db.Use("UPDATE grant_ SET state = ? WHERE id = ?").With(state, id), "grant", id);
}

Expected<void> Ledger::UpdateGrant(const Grant& grant) {
  return impl_->Atomically([&]() -> Expected<void> {
    auto update = impl_->db.Use(
        "UPDATE grant_ SET principal_is_ours = ?, root_id = ?, protected_policy = ?, state = ?, "
        "flags = (flags & ~1) | ? WHERE id = ?");
    update.With(grant.principal_is_ours, grant.root_id, grant.protected_policy, grant.state, grant.is_permanent,
                grant.id);
    if (auto done = impl_->WriteOne(update, "grant", grant.id); !done) return done;
    return impl_->WriteLists(grant);
  });
}

Expected<void> Ledger::Impl::SetGrantFlag(GrantId id, std::int64_t flag, bool value) {
  auto update = db.Use("UPDATE grant_ SET flags = (flags & ~?1) | ?2 WHERE id = ?3");
  return WriteOne(update.With(flag, value ? flag : 0, id), "grant", id);
}

Expected<void> Ledger::SetOnHold(GrantId id, bool on_hold) { return impl_->SetGrantFlag(id, kOnHold, on_hold); }
Expected<void> Ledger::SetStale(GrantId id, bool is_stale) { return impl_->SetGrantFlag(id, kStale, is_stale); }

Expected<Grant> Ledger::Impl::ReadGrant(sqlite::Query& row) {
  Grant grant;
  grant.id = row.Int(0);
  auto sid = security::Sid::FromBytes(row.Blob(1));
  if (!sid) return BadRow(row, "principal", grant.id, "sid");
  grant.principal = *sid;
  grant.principal_is_ours = row.Int(2) != 0;
  grant.mask = static_cast<security::AccessMask>(row.Int(3));
  grant.root = row.Text(4);
  const auto root_id = row.Id(5);
  if (!root_id) return BadRow(row, "grant_", grant.id, "root_id");
  grant.root_id = *root_id;
  if (row.Int(6) < 0 || row.Int(6) > 1) return BadRow(row, "grant_", grant.id, "protected_policy");
  grant.protected_policy = static_cast<ProtectedPolicy>(row.Int(6));
  if (row.Int(7) < 0 || row.Int(7) > static_cast<int>(GrantState::kPartOf))
    return BadRow(row, "grant_", grant.id, "state");
  grant.state = static_cast<GrantState>(row.Int(7));
  grant.is_permanent = (row.Int(8) & kPermanent) != 0;
  grant.on_hold = (row.Int(8) & kOnHold) != 0;
  grant.is_stale = (row.Int(8) & kStale) != 0;
  return grant;
}

Expected<void> Ledger::Impl::ReadLists(Grant& grant) {
  auto rules = db.Use("SELECT list, text FROM grant_rule WHERE grant_id = ? ORDER BY list, position");
  rules.With(grant.id);
  auto done = rules.Each([&]() -> Expected<void> {
    const std::int64_t list = rules.Int(0);
    if (list < 0 || list >= std::ssize(kRuleLists)) return BadRow(rules, "grant_rule", grant.id, "list");
    (grant.rules.*kRuleLists[static_cast<std::size_t>(list)]).emplace_back(rules.Text(1));
    return {};
  });
  if (!done) return done;
  auto sids = db.Use("SELECT sid FROM grant_token_sid WHERE grant_id = ? ORDER BY position");
  sids.With(grant.id);
  done = sids.Each([&]() -> Expected<void> {
    auto sid = security::Sid::FromBytes(sids.Blob(0));
    if (!sid) return BadRow(sids, "grant_token_sid", grant.id, "sid");
    grant.token_sids.push_back(*sid);
    return {};
  });
  return done ? ReadRequester(grant) : done;
}

Expected<void> Ledger::Impl::ReadRequester(Grant& grant) {
  auto query = db.Use("SELECT user, process, asked FROM grant_requester WHERE grant_id = ?");
  auto row = query.With(grant.id).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return {};
  Requester& requester = grant.requester.emplace();
  requester.user = query.Text(0);
  requester.process = static_cast<std::uint32_t>(query.Int(1));
  requester.asked = query.Int(2);
  auto sids = db.Use("SELECT sid, deny_only FROM grant_requester_sid WHERE grant_id = ? ORDER BY position");
  sids.With(grant.id);
  return sids.Each([&]() -> Expected<void> {
    auto sid = security::Sid::FromBytes(sids.Blob(0));
    if (!sid) return BadRow(sids, "grant_requester_sid", grant.id, "sid");
    (sids.Int(1) != 0 ? requester.deny_only : requester.sids).push_back(*sid);
    return {};
  });
}

Expected<std::vector<Grant>> Ledger::Impl::ReadGrants(GrantsWanted wanted) {
  std::vector<Grant> grants;
  auto query = db.Use(wanted == GrantsWanted::kAll ? kAllGrants : kLiveGrants);
  auto done = AtOneMoment([&] {
    return query.Each([&]() -> Expected<void> {
      auto grant = ReadGrant(query);
      if (!grant) return std::unexpected(grant.error());
      grants.push_back(*std::move(grant));
      return ReadLists(grants.back());
    });
  });
  if (!done) return std::unexpected(done.error());
  return grants;
}

Expected<std::vector<Grant>> Ledger::Grants() { return impl_->ReadGrants(Impl::GrantsWanted::kLive); }
Expected<std::vector<Grant>> Ledger::AllGrants() { return impl_->ReadGrants(Impl::GrantsWanted::kAll); }

Expected<std::vector<GrantId>> Ledger::GrantsWith(std::span<const ChangeState> states) {
  std::vector<GrantId> ids;
  auto query = impl_->db.Use("SELECT DISTINCT grant_id FROM change WHERE " ACLEDGER_IN_STATES(1));
  query.With(SetOf(states));
  auto done = query.Each([&]() -> Expected<void> {
    ids.push_back(query.Int(0));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return ids;
}

}  // namespace acledger::store
