// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "daemon/server/handler.h"
#include "daemon/server/options.h"

// The seam to the system's way of local communication. All of it lives on the io_context's thread.
namespace acledger::daemon {

// The server's end of one connection. Operations end by calling `done` from the io_context, never from inside the call;
// what they point to must live until then. At most one Read() and one Write() at a time.
class Stream {
 public:
  using Done = std::move_only_function<void(std::error_code, std::size_t)>;

  virtual ~Stream() = default;

  // At least one byte, or an error (the end of the stream is one).
  virtual void Read(std::span<char> into, Done done) = 0;
  // At least one byte of `bytes`.
  virtual void Write(std::string_view bytes, Done done) = 0;
  // Who is at the other end; `client` is left to the caller. Call it after the first Read() has ended: Windows may not
  // impersonate sooner. kDenied for a caller that is not to be served at all.
  virtual Expected<Caller> Identify() = 0;
  // Operations end with an error; what was written before stays for the client to read.
  virtual void Close() = 0;
};

class Listener {
 public:
  using Accepted = std::move_only_function<void(Expected<std::unique_ptr<Stream>>)>;

  virtual ~Listener() = default;

  // The next client. One at a time; `accepted` is called from the io_context. After an error it may be tried again.
  virtual void Accept(Accepted accepted) = 0;
  // Accept() ends with an error. Nobody can connect any more.
  virtual void Close() = 0;
};

// See Server::Listen(). Each system has its own in posix/ and win32/.
Expected<std::unique_ptr<Listener>> MakeListener(asio::io_context& io, const ListenAt& place);

}  // namespace acledger::daemon
