// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "security/error.h"

namespace acledger::tools {

// Splits a stream into lines of a bounded length. One thread.
class LineReader {
 public:
  // Fills the front of a buffer and returns how much, 0 at the end; as ReadInput().
  using Source = std::function<Expected<std::size_t>(std::span<char>)>;

  static constexpr std::size_t kMaxLine = 1024 * 1024;

  explicit LineReader(Source source, std::size_t max_line = kMaxLine);

  enum class Result : std::uint8_t {
    kLine,
    kTooLong,  // The line was longer than the bound and was skipped.
    kEnd,
  };
  // The next line, without its LF or CRLF; valid until the next call. The last line may lack its end.
  Expected<Result> Next(std::string_view& line);

 private:
  // More bytes behind end_; false at the end of the stream.
  Expected<bool> Fill();
  Result Give(std::size_t length, std::string_view& line);

  Source source_;
  std::size_t max_line_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // What is read and not yet given out.
  std::size_t searched_ = 0;         // No line end before this place.
  bool skipping_ = false;            // Inside a line that is too long.
  bool at_end_ = false;
};

}  // namespace acledger::tools
