// SPDX-License-Identifier: MIT
#include "daemon/server/seats.h"

namespace acledger::daemon {

Expected<void> Seats::Take(const Caller& caller) {
  if (caller.is_admin) return {};
  const auto taken = taken_by_.find(caller.user);
  if (taken != taken_by_.end() && taken->second >= OfOneUser())
    return Fail(ErrorKind::kBusy, "connect",
                "this user has " + std::to_string(taken->second) + " connections already, which is the most for one");
  if (user_of_.size() >= OfUsers()) return Fail(ErrorKind::kBusy, "connect", "there are too many clients");
  user_of_.emplace(caller.client, caller.user);
  ++taken_by_[caller.user];
  return {};
}

void Seats::Leave(ClientId client) {
  const auto left = user_of_.find(client);
  if (left == user_of_.end()) return;
  const auto taken = taken_by_.find(left->second);
  if (--taken->second == 0) taken_by_.erase(taken);
  user_of_.erase(left);
}

}  // namespace acledger::daemon
