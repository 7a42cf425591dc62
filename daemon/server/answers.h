// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "daemon/server/tally.h"

namespace acledger::daemon {

// Gathers what is answered to one message: a line, or an array of all that a batch asked. One thread.
class Answers {
 public:
  // `most_bytes`: of a batch's answers together.
  Answers(bool is_batch, std::size_t most_bytes, std::shared_ptr<Tally> tally)
      : is_batch_(is_batch), most_bytes_(most_bytes), held_(std::move(tally)) {}

  // Before an answer of so many bytes waits for its turn: false where the batch has too much already. The first one
  // always fits, as one that is asked alone. Any thread.
  bool Admit(std::size_t bytes);

  // One more answer will come; gives its place. Notifications have none.
  std::size_t Expect();
  void Give(std::size_t place, std::string line);

  // What is to be sent, once and only when nothing is missing; nothing for a message of notifications alone.
  std::optional<std::string> TakeLine();

 private:
  const bool is_batch_;
  const std::size_t most_bytes_;
  std::atomic<std::size_t> admitted_ = 0;
  Held held_;
  std::vector<std::string> lines_;
  std::size_t missing_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace acledger::daemon
