// SPDX-License-Identifier: MIT
#include "bench/echo_server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace acledger::bench {
namespace {

void Echo(int client) {
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(client, buffer, sizeof buffer);
    if (size <= 0 || ::write(client, buffer, static_cast<std::size_t>(size)) != size) break;
  }
  ::close(client);
}

}  // namespace

bool ServeEcho(const std::string& endpoint) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, endpoint.c_str(), endpoint.size() + 1);
  ::unlink(endpoint.c_str());
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0)
    return false;
  for (;;) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client >= 0) std::thread(Echo, client).detach();
  }
}

}  // namespace acledger::bench
