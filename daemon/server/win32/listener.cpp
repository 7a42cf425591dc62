// SPDX-License-Identifier: MIT
#include <asio/windows/overlapped_ptr.hpp>
#include <asio/windows/stream_handle.hpp>

#include "daemon/server/asio_stream.h"
#include "daemon/server/win32/pipe_caller.h"
#include "daemon/server/win32/pipe_descriptor.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "security/wtf8.h"

namespace acledger::daemon {
namespace {

using Handle = asio::windows::stream_handle;

// Of each direction. What does not fit waits in a pending write.
constexpr DWORD kPipeBuffer = 64 << 10;

class PipeStream : public AsioStream<Handle> {
 public:
  using AsioStream::AsioStream;
  Expected<Caller> Identify() override { return pipe::CallerOf(handle_.native_handle()); }
};

// One instance of the pipe waits while it listens; the next is made before a client gets the one before, so that nobody
// else can take the name in between.
class PipeListener : public Listener {
 public:
  PipeListener(asio::io_context& io, std::wstring name, security::DescriptorBytes descriptor)
      : io_(io), name_(std::move(name)), descriptor_(std::move(descriptor)), waiting_(io) {}

  // kBusy for the first instance where the pipe exists already.
  Expected<void> MakeInstance(bool is_first);
  void Accept(Accepted accepted) override;
  void Close() override;

 private:
  Expected<std::unique_ptr<Stream>> TakeConnected(std::error_code error);
  bool IsTaken() const { return WaitNamedPipeW(name_.c_str(), 1) || GetLastError() != ERROR_FILE_NOT_FOUND; }
  std::unexpected<Error> Failed(Error error) const {
    return std::unexpected(std::move(error).At(ToWtf8(std::u16string(name_.begin(), name_.end()))));
  }

  asio::io_context& io_;
  const std::wstring name_;
  const security::DescriptorBytes descriptor_;
  Handle waiting_;
};

Expected<void> PipeListener::MakeInstance(bool is_first) {
  SECURITY_ATTRIBUTES attributes{sizeof attributes, win32::AsDescriptor(descriptor_), FALSE};
  const DWORD first = is_first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0;
  win32::FileHandle instance(CreateNamedPipeW(name_.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
                                              PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_REJECT_REMOTE_CLIENTS,
                                              PIPE_UNLIMITED_INSTANCES, kPipeBuffer, kPipeBuffer, 0, &attributes));
  if (!instance) {
    Error error = win32::LastError("make a pipe");
    // The answer to "first instance" of a name that is taken; and of one that we may not make.
    if (is_first && error.code == ERROR_ACCESS_DENIED && IsTaken()) error.kind = ErrorKind::kBusy;
    return Failed(std::move(error));
  }
  std::error_code error;
  waiting_.assign(instance.Get(), error);
  if (error) return Failed(win32::Win32Error("watch a pipe", static_cast<std::uint32_t>(error.value())));
  instance.Release();
  return {};
}

void PipeListener::Accept(Accepted accepted) {
  asio::windows::overlapped_ptr pending(
      io_, [this, accepted = std::move(accepted)](std::error_code error, std::size_t) mutable {
        accepted(TakeConnected(error));
      });
  const BOOL begun = ConnectNamedPipe(waiting_.native_handle(), pending.get());
  const DWORD code = begun ? ERROR_PIPE_CONNECTED : GetLastError();
  if (code == ERROR_IO_PENDING) {
    pending.release();
    return;
  }
  // No completion will come. ERROR_NO_DATA: somebody was there and is gone again, as the first read will tell.
  const bool connected = code == ERROR_PIPE_CONNECTED || code == ERROR_NO_DATA;
  pending.complete(std::error_code(connected ? 0 : static_cast<int>(code), asio::error::get_system_category()), 0);
}

Expected<std::unique_ptr<Stream>> PipeListener::TakeConnected(std::error_code error) {
  if (error) return Failed(win32::Win32Error("accept a client", static_cast<std::uint32_t>(error.value())));
  Handle connected = std::move(waiting_);
  if (Expected<void> made = MakeInstance(false); !made) {
    // Closing the last instance would leave the name to anybody.
    waiting_ = std::move(connected);
    DisconnectNamedPipe(waiting_.native_handle());
    return std::unexpected(std::move(made.error()));
  }
  return std::make_unique<PipeStream>(std::move(connected));
}

void PipeListener::Close() {
  std::error_code ignored;
  waiting_.cancel(ignored);
  waiting_.close(ignored);
}

}  // namespace

Expected<std::unique_ptr<Listener>> MakeListener(asio::io_context& io, const ListenAt& place) {
  const auto at = [&](Error error) { return std::unexpected(std::move(error).At(place.endpoint)); };
  if (!place.endpoint.starts_with(R"(\\.\pipe\)"))
    return at({ErrorKind::kInvalid, "make a pipe", {}, 0, R"(its name must start with \\.\pipe\)"});
  Expected<std::u16string> name = FromWtf8(place.endpoint);
  if (!name) return at(std::move(name.error()));
  Expected<security::DescriptorBytes> descriptor = pipe::PipeDescriptor(place.sddl);
  if (!descriptor) return at(std::move(descriptor.error()));
  auto listener = std::make_unique<PipeListener>(io, std::wstring(name->begin(), name->end()), std::move(*descriptor));
  if (Expected<void> made = listener->MakeInstance(true); !made) return std::unexpected(std::move(made.error()));
  return listener;
}

}  // namespace acledger::daemon
