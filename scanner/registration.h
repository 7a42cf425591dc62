// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scanner/session.h"

namespace acledger::scanner {

// What a user asks for; one grant for each root.
struct GrantRequest {
  security::Sid principal;
  bool principal_is_ours = false;
  security::AccessMask mask = security::kFileReadAndExecute;
  std::vector<std::string> roots;
  store::ProtectedPolicy protected_policy = store::ProtectedPolicy::kReport;
  store::Rules rules;
  std::vector<security::Sid> token_sids;
  bool machine_sid_final = false;  // The image's machine SID will not change any more: its accounts may be principals.
  bool is_permanent = true;        // Else for as long as somebody holds it.
  bool ends_rollback = false;      // A grant on its way back is wanted again; else that is finished first (kBusy).
};

// What a root came to.
struct Registration {
  store::Grant grant;      // The one with this root; where it only were part of a permanent one, that.
  store::Grant worked_on;  // What is to be provisioned for it: the same, or the one that it is part of.
};

// Why nothing is granted to this SID, or with this mask, for a person; nothing if it may be. The mask may hold generic
// rights.
std::optional<std::string> RefusedPrincipal(const security::Sid& principal);
std::optional<std::string> RefusedMask(security::AccessMask mask);

// Looks at the principal beside the volume: kInvalid for an account of an image whose machine SID is yet to change.
// After a lost ledger a SID that stands for nobody else is known to be ours.
Expected<void> CheckPrincipal(Environment& environment, GrantRequest& request);

// Checks one root of a request against the volume and keeps it as a grant: a new one, the one of the same principal,
// mask and root (with its policy brought up to date by a permanent request), or part of one above (said in `notes`).
// Another mask is another grant. See handover.h. Inside a ledger transaction. Errors: kInvalid for a place that is
// never granted, kUnsupported for a reparse point, kBusy while it is being rolled back, and what opening the root
// gives.
Expected<Registration> RegisterRoot(Environment& environment, const GrantRequest& request, const PathComponents& typed,
                                    std::vector<std::string>& notes);

}  // namespace acledger::scanner
