// SPDX-License-Identifier: MIT
#include "daemon/rpc/line_buffer.h"

namespace acledger::daemon {

void LineBuffer::Append(std::string_view bytes) {
  if (!too_long_) {
    bytes_.erase(0, begin_);
    searched_ -= begin_;
    if (HasLine()) end_ -= begin_;
    begin_ = 0;
    bytes_ += bytes;
    if (!HasLine()) FindEnd();
  }
  if (too_long_) {
    std::string().swap(bytes_);
    begin_ = 0;
  }
}

std::optional<std::string_view> LineBuffer::Next() {
  if (!HasLine()) return std::nullopt;
  const std::string_view line = std::string_view(bytes_).substr(begin_, end_ - begin_);
  begin_ = searched_ = end_ + 1;
  FindEnd();
  return line;
}

// What is behind the line may hold many more: only up to its end, or to the limit, is looked at.
void LineBuffer::FindEnd() {
  end_ = bytes_.find('\n', searched_);
  searched_ = HasLine() ? end_ : bytes_.size();
  if (searched_ - begin_ <= limit_) return;
  too_long_ = true;
  end_ = std::string::npos;
}

}  // namespace acledger::daemon
