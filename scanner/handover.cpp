// SPDX-License-Identifier: MIT
#include "scanner/handover.h"

#include <algorithm>
#include <utility>

#include "scanner/opener.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;
using store::Grant;
using store::GrantId;
using store::GrantState;

namespace {

constexpr std::uint8_t kInheritable = security::kObjectInherit | security::kContainerInherit;

Expected<PathComponents> RootOf(const Grant& grant) {
  Expected<ParsedPath> parsed = ParsePath(grant.root);
  if (!parsed) return std::unexpected(parsed.error());
  return std::move(parsed->components);
}

bool IsLive(const Grant& grant) { return grant.state != GrantState::kPartOf && grant.state != GrantState::kRolledBack; }

// Strictly below; a root that cannot be read is below nothing.
bool IsBelow(const Grant& lower, const Grant& upper) {
  const Expected<PathComponents> low = RootOf(lower), up = RootOf(upper);
  return low && up && low->size() > up->size() && IsAtOrBelow(*low, *up);
}

bool Contains(std::span<const GrantId> ids, GrantId id) { return std::ranges::find(ids, id) != ids.end(); }

Expected<security::DescriptorBytes> DescriptorAt(Volume& volume, const PathComponents& path) {
  const Expected<std::unique_ptr<Object>> object = OpenPath(volume, path, Access::kRead);
  if (!object) return std::unexpected(Error(object.error()).At(FormatPath(path)));
  security::DescriptorBytes bytes;
  if (Expected<void> read = (*object)->ReadDescriptor(bytes); !read)
    return std::unexpected(Error(read.error()).At(FormatPath(path)));
  return bytes;
}

Expected<std::vector<Grant>> PartsOf(store::Ledger& ledger, const Grant& upper) {
  Expected<std::vector<Grant>> grants = ledger.Grants();
  if (!grants) return grants;
  std::vector<Grant> parts;
  for (const Grant& grant : *grants) {
    if (grant.state != GrantState::kPartOf || !IsSameLayer(grant, upper) || !IsBelow(grant, upper)) continue;
    const Expected<PathComponents> root = RootOf(grant);
    if (!root) return std::unexpected(root.error());
    const Expected<const Grant*> owner = FindOwner(*grants, grant, *root);
    if (!owner) return std::unexpected(owner.error());
    if (*owner && (*owner)->id == upper.id) parts.push_back(grant);
  }
  std::ranges::stable_sort(parts, {}, [](const Grant& grant) { return grant.root.size(); });
  return parts;
}

Expected<void> DropPart(store::Ledger& ledger, const Grant& part) {
  if (Expected<void> removed = ledger.RemoveIndex(part.id); !removed) return removed;
  if (Expected<void> cleared = ledger.ClearFailures(part.id); !cleared) return cleared;
  return ledger.SetGrantState(part.id, GrantState::kRolledBack);
}

Expected<void> RemoveHoldersOf(store::Ledger& ledger, GrantId grant) {
  const Expected<std::vector<store::Holder>> holders = ledger.Holders();
  if (!holders) return std::unexpected(holders.error());
  for (const store::Holder& holder : *holders)
    if (holder.grant == grant)
      if (Expected<void> removed = ledger.RemoveHolder(holder.id); !removed) return removed;
  return {};
}

Expected<bool> IsHeld(store::Ledger& ledger, GrantId grant) {
  const Expected<std::vector<store::Holder>> holders = ledger.Holders();
  if (!holders) return std::unexpected(holders.error());
  return std::ranges::count(*holders, grant, &store::Holder::grant) > 0;
}

// Looks for what the root of `lower` inherited from `upper` when it was created: such a copy has no record, and as the
// entry of a root it needs one.
class InheritedRoot {
 public:
  InheritedRoot(Environment& environment, const Grant& upper, const Grant& lower)
      : environment_(environment), upper_(upper), lower_(lower), table_(environment.ledger, upper) {}

