// SPDX-License-Identifier: MIT
#include "scanner/registration.h"

#include <algorithm>

#include "scanner/handover.h"
#include "scanner/machine_sids.h"
#include "scanner/opener.h"
#include "scanner/request_rules.h"
#include "scanner/ssh_places.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Grant;
using store::GrantState;

namespace {

struct Root {
  PathComponents path;
  ObjectInfo info;
};

bool SamePolicy(const Grant& a, const Grant& b) {
  return a.protected_policy == b.protected_policy && a.rules == b.rules && a.token_sids == b.token_sids &&
         a.principal_is_ours == b.principal_is_ours && SameRights(a.requester, b.requester);
}

Expected<Root> OpenRoot(Environment& environment, const GrantRequest& request, const PathComponents& typed) {
  Expected<PathComponents> stored = StoredNames(environment.volume, typed);
  if (!stored) return std::unexpected(stored.error());
  const std::string path = FormatPath(*stored);
  const Expected<Policy::Options> options = Policy::OptionsOf(request.rules);
  if (!options) return std::unexpected(options.error());
  if (const auto refused = Policy::RefusedRoot(*stored, environment.volume.Info().is_image, *options))
    return std::unexpected(Error{ErrorKind::kInvalid, "grant", path, 0, *refused});
  const Expected<std::unique_ptr<Object>> object = OpenPath(environment.volume, *stored, Access::kRead);
  if (!object) return std::unexpected(Error(object.error()).At(path));
  const Expected<ObjectInfo> info = (*object)->Info();
  if (!info) return std::unexpected(Error(info.error()).At(path));
  if (info->IsReparsePoint())
    return std::unexpected(Error{ErrorKind::kUnsupported, "grant", path, 0, "a reparse point is never followed"});
  return Root{std::move(*stored), *info};
}

Expected<Grant> Wish(Environment& environment, const GrantRequest& request, const Root& root,
                     std::vector<std::string>& notes) {
  Grant wanted;
  wanted.principal = request.principal;
  wanted.principal_is_ours = request.principal_is_ours;
  wanted.mask = request.mask;
  wanted.root = FormatPath(root.path);
  wanted.root_id = root.info.id;
  wanted.protected_policy = request.protected_policy;
  wanted.rules = request.rules;
  wanted.token_sids = request.token_sids;
  wanted.is_permanent = request.is_permanent;
  wanted.requester = request.requester;
  const Expected<std::vector<std::string>> ssh_places = SshPlaces(environment.volume, root.path, notes);
  if (!ssh_places) return std::unexpected(ssh_places.error());
  wanted.rules.sensitive_paths.insert(wanted.rules.sensitive_paths.end(), ssh_places->begin(), ssh_places->end());
  return wanted;
}

std::unexpected<Error> StillGoing(const Grant& wanted, const Grant& going) {
  return std::unexpected(
      Error{ErrorKind::kBusy, "grant", wanted.root, 0,
            going.root + " is being rolled back: finish that first (acledger rollback --root " + going.root + ")"});
}

// The same principal, mask and root: one grant, as the newest permanent request wants it.
Expected<Grant> BringUpToDate(store::Ledger& ledger, const Grant& grant, Grant wanted) {
  if (!wanted.is_permanent) return grant;  // Who holds it for a while changes nothing for the others.
  // Said once, or found to be so after a lost ledger: a later request that does not say it takes nothing back.
  wanted.principal_is_ours = wanted.principal_is_ours || grant.principal_is_ours;
  wanted.id = grant.id;
  wanted.root = grant.root;
  wanted.state = grant.state;
  wanted.is_stale = grant.is_stale;
  if (SameRights(grant.requester, wanted.requester)) wanted.requester = grant.requester;
  const bool same = SamePolicy(grant, wanted) && grant.root_id == wanted.root_id;
  if (same && grant.is_permanent) return wanted;
  // A folder that was replaced by another one of the same name is indexed anew.
  if (!same && grant.state != GrantState::kPartOf) wanted.state = GrantState::kScanning;
  if (Expected<void> updated = ledger.UpdateGrant(wanted); !updated) return std::unexpected(updated.error());
  return wanted;
}

// One root on its way into the ledger.
class Registrar {
 public:
  Registrar(Environment& environment, const GrantRequest& request, const Root& root, std::vector<std::string>& notes)
      : environment_(environment), request_(request), root_(root), notes_(notes) {}

