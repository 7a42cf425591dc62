// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace acledger::daemon {

// Splits a stream of bytes into lines that end with '\n'. Holds at most one line of the limit plus what one Append()
// brought. One thread.
class LineBuffer {
 public:
  static constexpr std::size_t kDefaultLimit = 1 << 20;

  // `limit`: bytes of a line without its end.
  explicit LineBuffer(std::size_t limit = kDefaultLimit) : limit_(limit) {}

  // Ignored once a line is too long.
  void Append(std::string_view bytes);

  // The next line without its end, valid until the next call of a non-const method; nothing if none is complete.
  std::optional<std::string_view> Next();

  bool HasLine() const { return end_ != std::string::npos; }
  // The line at the front (complete or not) is longer than the limit: for good, all bytes are given back.
  bool IsTooLong() const { return too_long_; }
  // Bytes that Next() has not handed out.
  std::size_t Size() const { return bytes_.size() - begin_; }

 private:
  void FindEnd();

  std::size_t limit_;
  std::string bytes_;
  std::size_t begin_ = 0;                // Of the line at the front.
  std::size_t searched_ = 0;             // No line end from begin_ up to here.
  std::size_t end_ = std::string::npos;  // Where the line at the front ends.
  bool too_long_ = false;
};

}  // namespace acledger::daemon
