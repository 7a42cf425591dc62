// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "daemon/service/queue.h"

namespace acledger::daemon {

// Lets so many lines through in each stretch of time, and counts the others: what a stranger can cause must not fill
// the log. One thread.
class LineLimit {
 public:
  LineLimit(std::uint64_t lines, Moment stretch) : lines_(lines), stretch_(stretch) {}

  struct Verdict {
    bool write = false;
    std::uint64_t left_out_before = 0;  // To be told first: so many were left out in the stretch that is over.
  };
  Verdict Take(Moment now);

  // When what was left out is to be told even if nothing more comes; nothing was: never.
  std::optional<Moment> TellAt() const;
  // How many were left out; 0 before the stretch is over.
  std::uint64_t LeftOut(Moment now);

 private:
  std::uint64_t lines_;
  Moment stretch_;
  Moment began_{};
  std::uint64_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace acledger::daemon
