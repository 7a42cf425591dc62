// SPDX-License-Identifier: MIT
#include "daemon/service/system.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace acledger::daemon {

void GiveWayToOthers() {
  constexpr int kProcess = 1, kIdleClass = 3, kClassShift = 13;  // ioprio_set(2)
  // On Linux both count for the thread. Where they are refused we are merely less polite.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10);
  (void)syscall(SYS_ioprio_set, kProcess, 0, kIdleClass << kClassShift);
}

void NotifyReady() {
  const char* place = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (place == nullptr || std::strlen(place) >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, place, std::strlen(place));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // Linux' abstract namespace.
  const int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(place));
  constexpr char kReady[] = "READY=1";
  (void)sendto(socket_fd, kReady, sizeof(kReady) - 1, MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  close(socket_fd);
}

std::string EndpointSddl() { return {}; }

}  // namespace acledger::daemon
