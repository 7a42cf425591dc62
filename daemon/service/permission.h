// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "daemon/answers/viewer.h"
#include "daemon/server/handler.h"
#include "scanner/registration.h"
#include "store/config.h"

namespace acledger::daemon {

// Who may call a method. What a user gets from one that is for everybody is filtered: see Viewer.
enum class Audience : std::uint8_t {
  kEverybody,
  kUsersOwn,  // A user about grants that he asked for; an administrator about all.
  kAdministrators,
};

// False where it is none of `grants`, unless an administrator asks.
bool OwnsGrant(const Viewer& viewer, std::span<const store::Grant> grants, store::GrantId id);

// Several users, none of whom learns or changes what only another may: the gate before every method, and what a user's
// request is held to. Thread of the service.
class Permission {
 public:
  // Principals that a user may have granted are those of SetPrincipals() and of the ledger's setting
  // "principals.<user>" (SIDs, separated by spaces), which the set-up writes. `ledger` must outlive it.
  explicit Permission(store::Ledger& ledger) : ledger_(ledger) {}
  // [users] of acledger.toml.
  void SetPrincipals(store::UserPrincipals principals) { principals_ = std::move(principals); }

  // For a method without a line of its own: kAdministrators.
  static Audience AudienceOf(std::string_view method);

  // kDenied for who may not call it, and for a caller whose token contradicts what is said of him.
  static Expected<void> MayCall(const Caller& caller, std::string_view method);

  // Principals of grants are sandboxes: what runs under their SIDs is none of the daemon's clients. Any thread.
  void KnowSandbox(const security::Sid& principal);
  // kDenied for a user whose token holds one of them.
  Expected<void> MayCallFrom(const Caller& caller) const;

  static Viewer ViewerOf(const Caller& caller);

  // Takes a request for access in: an administrator's as it is; a user's with his token, by which each object is
  // checked, and only for a principal that is his (kDenied). For every method that grants or acquires.
  Expected<void> Admit(const Caller& caller, scanner::GrantRequest& request) const;

  // Whether a notification is for this viewer: one about a grant (its "grant") of his own; else for administrators.
  bool MayHear(const Viewer& viewer, const Json& notification) const;

 private:
  Expected<bool> IsPrincipalOf(const std::string& user, const security::Sid& principal) const;

  store::Ledger& ledger_;
  store::UserPrincipals principals_;
  mutable std::mutex mutex_;
  std::vector<security::Sid> sandboxes_;  // Few: one for each user.
};

}  // namespace acledger::daemon
