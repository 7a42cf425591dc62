// SPDX-License-Identifier: MIT
#include "daemon/service/process_table.h"

#include <asio/io_context.hpp>
#include <asio/windows/object_handle.hpp>
#include <utility>

#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::daemon {
namespace {

class HandleWatch final : public ProcessTable::Watch {
 public:
  HandleWatch(asio::io_context& io, HANDLE process, std::function<void()> ended) : handle_(io, process) {
    handle_.async_wait([ended = std::move(ended)](std::error_code failed) {
      if (!failed) ended();
    });
  }

 private:
  asio::windows::object_handle handle_;  // Closes it.
};

class Processes final : public ProcessTable {
 public:
  Expected<std::int64_t> CreationTime(std::uint32_t process) override {
    const win32::NtHandle handle(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, process));
    if (!handle) {
      const DWORD code = GetLastError();
      if (code == ERROR_INVALID_PARAMETER) return NotRunning(process);  // No process has this number.
      return std::unexpected(win32::Win32Error("open process", code));
    }
    // Somebody may keep a handle on a process that has ended.
    if (WaitForSingleObject(handle.Get(), 0) == WAIT_OBJECT_0) return NotRunning(process);
    FILETIME created{}, exited{}, kernel{}, user{};
    if (!GetProcessTimes(handle.Get(), &created, &exited, &kernel, &user))
      return std::unexpected(win32::LastError("ask when a process began"));
    return static_cast<std::int64_t>(std::uint64_t{created.dwHighDateTime} << 32 | created.dwLowDateTime);
  }

  std::unique_ptr<Watch> WhenEnded(asio::io_context& io, std::uint32_t process, std::function<void()> ended) override {
    const HANDLE handle = OpenProcess(SYNCHRONIZE, FALSE, process);
    return handle ? std::make_unique<HandleWatch>(io, handle, std::move(ended)) : nullptr;
  }

 private:
  static std::unexpected<Error> NotRunning(std::uint32_t process) {
    return std::unexpected(Error{ErrorKind::kNotFound, "find process", std::to_string(process), 0, "it does not run"});
  }
};

}  // namespace

std::unique_ptr<ProcessTable> SystemProcessTable() { return std::make_unique<Processes>(); }

}  // namespace acledger::daemon
