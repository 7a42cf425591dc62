// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace acledger::daemon {

// Where to listen, and for whom.
struct ListenAt {
  // A socket's path or a pipe's name (`\\.\pipe\...`), UTF-8.
  std::string endpoint;
  // Windows: the descriptor of the pipe. Without an owner Administrators are, where the process is elevated, else its
  // user (other users' clients trust only SYSTEM and Administrators); empty: for this user, SYSTEM and Administrators.
  // Elsewhere the socket has mode 0600.
  std::string sddl{};
};

// What one client may take of the server. A client past a hard limit is told so by an error without an id (where it
// still reads) and closed; others do not notice.
struct ServerOptions {
  // One more takes the place of one that has not called yet; where all have, it is told "busy" and closed. One user
  // who is no administrator gets a quarter of them, and all users together leave an eighth to administrators.
  std::size_t clients = 64;
  // Of a line; hard.
  std::size_t message_bytes = 1 << 20;
  // Of a client: more are not begun until some are answered. A batch counts its calls, and is begun whole if one more
  // call may begin.
  std::size_t calls_in_flight = 32;
  // Answers that wait to be taken; hard, looked at before one more is queued, so that one large answer always fits.
  // From a quarter on, no call is begun. The answers of one batch have as much together; the rest are errors.
  std::size_t reply_bytes = 4 << 20;
  // Notifications that wait to be taken: past one of the two, the oldest are dropped, and
  // {"method": "missed", "params": {"count": N}} comes in their place.
  std::size_t notifications = 256;
  std::size_t notification_bytes = 1 << 20;
  // From the first byte of a line to its end; hard.
  std::chrono::milliseconds line_time{30'000};
  // In which a client takes some of what is written to it; hard.
  std::chrono::milliseconds write_time{30'000};
  // Nothing read or written and no call in flight; hard. 0: no limit.
  std::chrono::milliseconds idle_time{0};
};

// Numbers of a running server.
struct ServerCounters {
  std::size_t clients = 0;
  std::size_t buffered = 0;       // Bytes of all clients: unfinished lines, answers and notifications not yet taken.
  std::size_t peak_buffered = 0;  // The most that `buffered` has been.
  std::uint64_t calls = 0;
  std::uint64_t bad_requests = 0;
  std::uint64_t refused = 0;  // Clients and callers that were not served.
  std::uint64_t missed = 0;   // Notifications that were dropped.
};

}  // namespace acledger::daemon
