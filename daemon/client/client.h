// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/client/connection.h"
#include "daemon/rpc/line_buffer.h"
#include "daemon/rpc/message.h"

namespace acledger::daemon {

// One connection to the daemon that waits for its answers. One thread at a time; move-only. After an error that is not
// an answer of the server (IsBroken()) the connection is of no use any more: connect again.
class Client {
 public:
  using Duration = std::chrono::milliseconds;

  // kNotFound where no server listens, kDenied where its owner is neither privileged nor oneself (see connection.h) or
  // we may not connect, kBusy if the time is over.
  static Expected<Client> Connect(const std::string& endpoint, Duration timeout);

  // What the method answers. kBusy if the time is over: the answer is then dropped when it comes. Notifications that
  // arrive meanwhile wait for NextNotification(), at most kMaxWaiting of them; Missed() counts the others.
  Expected<Json> Call(std::string_view method, const Json& params, Duration timeout);
  Expected<Notification> NextNotification(Duration timeout);
  // Forgets those that wait: all of them were told before the last answer.
  void DropWaiting() { waiting_.clear(); }

  // A call without an answer.
  Expected<void> Notify(std::string_view method, const Json& params, Duration timeout);

  std::uint64_t Missed() const { return missed_; }
  bool IsBroken() const { return is_broken_; }

  static constexpr std::size_t kMaxWaiting = 1024;
  static constexpr std::size_t kMaxLine = 64 << 20;

 private:
  explicit Client(std::unique_ptr<Connection> connection);
  Expected<void> Send(std::string line, Deadline deadline);
  Expected<ServerMessage> Receive(Deadline deadline);
  void Keep(Notification notification);
  std::unexpected<Error> Break(Error error);

  std::unique_ptr<Connection> connection_;
  LineBuffer lines_{kMaxLine};
  std::deque<Notification> waiting_;
  std::uint64_t last_id_ = 0;
  std::uint64_t missed_ = 0;
  bool is_broken_ = false;
};

}  // namespace acledger::daemon
