// SPDX-License-Identifier: MIT
#include "daemon/client/connection.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace acledger::daemon {
namespace {

std::unexpected<Error> Failed(const char* operation, int code) {
  ErrorKind kind = ErrorKind::kIo;
  if (code == ENOENT || code == ECONNREFUSED || code == EPIPE || code == ECONNRESET) kind = ErrorKind::kNotFound;
  if (code == EACCES || code == EPERM) kind = ErrorKind::kDenied;
  if (code == ETIMEDOUT) kind = ErrorKind::kBusy;
  return Fail(kind, operation, std::generic_category().message(code), static_cast<std::uint32_t>(code));
}

class Socket : public Connection {
 public:
  explicit Socket(int handle) : handle_(handle) {}
  ~Socket() override { close(handle_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Expected<void> Open(const sockaddr_un& address, Deadline deadline);
  Expected<void> Write(std::string_view bytes, Deadline deadline) override;
  Expected<std::size_t> Read(std::span<char> into, Deadline deadline) override;
  Expected<void> CheckServer() override;

 private:
  // 0, or errno: ETIMEDOUT at the deadline.
  int WaitFor(short events, Deadline deadline);

  int handle_;
};

int Socket::WaitFor(short events, Deadline deadline) {
  using std::chrono::milliseconds;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd wanted{handle_, events, 0};
    const int ready = poll(&wanted, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
    if (ready == 0 && left <= 0) return ETIMEDOUT;
  }
}

// A Unix socket connects at once, unless the queue of the server is full: then nothing tells when it has room.
Expected<void> Socket::Open(const sockaddr_un& address, Deadline deadline) {
  while (connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int code = errno;
    if (code != EAGAIN && code != EINTR) return Failed("connect", code);
    if (std::chrono::steady_clock::now() >= deadline) return Failed("connect", ETIMEDOUT);
    poll(nullptr, 0, 10);
  }
  return {};
}

Expected<void> Socket::Write(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t size = send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
      continue;
    }
    int code = errno;
    if (code == EAGAIN) code = WaitFor(POLLOUT, deadline);
    if (code != 0 && code != EINTR) return Failed("write to the server", code);
  }
  return {};
}

Expected<std::size_t> Socket::Read(std::span<char> into, Deadline deadline) {
  while (true) {
    const ssize_t size = recv(handle_, into.data(), into.size(), 0);
    if (size >= 0) return static_cast<std::size_t>(size);
    int code = errno;
    if (code == EAGAIN) code = WaitFor(POLLIN, deadline);
    if (code != 0 && code != EINTR) return Failed("read from the server", code);
  }
}

// The kernel keeps who called listen().
Expected<void> Socket::CheckServer() {
  ucred server{};
  socklen_t size = sizeof server;
  if (getsockopt(handle_, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0) return Failed("ask who serves", errno);
  if (server.uid == 0 || server.uid == geteuid()) return {};
  return Fail(ErrorKind::kDenied, "trust the server", "it runs as user " + std::to_string(server.uid));
}

}  // namespace

Expected<std::unique_ptr<Connection>> OpenConnection(const std::string& endpoint, Deadline deadline) {
  sockaddr_un address{};
  if (endpoint.empty() || endpoint.size() >= sizeof address.sun_path)
    return Fail(ErrorKind::kInvalid, "connect", "a socket's path must have 1 to 107 bytes");
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, endpoint.data(), endpoint.size());
  const int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (handle < 0) return Failed("make a socket", errno);
  auto connection = std::make_unique<Socket>(handle);
  if (Expected<void> opened = connection->Open(address, deadline); !opened)
    return std::unexpected(std::move(opened.error()));
  return connection;
}

}  // namespace acledger::daemon
