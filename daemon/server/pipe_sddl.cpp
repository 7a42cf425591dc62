// SPDX-License-Identifier: MIT
#include "daemon/server/pipe_sddl.h"

namespace acledger::daemon {

// Denials first: the first entry that tells of a right decides. An un-elevated daemon has none of the privileged
// groups, and must be able to make the next instance of its own pipe.
std::string PipeSddl(const std::string& own_user, std::span<const security::Sid> sandboxes) {
  std::string text = "D:P";
  for (const security::Sid& sandbox : sandboxes)
    if (sandbox.ToString() != own_user) text += "(D;;FA;;;" + sandbox.ToString() + ")";
  return text + "(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + own_user + ")(A;;0x12019b;;;IU)";
}

}  // namespace acledger::daemon
