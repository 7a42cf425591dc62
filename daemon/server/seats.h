// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>

#include "daemon/server/handler.h"

namespace acledger::daemon {

// Who of the users has how many of a server's places, so that none of them can have them all: one user gets a quarter,
// and all together leave an eighth to administrators. One thread.
class Seats {
 public:
  // Of so many places, with an administrator's among them.
  explicit Seats(std::size_t places) : places_(places) {}

  std::size_t OfOneUser() const { return std::max<std::size_t>(places_ / 4, 1); }
  std::size_t OfUsers() const { return std::max<std::size_t>(places_ - places_ / 8, 1); }

  // kBusy says whose limit it was; then the client has no seat. Administrators need none. Once for each client.
  Expected<void> Take(const Caller& caller);
  // Of a client without a seat: nothing.
  void Leave(ClientId client);

 private:
  const std::size_t places_;
  std::unordered_map<ClientId, std::string> user_of_;
  std::unordered_map<std::string, std::size_t> taken_by_;
};

}  // namespace acledger::daemon