  // Where anything cannot be read nothing is recorded: the entry is then found as anybody's.
  Expected<void> Record(const std::optional<store::Ledger::Found>& known) {
    const Expected<PathComponents> root = RootOf(lower_), top = RootOf(upper_);
    if (!root || !top) return std::unexpected((root ? top : root).error());
    if (known && known->node.verdict == store::Verdict::kReadable) return {};  // It was there before us.
    const Expected<security::DescriptorBytes> bytes = DescriptorAt(environment_.volume, *root);
    if (!bytes) return {};
    const Expected<store::DescriptorId> now = table_.Intern(*bytes);
    if (!now) return std::unexpected(now.error());
    for (const std::uint8_t flags : {std::uint8_t{security::kInherited | kInheritable}, security::kInherited}) {
      const Expected<store::DescriptorId> bare = table_.Without(*now, flags);
      if (!bare) return std::unexpected(bare.error());
      if (*bare == *now) continue;
      const Expected<bool> ours = IsPassedOn(*root, top->size());
      if (!ours) return std::unexpected(ours.error());
      return *ours ? Keep(*now, *bare, flags) : Expected<void>{};
    }
    return {};
  }

 private:
  // The nearest folder above with a record passes it on, and each one in between has it from there.
  Expected<bool> IsPassedOn(PathComponents path, std::size_t top) {
    while (path.size() > top) {
      path.pop_back();
      const Expected<std::unique_ptr<Object>> folder = OpenPath(environment_.volume, path, Access::kRead);
      if (!folder) return false;
      const Expected<ObjectInfo> info = (*folder)->Info();
      security::DescriptorBytes bytes;
      if (!info || !(*folder)->ReadDescriptor(bytes)) return false;
      const Expected<std::vector<Change>> live = environment_.ledger.LiveChangesOf(info->id);
      if (!live) return std::unexpected(live.error());
      const auto own = std::ranges::find(*live, upper_.id, &Change::grant);
      if (own != live->end()) return (own->entry_flags & kInheritable) == kInheritable;
      const Expected<store::DescriptorId> id = table_.Intern(bytes);
      if (!id) return std::unexpected(id.error());
      const Expected<bool> has = table_.Has(*id, security::kInherited | kInheritable);
      if (!has || !*has) return has;
    }
    return false;
  }

  Expected<void> Keep(store::DescriptorId now, store::DescriptorId bare, std::uint8_t flags) {
    Change change;
    change.grant = lower_.id;
    change.file_id = lower_.root_id;
    change.is_folder = (flags & kInheritable) != 0;
    change.entry_flags = flags;
    change.original = change.before = bare;
    change.after = now;
    if (Expected<void> kept = environment_.ledger.RecordIntents({&change, 1}); !kept) return kept;
    const store::ChangeResult result{change.id, ChangeState::kApplied};
    return environment_.ledger.RecordResults({&result, 1});
  }

  Environment& environment_;
  const Grant& upper_;
  const Grant& lower_;
  DescriptorTable table_;
};

Expected<std::optional<store::Ledger::Found>> FindIn(store::Ledger& ledger, const Grant& upper, const Grant& lower) {
  const Expected<PathComponents> root = RootOf(lower);
  if (!root) return std::unexpected(root.error());
  std::vector<std::string> names;
  for (const std::u16string& component : *root) names.push_back(ToWtf8(component));
  const auto found = ledger.Find(names);
  if (!found) return std::unexpected(found.error());
  for (const store::Ledger::Found& one : *found)
    if (one.grant.id == upper.id && (lower.state == GrantState::kPartOf || one.node.file_id == lower.root_id))
      return one;
  return std::nullopt;
}

}  // namespace

bool IsSameLayer(const Grant& left, const Grant& right) {
  return left.principal == right.principal && left.mask == right.mask;
}

Expected<bool> Reaches(Environment& environment, const Grant& grant, const PathComponents& path, bool is_folder) {
  const Expected<PathComponents> root = RootOf(grant);
  if (!root) return std::unexpected(root.error());
  const Expected<Policy> policy = Policy::Of(*root, grant.rules);
  if (!policy) return std::unexpected(policy.error());
  if (policy->ExcludedAnywhere(path, is_folder) != Exclusion::kNone) return false;
  if (grant.protected_policy == store::ProtectedPolicy::kGrant) return true;
  PathComponents at = *root;
  for (std::size_t i = root->size(); i < path.size(); ++i) {
    at.push_back(path[i]);
    const Expected<security::DescriptorBytes> bytes = DescriptorAt(environment.volume, at);
    if (!bytes) return std::unexpected(bytes.error());
    const Expected<security::DescriptorView> view = security::DescriptorView::Parse(*bytes);
    if (!view || view->IsDaclProtected()) return false;
  }
  return true;
}