  Expected<Registration> Register(Grant wanted, std::span<const Grant> grants) {
    const Expected<const Grant*> owner = OwnerOf(wanted, grants);
    if (!owner) return std::unexpected(owner.error());
    if (const Grant* same = Same(wanted, grants)) return Again(*same, *owner, std::move(wanted), grants);
    if (*owner && (*owner)->state == GrantState::kRollingBack && !request_.ends_rollback)
      return StillGoing(wanted, **owner);
    if (*owner && (*owner)->state != GrantState::kRollingBack) return AsPart(**owner, std::move(wanted));
    if (Expected<void> added = Add(wanted); !added) return std::unexpected(added.error());
    if (*owner) {
      if (Expected<void> handed = HandOver(environment_, **owner, wanted); !handed)
        return std::unexpected(handed.error());
    }
    if (Expected<void> taken = TakeOverAllBelow(environment_, wanted); !taken) return std::unexpected(taken.error());
    return Registration{wanted, wanted};
  }

 private:
  const Grant* Same(const Grant& wanted, std::span<const Grant> grants) const {
    for (const Grant& grant : grants) {
      const Expected<ParsedPath> other = ParsePath(grant.root);
      if (other && IsSameLayer(grant, wanted) && SamePath(root_.path, other->components)) return &grant;
    }
    return nullptr;
  }

  // The live grant above that reaches the root.
  Expected<const Grant*> OwnerOf(const Grant& wanted, std::span<const Grant> grants) {
    const Expected<const Grant*> owner = FindOwner(grants, wanted, root_.path);
    if (!owner || !*owner) return owner;
    const Expected<bool> reached = Reaches(environment_, **owner, root_.path, root_.info.IsFolder());
    if (!reached) return std::unexpected(reached.error());
    return *reached ? *owner : nullptr;
  }

  Expected<Registration> Again(const Grant& same, const Grant* owner, Grant wanted, std::span<const Grant> grants) {
    Grant grant = same;
    if (same.state == GrantState::kRollingBack) {
      if (!request_.ends_rollback) return StillGoing(wanted, same);
      grant.state = GrantState::kScanning;
      grant.is_permanent = wanted.is_permanent;
      if (Expected<void> updated = environment_.ledger.UpdateGrant(grant); !updated)
        return std::unexpected(updated.error());
      if (Expected<void> anew = ScanAnew(environment_.ledger, grant.id); !anew) return std::unexpected(anew.error());
    }
    Expected<Grant> kept = BringUpToDate(environment_.ledger, grant, std::move(wanted));
    if (!kept) return std::unexpected(kept.error());
    if (same.state == GrantState::kPartOf && owner) return Registration{*kept, *owner};
    if (same.state == GrantState::kPartOf)
      if (Expected<void> parted = PartFromOwner(*kept, grants); !parted) return std::unexpected(parted.error());
    if (same.state == GrantState::kRollingBack)
      if (Expected<void> taken = TakeOverAllBelow(environment_, *kept); !taken) return std::unexpected(taken.error());
    return Registration{*kept, *kept};
  }

  // The one above leaves the root out by now.
  Expected<void> PartFromOwner(Grant& part, std::span<const Grant> grants) {
    const Expected<const Grant*> owner = FindOwner(grants, part, root_.path);
    if (!owner) return std::unexpected(owner.error());
    part.state = GrantState::kScanning;
    return *owner ? HandOver(environment_, **owner, part) : environment_.ledger.SetGrantState(part.id, part.state);
  }

