// SPDX-License-Identifier: MIT
#include "daemon/service/line_limit.h"

#include <utility>

namespace acledger::daemon {

LineLimit::Verdict LineLimit::Take(Moment now) {
  Verdict verdict;
  if (written_ == 0 || now - began_ >= stretch_) {
    verdict.left_out_before = std::exchange(left_out_, 0);
    began_ = now;
    written_ = 0;
  }
  verdict.write = written_ < lines_;
  if (verdict.write)
    ++written_;
  else
    ++left_out_;
  return verdict;
}

std::optional<Moment> LineLimit::TellAt() const {
  return left_out_ > 0 ? std::optional(began_ + stretch_) : std::nullopt;
}

std::uint64_t LineLimit::LeftOut(Moment now) { return now - began_ >= stretch_ ? std::exchange(left_out_, 0) : 0; }

}  // namespace acledger::daemon
