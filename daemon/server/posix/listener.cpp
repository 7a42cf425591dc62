// SPDX-License-Identifier: MIT
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>

#include "daemon/server/asio_stream.h"
#include "daemon/server/posix/stale_socket.h"

namespace acledger::daemon {
namespace {

using Protocol = asio::local::stream_protocol;

class SocketStream : public AsioStream<Protocol::socket> {
 public:
  using AsioStream::AsioStream;

  Expected<Caller> Identify() override {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(handle_.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
      return std::unexpected(posix::LastError("ask who calls"));
    Caller caller;
    if (peer.pid > 0) caller.process = static_cast<std::uint32_t>(peer.pid);
    caller.is_admin = peer.uid == 0 || peer.uid == geteuid();
    caller.user = std::to_string(peer.uid);
    return caller;
  }
};

class SocketListener : public Listener {
 public:
  SocketListener(Protocol::acceptor acceptor, std::string path, const struct stat& made)
      : acceptor_(std::move(acceptor)), path_(std::move(path)), made_(made) {}
  ~SocketListener() override { SocketListener::Close(); }

  void Accept(Accepted accepted) override {
    acceptor_.async_accept([accepted = std::move(accepted)](std::error_code error, Protocol::socket socket) mutable {
      if (!error) return accepted(std::make_unique<SocketStream>(std::move(socket)));
      accepted(Fail(ErrorKind::kIo, "accept a client", error.message(), static_cast<std::uint32_t>(error.value())));
    });
  }

  void Close() override {
    if (!acceptor_.is_open()) return;
    // Only what is still ours: another server may have taken the place.
    struct stat now{};
    if (lstat(path_.c_str(), &now) == 0 && now.st_dev == made_.st_dev && now.st_ino == made_.st_ino)
      unlink(path_.c_str());
    std::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  Protocol::acceptor acceptor_;
  std::string path_;
  struct stat made_;
};

// Nobody can connect before listen(), so there is no moment in which the mode is not yet right.
Expected<struct stat> BindAndListen(int socket, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat made{};
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(posix::LastError("bind a socket"));
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) return std::unexpected(posix::LastError("protect a socket"));
  if (lstat(path.c_str(), &made) != 0) return std::unexpected(posix::LastError("look at a socket"));
  if (listen(socket, SOMAXCONN) != 0) return std::unexpected(posix::LastError("listen"));
  return made;
}

}  // namespace

Expected<std::unique_ptr<Listener>> MakeListener(asio::io_context& io, const ListenAt& place) {
  const std::string& path = place.endpoint;
  const auto at = [&](Error error) { return std::unexpected(std::move(error).At(path)); };
  if (Expected<void> free = posix::RemoveStaleSocket(path); !free) return at(free.error());
  std::error_code error;
  Protocol::acceptor acceptor(io);
  acceptor.open(Protocol(), error);
  if (error)
    return at({ErrorKind::kIo, "make a socket", {}, static_cast<std::uint32_t>(error.value()), error.message()});
  Expected<struct stat> made = BindAndListen(acceptor.native_handle(), path);
  if (!made) return at(made.error());
  return std::make_unique<SocketListener>(std::move(acceptor), path, *made);
}

}  // namespace acledger::daemon
