// SPDX-License-Identifier: MIT
#include "scanner/tombstones.h"

#include <algorithm>
#include <map>
#include <utility>

#include "scanner/handover.h"
#include "scanner/revert.h"
#include "store/clock.h"

namespace acledger::scanner {

using store::ChangeState;
using store::Grant;
using store::GrantState;
using store::Tombstone;

namespace {

constexpr ChangeState kStanding[] = {ChangeState::kReverting, ChangeState::kMissing};

Expected<std::vector<Grant>> GrantsOf(store::Ledger& ledger, std::span<const Tombstone> tombstones) {
  Expected<std::vector<Grant>> grants = ledger.AllGrants();
  if (grants)
    std::erase_if(*grants, [&](const Grant& grant) {
      return std::ranges::none_of(tombstones, [&](const Tombstone& one) { return one.change.grant == grant.id; });
    });
  return grants;
}

using ByGrant = std::map<store::GrantId, std::vector<Tombstone>>;

Expected<ByGrant> LoadByGrant(store::Ledger& ledger) {
  Expected<std::vector<Tombstone>> tombstones = ledger.Tombstones(kStanding);
  if (!tombstones) return std::unexpected(tombstones.error());
  ByGrant by_grant;
  for (Tombstone& one : *tombstones) by_grant[one.change.grant].push_back(std::move(one));
  return by_grant;
}

// True: gone, by its id too.
bool IsGone(Volume& volume, const FileId& id) {
  const Expected<std::unique_ptr<Object>> object = volume.OpenById(id, Access::kRead);
  return !object && object.error().kind == ErrorKind::kNotFound;
}

Error CanBeTakenBack(const std::string& where) {
  return {ErrorKind::kMismatch, "dismiss", where, 0,
          "it can be taken back: acledger rollback does that (only what is gone or failed can be given up)"};
}

class Dismissal {
 public:
  Dismissal(Environment& environment, const DismissRequest& request) : environment_(environment), request_(request) {}

  Expected<Dismissed> Run() {
    Expected<std::vector<Tombstone>> chosen = Choose();
    if (!chosen) return std::unexpected(chosen.error());
    if (IsForAll())
      LeaveReturned(*chosen);
    else if (Expected<void> may = Check(*chosen); !may)
      return std::unexpected(may.error());
    const std::int64_t now = store::SecondsNow();
    const Expected<void> done = environment_.ledger.InTransaction([&]() -> Expected<void> {
      for (Tombstone& one : *chosen) {
        if (Expected<void> kept = environment_.ledger.Dismiss(one.change.id, request_.by, now); !kept) return kept;
        one.change.state = ChangeState::kDismissed;
        one.dismissed_by = request_.by;
        one.dismissed = now;
      }
      return {};
    });
    if (!done) return std::unexpected(done.error());
    dismissed_.tombstones = std::move(*chosen);
    return std::move(dismissed_);
  }

 private:
  bool IsForAll() const { return !request_.path && !request_.id; }

  Expected<std::vector<Tombstone>> Choose() {
    Expected<std::vector<Tombstone>> tombstones = environment_.ledger.Tombstones(kStanding);
    if (!tombstones) return tombstones;
    const Expected<std::vector<Grant>> grants = GrantsOf(environment_.ledger, *tombstones);
    if (!grants) return std::unexpected(grants.error());
    std::optional<PathComponents> path;
    if (request_.path) {
      Expected<ParsedPath> parsed = ParsePath(*request_.path);
      if (!parsed) return std::unexpected(parsed.error());
      path = std::move(parsed->components);
    }
    std::erase_if(*tombstones, [&](const Tombstone& one) {
      const auto grant = std::ranges::find(*grants, one.change.grant, &Grant::id);
      if (grant == grants->end() || !request_.may(*grant)) return true;
      if (IsForAll()) return one.change.state != ChangeState::kMissing;
      if (request_.id && one.change.file_id != *request_.id) return true;
      const Expected<ParsedPath> last = ParsePath(one.path);
      return path && !(last && SamePath(last->components, *path));
    });
    return tombstones;
  }

  void LeaveReturned(std::vector<Tombstone>& chosen) {
    dismissed_.returned = std::erase_if(chosen, [this](const Tombstone& one) {
      return environment_.stop || !IsGone(environment_.volume, one.change.file_id);
    });
  }

