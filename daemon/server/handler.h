// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/rpc/error_object.h"
#include "daemon/rpc/json.h"
#include "security/access_check.h"

namespace acledger::daemon {

// Numbers are never used again while the process runs.
using ClientId = std::uint64_t;

// Who calls, as the system says it (not as the client does). Taken once, when the client's first bytes arrive.
struct Caller {
  ClientId client = 0;
  std::optional<std::uint32_t> process{};  // May end, and its number be used again, at any time.
  bool is_admin = false;    // Unix: root or the server's own user. Windows: SYSTEM, or Administrators enabled.
  std::string user;         // The uid in decimal, or the user's SID.
  security::Token token{};  // Windows: for access checks on the caller's behalf. Elsewhere empty.
};

// Takes the answer of one call. Any thread, once; what comes later is ignored. If it goes without an answer, the client
// gets an internal error, so that no call waits for ever. May outlive client, server and io_context. The answer of a
// notification, or to a client that is gone, is dropped.
class Reply {
 public:
  using Deliver = std::move_only_function<void(Expected<Json>)>;

  explicit Reply(Deliver deliver) : deliver_(std::move(deliver)) {}
  Reply(Reply&& other) noexcept : deliver_(std::exchange(other.deliver_, nullptr)) {}
  Reply& operator=(Reply&& other) noexcept {
    std::swap(deliver_, other.deliver_);
    return *this;
  }
  ~Reply() {
    if (deliver_) (*this)(std::unexpected(ProtocolError(kInternalError, "the call was dropped without an answer")));
  }

  void operator()(Expected<Json> answer) {
    if (Deliver deliver = std::exchange(deliver_, nullptr)) deliver(std::move(answer));
  }

 private:
  Deliver deliver_;
};

// What stands behind a Server. Every method is called on the thread of the io_context, and must return soon: nobody is
// served meanwhile. They do not throw.
class Handler {
 public:
  virtual ~Handler() = default;

  // One call or notification (they look the same). `params` is an object or an array. Calls of one client begin in the
  // order in which they were sent; answers may be given in any order. For a method that does not exist:
  // reply(std::unexpected(MethodNotFound(method))); for bad parameters InvalidParams().
  virtual void Call(const Caller& caller, std::string method, Json params, Reply reply) = 0;

  // Once for each client that has called: its connection is over (a client that only stops sending counts as gone).
  virtual void Gone(ClientId client) = 0;

  // For the log: a caller that was refused, an instance that could not be made, a limit that ended a
  // connection. A client can cause many of them: write them down at a bounded rate.
  virtual void Trouble(const Error& error) = 0;
};

}  // namespace acledger::daemon
