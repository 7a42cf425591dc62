// SPDX-License-Identifier: MIT
// Access for as long as somebody holds it.
#include <algorithm>
#include <utility>

#include "scanner/engine.h"

namespace acledger::scanner {

using store::Grant;
using store::GrantState;

// What was on its way back is wanted again: steps whose end is not known are finished first.
Expected<void> Engine::SettleReverts(std::span<const Grant> grants) {
  const store::ChangeState open[] = {store::ChangeState::kIntent, store::ChangeState::kReverting};
  const bool was_unsettled = unsettled_;
  bool any = false;
  for (const Grant& grant : grants) {
    if (grant.state != GrantState::kScanning) continue;
    const auto changes = environment_.ledger.ChangesAfter(grant.id, open, 0, 1);
    if (!changes) return std::unexpected(changes.error());
    if (changes->empty()) continue;
    unsettled_ = true;
    auto context = GrantContext::Make(environment_.ledger, grant);
    if (!context) return std::unexpected(context.error());
    if (const auto settled = scanner::Settle(environment_, **context); !settled)
      return std::unexpected(settled.error());
    any = true;
  }
  if (any)
    if (Expected<void> flushed = FlushAndFinalize(environment_); !flushed) return flushed;
  unsettled_ = was_unsettled;
  return {};
}

Expected<Engine::Acquired> Engine::Acquire(const GrantRequest& request, const store::Holder& who,
                                           std::vector<std::string>& notes) {
  GrantRequest held = request;
  held.is_permanent = false;
  held.ends_rollback = true;
  Acquired acquired;
  const Expected<void> done = environment_.ledger.InTransaction([&]() -> Expected<void> {
    Expected<std::vector<Registration>> registered = RegisterAll(held, notes);
    if (!registered) return std::unexpected(registered.error());
    for (Registration& one : *registered) {
      store::Holder holder = who;
      holder.grant = one.grant.id;
      const Expected<store::HolderId> id = environment_.ledger.AddHolder(holder);
      if (!id) return std::unexpected(id.error());
      acquired.held.push_back({*id, std::move(one.grant)});
      if (std::ranges::count(acquired.grants, one.worked_on.id, &Grant::id) == 0)
        acquired.grants.push_back(std::move(one.worked_on));
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (Expected<void> settled = SettleReverts(acquired.grants); !settled) return std::unexpected(settled.error());
  return acquired;
}

Expected<Begun> Engine::Release(std::span<const store::HolderId> holders) {
  return Release([&]() -> Expected<void> {
    for (const store::HolderId id : holders) {
      const Expected<void> removed = environment_.ledger.RemoveHolder(id);
      if (!removed && removed.error().kind != ErrorKind::kNotFound) return removed;
    }
    return {};
  });
}

Expected<Begun> Engine::ReleaseUnheld() {
  return Release([]() -> Expected<void> { return {}; });
}

Expected<Begun> Engine::Release(const std::function<Expected<void>()>& remove) {
  Begun begun;
  const Expected<void> done = environment_.ledger.InTransaction([&]() -> Expected<void> {
    if (Expected<void> removed = remove(); !removed) return removed;
    const Expected<std::vector<store::Holder>> holders = environment_.ledger.Holders();
    if (!holders) return std::unexpected(holders.error());
    const Expected<std::vector<Grant>> grants = environment_.ledger.Grants();
    if (!grants) return std::unexpected(grants.error());
    std::vector<store::GrantId> unheld;
    for (const Grant& grant : *grants) {
      const bool is_held = std::ranges::count(*holders, grant.id, &store::Holder::grant) > 0;
      if (!grant.is_permanent && !is_held && grant.state != GrantState::kRollingBack) unheld.push_back(grant.id);
    }
    Expected<Begun> began = scanner::BeginRollback(environment_, unheld);
    if (!began) return std::unexpected(began.error());
    begun = *std::move(began);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return begun;
}

Expected<void> Engine::CheckUnheld(std::span<const store::GrantId> ids) {
  const Expected<std::vector<store::Holder>> holders = environment_.ledger.Holders();
  if (!holders) return std::unexpected(holders.error());
  std::string who;
  for (const store::Holder& holder : *holders) {
    if (std::ranges::count(ids, holder.grant) == 0) continue;
    who += (who.empty() ? "" : ", ") + ("process " + std::to_string(holder.process)) + " of " + holder.user +
           " (holder " + std::to_string(holder.id) + ")";
  }
  if (who.empty()) return {};
  return std::unexpected(
      Error{ErrorKind::kBusy, "roll back", {}, 0, "it is held by " + who + ": release it first, or force it"});
}

Expected<Begun> Engine::BeginRollback(std::span<const store::GrantId> ids, bool forced) {
  Begun begun;
  const Expected<void> done = environment_.ledger.InTransaction([&]() -> Expected<void> {
    if (!forced)
      if (Expected<void> unheld = CheckUnheld(ids); !unheld) return unheld;
    Expected<Begun> began = scanner::BeginRollback(environment_, ids);
    if (!began) return std::unexpected(began.error());
    begun = *std::move(began);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return begun;
}

}  // namespace acledger::scanner
