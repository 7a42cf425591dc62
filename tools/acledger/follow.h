// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "daemon/client/client.h"
#include "tools/acledger/answer.h"

namespace acledger::tools {

// What the followed jobs came to, summed.
struct Followed {
  std::uint64_t changes = 0;
  std::uint64_t failures = 0;
  std::uint64_t remaining = 0;
  bool failed = false;
  bool stopped = false;  // Ctrl-C: the daemon goes on.
};

// Shows the progress of these grants on stderr until each has ended. The client is subscribed before the grants are
// queued, so that no end is missed.
Expected<Followed> Follow(daemon::Client& client, const Json& grants);

}  // namespace acledger::tools
