// SPDX-License-Identifier: MIT
#include "scanner/request_rules.h"

#include <algorithm>

#include "scanner/opener.h"

namespace acledger::scanner {

using store::Grant;

namespace {

bool MayWritePath(Volume& volume, const store::Requester& requester, const PathComponents& typed) {
  const Expected<PathComponents> stored = StoredNames(volume, typed);
  if (!stored) return false;
  const Expected<std::unique_ptr<Object>> object = OpenPath(volume, *stored, Access::kRead);
  security::DescriptorBytes bytes;
  return object && (*object)->ReadDescriptor(bytes) && RequesterCheck(requester).MayWrite(bytes);
}

bool IsSameUsers(const Grant& grant, const store::Requester& requester) {
  return grant.requester && grant.requester->user == requester.user;
}

// `grant` is somebody else's, of the same principal.
Expected<void> CheckAgainst(const Grant& grant, const PathComponents& its_root, const Grant& wanted,
                            const PathComponents& root) {
  const auto refuse = [&wanted](ErrorKind kind, std::string reason) {
    return std::unexpected(Error{kind, "grant", wanted.root, 0, std::move(reason)});
  };
  if (wanted.requester) {
    if (!IsAtOrBelow(root, its_root) && !IsAtOrBelow(its_root, root)) return {};
    return refuse(ErrorKind::kDenied, std::string(grant.requester ? "another user" : "an administrator") +
                                          " has a grant of this principal here: it is not yours to change");
  }
  if (!grant.requester || !IsAtOrBelow(root, its_root) || SamePath(root, its_root)) return {};
  return refuse(ErrorKind::kMismatch, "it lies below " + grant.root + ", which the user " + grant.requester->user +
                                          " asked for: provision that root to take it over, or roll it back first");
}

}  // namespace

std::optional<std::string> RefusedToUsers(const GrantRequest& request) {
  if (request.principal_is_ours) return "only an administrator can say that a principal is nobody else's";
  if (!request.rules.sensitive_names.empty() || !request.rules.appdata_allowed.empty())
    return "only an administrator can replace the lists of what is left out";
  return std::nullopt;
}

Expected<void> CheckRequestedRoot(Volume& volume, const store::Requester& requester, const PathComponents& typed) {
  if (MayWritePath(volume, requester, typed)) return {};
  return std::unexpected(Error{ErrorKind::kDenied, "grant", FormatPath(typed), 0,
                               "it does not exist, or you may not change its permissions yourself"});
}

Expected<void> CheckOthersGrants(const Grant& wanted, const PathComponents& root, std::span<const Grant> grants) {
  std::size_t own = 0;
  for (const Grant& grant : grants) {
    const bool is_own = wanted.requester && IsSameUsers(grant, *wanted.requester);
    own += is_own;
    if (is_own || grant.principal != wanted.principal) continue;
    const Expected<ParsedPath> other = ParsePath(grant.root);
    if (!other) return std::unexpected(other.error());
    if (auto free = CheckAgainst(grant, other->components, wanted, root); !free) return free;
  }
  if (own < kMostGrantsAUser) return {};
  return std::unexpected(
      Error{ErrorKind::kDenied, "grant", wanted.root, 0,
            "you have " + std::to_string(own) + " grants already, which is the most: roll one back first"});
}

bool SameRights(const std::optional<store::Requester>& left, const std::optional<store::Requester>& right) {
  if (!left || !right) return !left && !right;
  return left->user == right->user && left->sids == right->sids && left->deny_only == right->deny_only;
}

}  // namespace acledger::scanner
