// SPDX-License-Identifier: MIT
#include "daemon/service/load.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <string>

namespace acledger::daemon {
namespace {

constexpr const char* kPlace = "/proc/stat";

std::chrono::nanoseconds FromTicks(std::uint64_t ticks) {
  static const std::uint64_t a_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return std::chrono::nanoseconds(ticks * (1'000'000'000 / a_second));
}

// Not /proc/pressure: it counts our own waiting too.
class ProcLoad final : public LoadSource {
 public:
  Expected<LoadSample> Sample() override;
  Expected<bool> SavesEnergy() override { return false; }  // Linux knows charge and profile, but no such wish.
};

Expected<LoadSample> ProcLoad::Sample() {
  // cpu user nice system idle iowait irq softirq steal ...: proc(5). What is stolen is nobody's here.
  std::ifstream stream(kPlace);
  std::string name;
  std::array<std::uint64_t, 7> ticks{};
  stream >> name;
  for (std::uint64_t& one : ticks) stream >> one;
  if (!stream || name != "cpu")
    return std::unexpected(Error{ErrorKind::kIo, "read the load", kPlace, 0, "it is not as proc(5) says"});
  LoadSample sample;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const bool is_idle = i == 3 || i == 4;
    sample.capacity += FromTicks(ticks[i]);
    if (!is_idle) sample.busy += FromTicks(ticks[i]);
  }
  timespec own{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) != 0)
    return Fail(ErrorKind::kIo, "read the own processor time", "it is not told", static_cast<std::uint32_t>(errno));
  sample.own = std::chrono::seconds(own.tv_sec) + std::chrono::nanoseconds(own.tv_nsec);
  return sample;
}

}  // namespace

std::unique_ptr<LoadSource> SystemLoad() { return std::make_unique<ProcLoad>(); }

}  // namespace acledger::daemon