Expected<const Grant*> FindOwner(std::span<const Grant> grants, const Grant& like, const PathComponents& path) {
  const Grant* owner = nullptr;
  std::size_t longest = 0;
  for (const Grant& grant : grants) {
    if (!IsLive(grant) || grant.id == like.id || !IsSameLayer(grant, like)) continue;
    const Expected<PathComponents> root = RootOf(grant);
    if (!root) return std::unexpected(root.error());
    if (root->size() >= path.size() || !IsAtOrBelow(path, *root) || (owner && root->size() < longest)) continue;
    owner = &grant;
    longest = root->size();
  }
  return owner;
}

Expected<void> ScanAnew(store::Ledger& ledger, GrantId grant) {
  const Expected<std::vector<store::FrontierFolder>> frontier = ledger.Frontier(grant);
  if (!frontier) return std::unexpected(frontier.error());
  for (const store::FrontierFolder& folder : *frontier)
    if (Expected<void> removed = ledger.RemoveFrontier(folder); !removed) return removed;
  return ledger.SetGrantState(grant, GrantState::kScanning);
}

Expected<void> TakeOver(Environment& environment, const Grant& upper, const Grant& lower) {
  if (Expected<void> moved = environment.ledger.MoveChanges(lower.id, upper.id); !moved) return moved;
  return environment.ledger.SetGrantState(lower.id, GrantState::kPartOf);
}

Expected<void> TakeOverAllBelow(Environment& environment, const Grant& upper) {
  const Expected<std::vector<Grant>> grants = environment.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const Grant& lower : *grants) {
    if (!IsLive(lower) || !IsSameLayer(lower, upper) || !IsBelow(lower, upper)) continue;
    const Expected<PathComponents> root = RootOf(lower);
    if (!root) return std::unexpected(root.error());
    const Expected<bool> reached = Reaches(environment, upper, *root, true);
    // Gone, or not to be looked at: it stays what it is.
    if (!reached || !*reached) continue;
    if (Expected<void> taken = TakeOver(environment, upper, lower); !taken) return taken;
  }
  return {};
}

Expected<void> ForgetParts(store::Ledger& ledger, const Grant& upper) {
  const Expected<std::vector<Grant>> parts = PartsOf(ledger, upper);
  if (!parts) return std::unexpected(parts.error());
  for (const Grant& part : *parts) {
    const Expected<bool> held = IsHeld(ledger, part.id);
    if (!held) return std::unexpected(held.error());
    const Expected<void> done = *held || part.is_permanent ? ledger.RemoveIndex(part.id) : DropPart(ledger, part);
    if (!done) return done;
  }
  return {};
}

Expected<void> HandOver(Environment& environment, const Grant& upper, const Grant& part) {
  store::Ledger& ledger = environment.ledger;
  const auto known = FindIn(ledger, upper, part);
  if (!known) return std::unexpected(known.error());
  Grant lower = part;
  if (*known && (*known)->node.file_id != lower.root_id) {
    // Another object took the place while it was part of `upper`, which has met that one.
    lower.root_id = (*known)->node.file_id;
    if (Expected<void> updated = ledger.UpdateGrant(lower); !updated) return updated;
  }
  const Expected<std::optional<store::Folder>> own = ledger.Root(lower.id);
  if (!own) return std::unexpected(own.error());
  const store::FolderId below = *known && (*known)->as_folder ? (*known)->as_folder->id : 0;
  if (Expected<void> moved = ledger.MoveChangesBelow(upper.id, lower.id, below, lower.root_id); !moved) return moved;
  // An index of its own is from the time before it was part of `upper`, which has no whole one yet.
  if (below != 0 && !*own)
    if (Expected<void> moved = ledger.MoveIndex(below, lower.id); !moved) return moved;
  const Expected<std::vector<Change>> live = ledger.LiveChangesOf(lower.root_id);
  if (!live) return std::unexpected(live.error());
  if (std::ranges::count(*live, lower.id, &Change::grant) == 0)
    if (Expected<void> recorded = InheritedRoot(environment, upper, lower).Record(*known); !recorded) return recorded;
  return ledger.SetGrantState(lower.id, GrantState::kScanning);
}