  Expected<void> Check(std::span<const Tombstone> chosen) {
    const std::string where = request_.path ? *request_.path : request_.id->ToString();
    if (chosen.empty()) return NotThere(where);
    for (const Tombstone& one : chosen)
      if (one.change.state == ChangeState::kMissing && !IsGone(environment_.volume, one.change.file_id))
        return std::unexpected(CanBeTakenBack(where));
    return {};
  }

  // Granted, and nothing is wrong with it; or not ours to speak of.
  Expected<void> NotThere(const std::string& where) {
    if (request_.id) {
      const Expected<std::vector<store::Change>> live = environment_.ledger.LiveChangesOf(*request_.id);
      if (!live) return std::unexpected(live.error());
      const Expected<std::vector<Grant>> grants = environment_.ledger.Grants();
      if (!grants) return std::unexpected(grants.error());
      for (const Grant& grant : *grants)
        if (request_.may(grant) && std::ranges::count(*live, grant.id, &store::Change::grant) > 0)
          return std::unexpected(CanBeTakenBack(where));
    }
    return std::unexpected(Error{ErrorKind::kNotFound, "dismiss", where, 0,
                                 "nothing failed there (acledger failures --tombstones lists what did)"});
  }

  Environment& environment_;
  const DismissRequest& request_;
  Dismissed dismissed_;
};

// Whether the object carries the entry of the change still. What cannot be looked at does not tell.
Expected<bool> CarriesOurs(Environment& environment, const Grant& grant, const store::Change& change) {
  const Expected<std::unique_ptr<Object>> object = environment.volume.OpenById(change.file_id, Access::kRead);
  if (!object) return false;
  const Expected<ObjectInfo> info = (*object)->Info();
  security::DescriptorBytes bytes;
  if (!info || info->id != change.file_id || !(*object)->ReadDescriptor(bytes)) return false;
  DescriptorTable table(environment.ledger, grant);
  const Expected<store::DescriptorId> now = table.Intern(bytes);
  if (!now) return std::unexpected(now.error());
  return table.Has(*now, change.entry_flags);
}

}  // namespace

Expected<RollbackReport> Revisit(Environment& environment, const GrantFilter& wanted) {
  RollbackReport report;
  report.complete = true;
  Expected<ByGrant> by_grant = LoadByGrant(environment.ledger);
  if (!by_grant) return std::unexpected(by_grant.error());
  if (by_grant->empty()) return report;
  const Expected<std::vector<Grant>> grants = environment.ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  for (const Grant& grant : *grants) {
    const auto own = by_grant->find(grant.id);
    if (own == by_grant->end() || grant.state != GrantState::kRolledBack || !wanted(grant)) continue;
    report.stopped = report.stopped || environment.stop;
    if (report.stopped) break;
    const auto context = GrantContext::MakeBare(environment.ledger, grant);
    if (!context) return std::unexpected(context.error());
    const Expected<bool> tried = Revert(environment, **context, report).Run(own->second);
    if (!tried) return std::unexpected(tried.error());
    if (!*tried) continue;
    if (Expected<void> purged = environment.ledger.Purge(grant.id); !purged) return std::unexpected(purged.error());
    by_grant = LoadByGrant(environment.ledger);  // Others' records of the same objects followed.
    if (!by_grant) return std::unexpected(by_grant.error());
  }
  report.complete = report.failed == 0 && !report.stopped;
  return report;
}

Expected<Dismissed> Dismiss(Environment& environment, const DismissRequest& request) {
  return Dismissal(environment, request).Run();
}

Expected<Orphans> FindOrphans(Environment& environment, std::span<const Grant> like) {
  constexpr std::size_t kExamples = 20;
  const ChangeState states[] = {ChangeState::kDismissed};
  const Expected<std::vector<Tombstone>> tombstones = environment.ledger.Tombstones(states);
  if (!tombstones) return std::unexpected(tombstones.error());
  const Expected<std::vector<Grant>> grants = GrantsOf(environment.ledger, *tombstones);
  if (!grants) return std::unexpected(grants.error());
  Orphans orphans;
  for (const Tombstone& one : *tombstones) {
    const auto grant = std::ranges::find(*grants, one.change.grant, &Grant::id);
    if (grant == grants->end()) continue;
    if (!like.empty() && std::ranges::none_of(like, [&](const Grant& wanted) { return IsSameLayer(wanted, *grant); }))
      continue;
    const Expected<bool> carries = CarriesOurs(environment, *grant, one.change);
    if (!carries) return std::unexpected(carries.error());
    if (!*carries) continue;
    ++orphans.count;
    if (orphans.examples.size() < kExamples) orphans.examples.push_back(one.path);
  }
  return orphans;
}

}  // namespace acledger::scanner
