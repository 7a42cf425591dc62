// SPDX-License-Identifier: MIT
#include "daemon/service/system.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace acledger::daemon {

namespace {

// systemd wants the moment of a reload, so that it can tell this READY=1 from an older one: sd_notify(3).
std::string TextOf(Notice notice) {
  switch (notice) {
    case Notice::kReady:
      return "READY=1";
    case Notice::kReloading: {
      timespec now{};
      clock_gettime(CLOCK_MONOTONIC, &now);
      return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1'000);
    }
    case Notice::kStopping:
      break;
  }
  return "STOPPING=1";
}

}  // namespace

void GiveWayToOthers(bool gives_way) {
  constexpr int kProcess = 1, kNoClass = 0, kIdleClass = 3, kClassShift = 13;  // ioprio_set(2)
  // On Linux both count for the thread. The lowest: a client that wakes is on the processor before a scan of ours.
  // Where they are refused we are merely less, or more, polite.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), gives_way ? 19 : 0);
  (void)syscall(SYS_ioprio_set, kProcess, 0, (gives_way ? kIdleClass : kNoClass) << kClassShift);
}

void Notify(Notice notice) {
  const char* place = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (place == nullptr || std::strlen(place) >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, place, std::strlen(place));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // Linux' abstract namespace.
  const int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(place));
  const std::string text = TextOf(notice);
  // A manager that is not there any more is no reason to end.
  (void)sendto(socket_fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  close(socket_fd);
}

std::optional<int> ReloadSignal() { return SIGHUP; }

Expected<std::string> EndpointSddl(std::span<const security::Sid>) { return std::string(); }

}  // namespace acledger::daemon
