// SPDX-License-Identifier: MIT
#pragma once

#include <asio/buffer.hpp>
#include <utility>

#include "daemon/server/stream.h"

namespace acledger::daemon {

// The part of a Stream that asio does alike for its sockets and handles.
template <class Handle>
class AsioStream : public Stream {
 public:
  explicit AsioStream(Handle handle) : handle_(std::move(handle)) {}

  void Read(std::span<char> into, Done done) override {
    handle_.async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
  }
  void Write(std::string_view bytes, Done done) override {
    handle_.async_write_some(asio::buffer(bytes), std::move(done));
  }
  void Close() override {
    // Both say what is known already: that the other end is gone.
    std::error_code ignored;
    handle_.cancel(ignored);
    handle_.close(ignored);
  }

 protected:
  Handle handle_;
};

}  // namespace acledger::daemon
