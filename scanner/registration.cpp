// SPDX-License-Identifier: MIT
#include "scanner/registration.h"

#include <algorithm>

#include "scanner/machine_sids.h"
#include "scanner/opener.h"
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
         a.principal_is_ours == b.principal_is_ours;
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
  const Expected<std::vector<std::string>> ssh_places = SshPlaces(environment.volume, root.path, notes);
  if (!ssh_places) return std::unexpected(ssh_places.error());
  wanted.rules.sensitive_paths.insert(wanted.rules.sensitive_paths.end(), ssh_places->begin(), ssh_places->end());
  return wanted;
}

// The same principal and root: one grant, as the newest request wants it.
Expected<Grant> BringUpToDate(store::Ledger& ledger, const Grant& grant, Grant wanted) {
  if (grant.mask != wanted.mask)
    return std::unexpected(Error{ErrorKind::kMismatch, "grant", wanted.root, 0,
                                 "it is granted already with another mask: roll it back first"});
  // Said once, or found to be so after a lost ledger: a later request that does not say it takes nothing back.
  wanted.principal_is_ours = wanted.principal_is_ours || grant.principal_is_ours;
  wanted.id = grant.id;
  wanted.root = grant.root;
  wanted.state = grant.state;
  // A folder that was replaced by another one of the same name is indexed anew.
  if (SamePolicy(grant, wanted) && grant.root_id == wanted.root_id) return wanted;
  wanted.state = GrantState::kScanning;
  if (Expected<void> updated = ledger.UpdateGrant(wanted); !updated) return std::unexpected(updated.error());
  return wanted;
}

// Below a grant of the same principal and mask, which reaches it: part of that one.
Expected<bool> IsPartOf(const Grant& grant, const PathComponents& grant_root, const Grant& wanted, const Root& root) {
  if (grant.mask != wanted.mask) return false;
  const Expected<Policy> policy = Policy::Of(grant_root, grant.rules);
  if (!policy) return std::unexpected(policy.error());
  return policy->ExcludedAnywhere(root.path, root.info.IsFolder()) == Exclusion::kNone;
}

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

Expected<Grant> RegisterRoot(Environment& environment, const GrantRequest& request, const PathComponents& typed,
                             std::vector<std::string>& notes) {
  const Expected<Root> root = OpenRoot(environment, request, typed);
  if (!root) return std::unexpected(root.error());
  Expected<Grant> wanted = Wish(environment, request, *root, notes);
  if (!wanted) return wanted;
  const Expected<std::vector<Grant>> grants = environment.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const Grant& grant : *grants) {
    if (grant.principal != wanted->principal) continue;
    const Expected<ParsedPath> other = ParsePath(grant.root);
    if (!other) return std::unexpected(other.error());
    if (!IsAtOrBelow(root->path, other->components)) continue;
    if (grant.state == GrantState::kRollingBack)
      return std::unexpected(
          Error{ErrorKind::kBusy, "grant", wanted->root, 0,
                grant.root + " is being rolled back: finish that first (acledger rollback --root " + grant.root + ")"});
    if (root->path.size() == other->components.size())
      return BringUpToDate(environment.ledger, grant, std::move(*wanted));
    const Expected<bool> is_part = IsPartOf(grant, other->components, *wanted, *root);
    if (!is_part) return std::unexpected(is_part.error());
    if (!*is_part) continue;
    notes.push_back(wanted->root + " lies below " + grant.root + " and is part of that grant");
    return grant;
  }
  const Expected<store::GrantId> id = environment.ledger.AddGrant(*wanted);
  if (!id) return std::unexpected(id.error());
  wanted->id = *id;
  return wanted;
}

}  // namespace acledger::scanner