namespace {

class Beginning {
 public:
  explicit Beginning(Environment& environment) : environment_(environment), ledger_(environment.ledger) {}

  Expected<void> DropParts(std::span<const Grant> grants, std::span<const GrantId> ids) {
    for (const Grant& grant : grants) {
      if (!Contains(ids, grant.id)) continue;
      if (Expected<void> removed = RemoveHoldersOf(ledger_, grant.id); !removed) return removed;
      if (grant.state != GrantState::kPartOf) continue;
      if (Expected<void> dropped = DropPart(ledger_, grant); !dropped) return dropped;
    }
    return {};
  }

  Expected<void> Begin(const Grant& grant) {
    if (grant.state != GrantState::kRollingBack)
      if (Expected<void> parted = PartFrom(grant); !parted) return parted;
    return Go(grant);
  }

  Begun begun;

 private:
  // What is part of `upper` goes on by itself, or goes too.
  Expected<void> PartFrom(const Grant& upper) {
    const Expected<std::vector<Grant>> parts = PartsOf(ledger_, upper);
    if (!parts) return std::unexpected(parts.error());
    std::vector<Grant> going_on;
    for (const Grant& part : *parts) {
      const Expected<bool> held = IsHeld(ledger_, part.id);
      if (!held) return std::unexpected(held.error());
      const Expected<void> done = *held || part.is_permanent ? Wake(upper, part, going_on) : GoToo(upper, part);
      if (!done) return done;
    }
    return {};
  }

  Expected<void> Wake(const Grant& upper, Grant part, std::vector<Grant>& going_on) {
    const Expected<PathComponents> root = RootOf(part);
    if (!root) return std::unexpected(root.error());
    const Expected<const Grant*> owner = FindOwner(going_on, part, *root);
    if (!owner) return std::unexpected(owner.error());
    const Expected<bool> reached = *owner ? Reaches(environment_, **owner, *root, true) : false;
    if (reached && *reached) return {};  // Part of that one now.
    if (Expected<void> handed = HandOver(environment_, upper, part); !handed) return handed;
    part.state = GrantState::kScanning;
    begun.going_on.push_back(part.id);
    going_on.push_back(std::move(part));
    return {};
  }

  // Nobody wants it. If it has an index still, that one alone may know what was there before us.
  Expected<void> GoToo(const Grant& upper, const Grant& part) {
    const Expected<std::optional<store::Folder>> index = ledger_.Root(part.id);
    if (!index) return std::unexpected(index.error());
    if (!*index) return DropPart(ledger_, part);
    if (Expected<void> handed = HandOver(environment_, upper, part); !handed) return handed;
    return Go(part);
  }

  Expected<void> Go(Grant grant) {
    begun.going.push_back(grant.id);
    grant.state = GrantState::kRollingBack;
    grant.is_permanent = false;
    return ledger_.UpdateGrant(grant);
  }

  Environment& environment_;
  store::Ledger& ledger_;
};

}  // namespace

Expected<Begun> BeginRollback(Environment& environment, std::span<const GrantId> ids) {
  const Expected<std::vector<Grant>> grants = environment.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  Beginning beginning(environment);
  if (Expected<void> dropped = beginning.DropParts(*grants, ids); !dropped) return std::unexpected(dropped.error());
  for (const Grant& grant : *grants)
    if (Contains(ids, grant.id) && IsLive(grant))
      if (Expected<void> begun = beginning.Begin(grant); !begun) return std::unexpected(begun.error());
  return std::move(beginning.begun);
}

}  // namespace acledger::scanner
