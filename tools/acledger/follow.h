// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "daemon/client/client.h"
#include "scanner/engine.h"
#include "tools/acledger/answer.h"

namespace acledger::tools {

// What the followed jobs came to, summed; `complete` of each report: all its jobs were done.
struct Followed {
  scanner::ProvisionReport provision;
  scanner::VerifyReport verify;
  scanner::RollbackReport rollback;
  std::vector<std::string> errors;  // Of jobs that could not go on (the daemon tries them again), or were cancelled.
  bool stopped = false;             // Ctrl-C: the daemon goes on.
};

// What to say of Followed::stopped.
inline constexpr char kDaemonGoesOn[] = "the daemon goes on; acledger status tells how far it is";

// Shows the progress of these grants on stderr until each has ended. The client is subscribed before the grants are
// queued, so that no end is missed, and its last call is the one that queued them: what was told before its answer is
// of earlier jobs.
Expected<Followed> Follow(daemon::Client& client, const Json& grants);

// Something that the daemon has begun for this client alone: its notifications carry its number as `name`, the last one
// is `end`.
struct Task {
  const char* name;  // "plan"
  const char* end;   // "planned"
};
// Calls `show` with each progress; gives what it came to.
Expected<Json> FollowTask(daemon::Client& client, const Task& task, std::uint64_t number,
                          const std::function<void(const Json&)>& show);
// A plan, with its progress on stderr.
Expected<Json> FollowPlan(daemon::Client& client, std::uint64_t plan);

}  // namespace acledger::tools
