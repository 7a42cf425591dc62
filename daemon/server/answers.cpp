// SPDX-License-Identifier: MIT
#include "daemon/server/answers.h"

#include <algorithm>

#include "daemon/rpc/message.h"

namespace acledger::daemon {

bool Answers::Admit(std::size_t bytes) {
  std::size_t before = admitted_;
  do {
    if (before > 0 && bytes > most_bytes_ - std::min(before, most_bytes_)) return false;
  } while (!admitted_.compare_exchange_weak(before, before + bytes));
  return true;
}

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
