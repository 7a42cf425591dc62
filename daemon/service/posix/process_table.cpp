// SPDX-License-Identifier: MIT
#include "daemon/service/process_table.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace acledger::daemon {
namespace {

// Only a file that is not there says that the process is not.
Expected<std::string> Contents(const std::string& path) {
  const auto fail = [&path]() -> std::unexpected<Error> {
    const int code = errno;
    const bool is_gone = code == ENOENT || code == ESRCH;
    return std::unexpected(Error{is_gone ? ErrorKind::kNotFound : ErrorKind::kIo, "find process", path,
                                 static_cast<std::uint32_t>(code),
                                 is_gone ? "it does not run" : std::generic_category().message(code)});
  };
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail();
  std::string text(4096, '\0');  // Longer than a line of stat.
  const ssize_t size = read(file, text.data(), text.size());
  const std::unexpected<Error> failed = fail();
  close(file);
  if (size < 0) return failed;
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// Start times count from the start of the system: 40 bits of its random number tell one start from another.
Expected<std::int64_t> OfThisBoot(std::uint64_t ticks) {
  constexpr int kTickBits = 40;  // 300 years of the usual 100 ticks a second.
  constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";
  const Expected<std::string> boot = Contents(kBootId);
  // It says nothing about the process.
  if (!boot) return std::unexpected(Error{ErrorKind::kIo, "read", kBootId, boot.error().code, boot.error().reason});
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : *boot) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
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
    const Expected<std::string> line = Contents(path);
    if (!line) return std::unexpected(line.error());
    const std::size_t name_end = line->rfind(')');
    std::istringstream fields(name_end == line->npos ? std::string() : line->substr(name_end + 1));
    std::string state, skipped;
    fields >> state;
    constexpr int kFieldsBetween = 16;  // From the state, field 3, to the number of threads, field 20.
    for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
    std::uint64_t threads = 0, ticks = 0;
    if (!(fields >> threads >> skipped >> ticks))
      return std::unexpected(Error{ErrorKind::kUnsupported, "find process", path, 0, "it has no start time"});
    // One whose first thread alone has ended runs on.
    if (state == "X" || (state == "Z" && threads <= 1))
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
