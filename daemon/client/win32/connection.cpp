// SPDX-License-Identifier: MIT
#include "daemon/client/connection.h"

#include <algorithm>

#include "daemon/client/win32/pipe_owner.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "security/wtf8.h"

namespace acledger::daemon {
namespace {

// What interactive users may: reading and writing, without the right to create instances (FILE_APPEND_DATA).
constexpr DWORD kPipeAccess = FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~static_cast<DWORD>(FILE_CREATE_PIPE_INSTANCE));

DWORD Left(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<DWORD>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

Error AsError(const char* operation, DWORD code) {
  Error error = win32::Win32Error(operation, code);
  if (code == ERROR_BROKEN_PIPE || code == ERROR_NO_DATA || code == ERROR_PIPE_NOT_CONNECTED)
    error.kind = ErrorKind::kNotFound;
  if (code == ERROR_TIMEOUT || code == ERROR_SEM_TIMEOUT) error.kind = ErrorKind::kBusy;
  return error;
}

class Pipe : public Connection {
 public:
  Pipe(win32::FileHandle pipe, win32::NtHandle event) : pipe_(std::move(pipe)), event_(std::move(event)) {}

  Expected<void> Write(std::string_view bytes, Deadline deadline) override;
  Expected<std::size_t> Read(std::span<char> into, Deadline deadline) override;
  Expected<void> CheckServer() override;

 private:
  // Ends what was begun: gives the number of bytes. `begun` is what ReadFile() or WriteFile() returned.
  Expected<std::size_t> Finish(const char* operation, BOOL begun, OVERLAPPED& pending, Deadline deadline);

  win32::FileHandle pipe_;
  win32::NtHandle event_;  // Manual reset; each operation resets it.
};

Expected<std::size_t> Pipe::Finish(const char* operation, BOOL begun, OVERLAPPED& pending, Deadline deadline) {
  DWORD code = begun ? ERROR_IO_PENDING : GetLastError();
  if (code != ERROR_IO_PENDING) return std::unexpected(AsError(operation, code));
  const bool in_time = WaitForSingleObject(event_.Get(), Left(deadline)) == WAIT_OBJECT_0;
  // `pending` must not go before the system has let go of it; an operation may also end just before it is cancelled.
  if (!in_time) CancelIoEx(pipe_.Get(), &pending);
  DWORD size = 0;
  if (GetOverlappedResult(pipe_.Get(), &pending, &size, TRUE)) return size;
  code = GetLastError();
  return std::unexpected(AsError(operation, code == ERROR_OPERATION_ABORTED ? ERROR_TIMEOUT : code));
}

Expected<void> Pipe::Write(std::string_view bytes, Deadline deadline) {
  constexpr std::size_t kMost = 64 << 10;
  while (!bytes.empty()) {
    OVERLAPPED pending{};
    pending.hEvent = event_.Get();
    const BOOL begun =
        WriteFile(pipe_.Get(), bytes.data(), static_cast<DWORD>(std::min(bytes.size(), kMost)), nullptr, &pending);
    Expected<std::size_t> size = Finish("write to the server", begun, pending, deadline);
    if (!size) return std::unexpected(std::move(size.error()));
    bytes.remove_prefix(*size);
  }
  return {};
}

Expected<std::size_t> Pipe::Read(std::span<char> into, Deadline deadline) {
  OVERLAPPED pending{};
  pending.hEvent = event_.Get();
  const BOOL begun = ReadFile(pipe_.Get(), into.data(), static_cast<DWORD>(into.size()), nullptr, &pending);
  Expected<std::size_t> size = Finish("read from the server", begun, pending, deadline);
  if (!size && size.error().kind == ErrorKind::kNotFound) return 0;
  return size;
}

Expected<void> Pipe::CheckServer() { return pipe::CheckPipeServer(pipe_.Get()); }

// The server reads who we are, and never acts in our name: it may not, since before CheckServer() it could be anybody.
Expected<win32::FileHandle> OpenPipe(const std::wstring& name, Deadline deadline) {
  while (true) {
    win32::FileHandle pipe(CreateFileW(name.c_str(), kPipeAccess, 0, nullptr, OPEN_EXISTING,
                                       FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                                       nullptr));
    const DWORD code = GetLastError();
    if (pipe) return pipe;
    if (code != ERROR_PIPE_BUSY) return std::unexpected(AsError("connect", code));
    // 0 would stand for the pipe's own default.
    if (!WaitNamedPipeW(name.c_str(), std::max<DWORD>(Left(deadline), 1)) && Left(deadline) == 0)
      return std::unexpected(AsError("connect", ERROR_TIMEOUT));
  }
}

}  // namespace

Expected<std::unique_ptr<Connection>> OpenConnection(const std::string& endpoint, Deadline deadline) {
  if (!endpoint.starts_with(R"(\\.\pipe\)"))
    return Fail(ErrorKind::kInvalid, "connect", R"(a pipe's name starts with \\.\pipe\)");
  Expected<std::u16string> name = FromWtf8(endpoint);
  if (!name) return std::unexpected(std::move(name.error()));
  Expected<win32::FileHandle> pipe = OpenPipe(std::wstring(name->begin(), name->end()), deadline);
  if (!pipe) return std::unexpected(std::move(pipe.error()));
  win32::NtHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!event) return std::unexpected(win32::LastError("make an event"));
  return std::make_unique<Pipe>(std::move(*pipe), std::move(event));
}

}  // namespace acledger::daemon
