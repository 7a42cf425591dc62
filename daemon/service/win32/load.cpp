// SPDX-License-Identifier: MIT
#include "daemon/service/load.h"

#include <windows.h>

#include "security/win32/system_error.h"

namespace acledger::daemon {
namespace {

std::chrono::nanoseconds FromFileTime(const FILETIME& time) {
  const std::uint64_t units = static_cast<std::uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
  return std::chrono::nanoseconds(units * 100);
}

class WindowsLoad final : public LoadSource {
 public:
  Expected<LoadSample> Sample() override;
  Expected<bool> SavesEnergy() override;
};

Expected<LoadSample> WindowsLoad::Sample() {
  FILETIME idle{}, kernel{}, user{};  // The kernel's time includes the idle one.
  if (!GetSystemTimes(&idle, &kernel, &user)) return std::unexpected(win32::LastError("read the load"));
  FILETIME begun{}, ended{}, own_kernel{}, own_user{};
  if (!GetProcessTimes(GetCurrentProcess(), &begun, &ended, &own_kernel, &own_user))
    return std::unexpected(win32::LastError("read the own processor time"));
  LoadSample sample;
  sample.capacity = FromFileTime(kernel) + FromFileTime(user);
  sample.busy = sample.capacity - FromFileTime(idle);
  sample.own = FromFileTime(own_kernel) + FromFileTime(own_user);
  return sample;
}

Expected<bool> WindowsLoad::SavesEnergy() {
  SYSTEM_POWER_STATUS status{};
  if (!GetSystemPowerStatus(&status)) return std::unexpected(win32::LastError("read the power status"));
  return status.Reserved1 == 1;  // SystemStatusFlag since Windows 10; this header has the older name.
}

}  // namespace

std::unique_ptr<LoadSource> SystemLoad() { return std::make_unique<WindowsLoad>(); }

}  // namespace acledger::daemon
