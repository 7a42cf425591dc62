// SPDX-License-Identifier: MIT
#pragma once

#include "security/access_check.h"
#include "security/descriptor.h"
#include "store/ledger.h"

namespace acledger::scanner {

// What one descriptor, taken without our entries, means for one grant. Equal bytes give equal facts.
struct Facts {
  bool valid = false;         // Parses.
  bool readable = false;      // Grants the whole mask without us.
  bool null_dacl = false;     // Open to all; never edited.
  bool empty_dacl = false;    // Denies all; edited only like a protected one.
  bool is_protected = false;  // Inheritance from above is cut.
  bool denied = false;        // A deny entry for one of the token's SIDs speaks of a missing right: never overridden.
  bool blocked_by_label = false;  // A mandatory label refuses what no entry could give.
};

// Judges descriptors for one grant: pure, no caching, any thread.
class Judge {
 public:
  explicit Judge(const store::Grant& grant);

  Facts Look(security::Bytes descriptor) const;
  // The mask is granted in full (our entries counted).
  bool Grants(security::Bytes descriptor) const;

  const security::Token& Token() const { return token_; }

 private:
  bool HasRelevantDeny(const security::DescriptorView& view, security::AccessMask missing) const;

  security::Token token_;
  security::AccessMask mask_;
};

// The SIDs that every interactive sandbox token holds beside its own: Everyone, Authenticated Users, Users,
// INTERACTIVE, LOCAL, Local account.
const std::vector<security::Sid>& UsualTokenSids();

}  // namespace acledger::scanner
