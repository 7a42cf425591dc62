// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "security/access_check.h"
#include "store/ledger.h"

namespace acledger::scanner {

// What the one who asked for a grant may do by itself, asked of each object that the grant is about to touch: nobody
// gets through us what the volume would refuse to him. For an administrator's grant the answer is always yes. The token
// is that of the request; no privileges count. Pure, any thread.
class RequesterCheck {
 public:
  explicit RequesterCheck(const std::optional<store::Requester>& requester);

  // Holds WRITE_DAC: may change who reads it. False for a descriptor that does not parse.
  bool MayWrite(security::Bytes descriptor) const;
  // May list the folder, or let itself.
  bool MayEnter(security::Bytes descriptor) const;

 private:
  bool Holds(security::Bytes descriptor, security::AccessMask right) const;

  std::optional<security::Token> token_;  // Empty: an administrator.
};

}  // namespace acledger::scanner
