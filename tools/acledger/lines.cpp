// SPDX-License-Identifier: MIT
#include "tools/acledger/lines.h"

#include <cstring>
#include <utility>

namespace acledger::tools {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

}  // namespace

LineReader::LineReader(Source source, std::size_t max_line) : source_(std::move(source)), max_line_(max_line) {}

Expected<LineReader::Result> LineReader::Next(std::string_view& line) {
  while (true) {
    const char* data = buffer_.data();
    if (searched_ < end_) {
      if (const void* found = std::memchr(data + searched_, '\n', end_ - searched_)) {
        return Give(static_cast<std::size_t>(static_cast<const char*>(found) - data) - begin_, line);
      }
    }
    searched_ = end_;
    // One more for the CR of a CRLF.
    if (end_ - begin_ > max_line_ + 1) {
      skipping_ = true;
      begin_ = end_;
    }
    auto more = Fill();
    if (!more) return std::unexpected(std::move(more.error()));
    if (!*more) {
      if (begin_ == end_ && !skipping_) return Result::kEnd;
      return Give(end_ - begin_, line);
    }
  }
}

LineReader::Result LineReader::Give(std::size_t length, std::string_view& line) {
  line = std::string_view(buffer_.data() + begin_, length);
  begin_ = begin_ + length < end_ ? begin_ + length + 1 : end_;
  searched_ = begin_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool too_long = std::exchange(skipping_, false) || line.size() > max_line_;
  return too_long ? Result::kTooLong : Result::kLine;
}

Expected<bool> LineReader::Fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    searched_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kChunk) buffer_.resize(end_ + kChunk);
  auto count = source_(std::span(buffer_).subspan(end_));
  if (!count) return std::unexpected(std::move(count.error()));
  end_ += *count;
  at_end_ = *count == 0;
  return !at_end_;
}

}  // namespace acledger::tools
