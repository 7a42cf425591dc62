// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/server/handler.h"
#include "daemon/server/options.h"

namespace acledger::daemon {

// Serves JSON-RPC 2.0, one message a line, to local clients (see message.h, options.h and Handler).
// Lives on the one thread that runs the io_context; only what says so may be called from others. What a client sends
// never disturbs another one, and what it leaves unread is bounded.
class Server {
 public:
  // Both must outlive the Server.
  Server(asio::io_context& io, Handler& handler, const ServerOptions& options = {});
  // As Close(). Replies that come later are dropped.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Begins to accept clients; may be called for several places. kBusy where a live server answers there already (a
  // socket that a dead one left is replaced); the place itself must be protected by the caller (a folder of mode 0700).
  Expected<void> Listen(const ListenAt& place);

  // Sends a notification to one client. Any thread, never waits. False if there is no such client (any more).
  bool Notify(ClientId client, std::string_view method, const Json& params);

  // Ends this client's connection, without telling it why. Gone() follows later.
  void Disconnect(ClientId client);

  // Stops listening and reading, and ends each connection when what was answered is written, but all of them after
  // `time`; then as Close(), and `done` is called.
  void Finish(std::chrono::milliseconds time, std::function<void()> done);

  // Stops listening and ends all connections at once; no method of the handler is called any more.
  void Close();

  // Any thread.
  ServerCounters Counters() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace acledger::daemon
