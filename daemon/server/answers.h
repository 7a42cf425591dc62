// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/server/tally.h"

namespace acledger::daemon {

// Gathers what is answered to one message: a line, or an array of all that a batch asked. One thread.
class Answers {
 public:
  Answers(bool is_batch, std::shared_ptr<Tally> tally) : is_batch_(is_batch), held_(std::move(tally)) {}

  // One more answer will come; gives its place. Notifications have none.
  std::size_t Expect();
  void Give(std::size_t place, std::string line);

  // What is to be sent, once and only when nothing is missing; nothing for a message of notifications alone.
  std::optional<std::string> TakeLine();

 private:
  bool is_batch_;
  Held held_;
  std::vector<std::string> lines_;
  std::size_t missing_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace acledger::daemon
