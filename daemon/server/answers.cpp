// SPDX-License-Identifier: MIT
#include "daemon/server/answers.h"

#include "daemon/rpc/message.h"

namespace acledger::daemon {

std::size_t Answers::Expect() {
  ++missing_;
  lines_.emplace_back();
  return lines_.size() - 1;
}

void Answers::Give(std::size_t place, std::string line) {
  --missing_;
  bytes_ += line.size();
  held_.Set(bytes_);
  lines_[place] = std::move(line);
}

std::optional<std::string> Answers::TakeLine() {
  if (missing_ > 0 || lines_.empty()) return std::nullopt;
  std::string line = is_batch_ ? BatchLine(lines_) : std::move(lines_.front());
  lines_.clear();
  held_.Set(0);
  return line;
}

}  // namespace acledger::daemon
