// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>

#include "scanner/registration.h"

namespace acledger::scanner {

// What a request of somebody who is no administrator (GrantRequest::requester) has to hold to, beside what holds for
// everybody. The daemon says which principals are his.

// Grants that one user may have at a time.
inline constexpr std::size_t kMostGrantsAUser = 64;

// Why such a request is refused whatever its root is, for a person; nothing if it may be made: what an administrator
// leaves out stays left out, and only he knows whether a SID stands for nobody else.
std::optional<std::string> RefusedToUsers(const GrantRequest& request);

// kDenied unless the requester may change the permissions of the root himself. The same error, word for word, where
// there is no such object: the answer tells nothing about places that he cannot see.
Expected<void> CheckRequestedRoot(Volume& volume, const store::Requester& requester, const PathComponents& typed);

// For a user: kDenied where a grant of the same principal that is not his reaches the root, or lies below it: nobody
// widens or takes over another one's grant. Also where he has too many. For an administrator: kMismatch where the root
// lies below what a user asked for, since as a part of that it would be checked by the user's rights.
Expected<void> CheckOthersGrants(const store::Grant& wanted, const PathComponents& root,
                                 std::span<const store::Grant> grants);

// Whether both are checked by the same token: the same user with the same groups, or both administrators.
bool SameRights(const std::optional<store::Requester>& left, const std::optional<store::Requester>& right);

}  // namespace acledger::scanner
