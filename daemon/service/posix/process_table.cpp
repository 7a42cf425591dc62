// SPDX-License-Identifier: MIT
#include "daemon/service/process_table.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

namespace acledger::daemon {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Start times count from the start of the system: 40 bits of its random number tell one start from another.
std::int64_t OfThisBoot(std::uint64_t ticks) {
  constexpr int kTickBits = 40;  // 300 years of the usual 100 ticks a second.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : Contents("/proc/sys/kernel/random/boot_id"))
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::int64_t>(((hash << kTickBits) ^ ticks) >> 1);
}

class PidWatch final : public ProcessTable::Watch {
 public:
  PidWatch(asio::io_context& io, int pidfd, std::function<void()> ended) : descriptor_(io, pidfd) {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [ended = std::move(ended)](std::error_code failed) {
                             if (!failed) ended();
                           });
  }

 private:
  asio::posix::stream_descriptor descriptor_;
};

class ProcFiles final : public ProcessTable {
 public:
  // proc(5): the name, field 2, stands in brackets and may hold anything.
  Expected<std::int64_t> CreationTime(std::uint32_t process) override {
    const std::string path = "/proc/" + std::to_string(process) + "/stat";
    const std::string line = Contents(path);
    if (line.empty()) return std::unexpected(Error{ErrorKind::kNotFound, "find process", path, 0, "it does not run"});
    const std::size_t name_end = line.rfind(')');
    std::istringstream fields(name_end == line.npos ? std::string() : line.substr(name_end + 1));
    std::string state, skipped;
    fields >> state;
    constexpr int kFieldsBetween = 18;  // From the state, field 3, to the start time, field 22.
    for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
    std::uint64_t ticks = 0;
    if (!(fields >> ticks))
      return std::unexpected(Error{ErrorKind::kUnsupported, "find process", path, 0, "it has no start time"});
    if (state == "Z" || state == "X")
      return std::unexpected(Error{ErrorKind::kNotFound, "find process", path, 0, "it has ended"});
    return OfThisBoot(ticks);
  }

  std::unique_ptr<Watch> WhenEnded(asio::io_context& io, std::uint32_t process, std::function<void()> ended) override {
    const long pidfd = syscall(SYS_pidfd_open, static_cast<pid_t>(process), 0);
    if (pidfd < 0) return nullptr;
    return std::make_unique<PidWatch>(io, static_cast<int>(pidfd), std::move(ended));
  }
};

}  // namespace

std::unique_ptr<ProcessTable> SystemProcessTable() { return std::make_unique<ProcFiles>(); }

}  // namespace acledger::daemon