  Expected<Registration> AsPart(const Grant& owner, Grant wanted) {
    notes_.push_back(wanted.root + " lies below " + owner.root + " and is part of that grant");
    if (wanted.is_permanent && owner.is_permanent) return Registration{owner, owner};
    wanted.state = GrantState::kPartOf;
    if (Expected<void> added = Add(wanted); !added) return std::unexpected(added.error());
    return Registration{wanted, owner};
  }

  Expected<void> Add(Grant& wanted) {
    const Expected<store::GrantId> id = environment_.ledger.AddGrant(wanted);
    if (!id) return std::unexpected(id.error());
    wanted.id = *id;
    return {};
  }

  Environment& environment_;
  const GrantRequest& request_;
  const Root& root_;
  std::vector<std::string>& notes_;
};

}  // namespace

std::optional<std::string> RefusedPrincipal(const security::Sid& principal) {
  using security::Sid;
  // Entries for these would open the files to people, not to a sandbox.
  for (const Sid& broad : {Sid::Everyone(), Sid::AuthenticatedUsers(), Sid::Users(), Sid::Interactive(), Sid::Local(),
                           Sid::LocalAccount(), Sid::CreatorOwner(), Sid::CreatorGroup(), Sid::OwnerRights(), Sid()})
    if (principal == broad) return "stands for many people: a grant is for a sandbox's own SID";
  return std::nullopt;
}

std::optional<std::string> RefusedMask(security::AccessMask mask) {
  constexpr security::AccessMask kGrantable =
      security::kFileAllAccess & ~(security::kWriteDac | security::kWriteOwner | security::kFileDeleteChild);
  const security::AccessMask rights = security::kFileMapping.Map(mask);
  if (rights != 0 && (rights & ~kGrantable) == 0) return std::nullopt;
  return "rights on a file, without WRITE_DAC, WRITE_OWNER and FILE_DELETE_CHILD, which no grant gives";
}

Expected<void> CheckPrincipal(Environment& environment, GrantRequest& request) {
  const security::Sid& principal = request.principal;
  if (environment.ledger.ReplacesDamaged() && (principal.IsMachineRelative() || principal.Authority() != 5))
    request.principal_is_ours = true;
  // Generalising an image changes its own machine SID: entries for its accounts would then mean nobody.
  if (!environment.volume.Info().is_image || request.machine_sid_final || !principal.IsMachineRelative()) return {};
  const Expected<std::vector<security::Sid>> machine = MachineSids(environment.volume);
  if (!machine) return std::unexpected(machine.error());
  if (std::ranges::none_of(*machine, [&](const security::Sid& sid) { return sid.SameDomain(principal); })) return {};
  return Fail(ErrorKind::kInvalid, "grant to " + principal.ToString(),
              "it belongs to the image's own machine SID, which generalising the image changes: use a synthetic SID, "
              "or say --machine-sid-final if it stays");
}

Expected<Registration> RegisterRoot(Environment& environment, const GrantRequest& request, const PathComponents& typed,
                                    std::vector<std::string>& notes) {
  if (request.requester)
    if (Expected<void> may = CheckRequestedRoot(environment.volume, *request.requester, typed); !may)
      return std::unexpected(may.error());
  const Expected<Root> root = OpenRoot(environment, request, typed);
  if (!root) return std::unexpected(root.error());
  Expected<Grant> wanted = Wish(environment, request, *root, notes);
  if (!wanted) return std::unexpected(wanted.error());
  const Expected<std::vector<Grant>> grants = environment.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  if (Expected<void> free = CheckOthersGrants(*wanted, root->path, *grants); !free)
    return std::unexpected(free.error());
  return Registrar(environment, request, *root, notes).Register(*std::move(wanted), *grants);
}

}  // namespace acledger::scanner
