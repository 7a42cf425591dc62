// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/acledger/answer.h"

namespace acledger::tools {

// What `status --watch` shows: a line for each root, with a bar, the rate and the time that is left while it is worked
// on. Takes what the daemon tells; time is passed in.
class WatchView {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  void Take(const Json& status) { status_ = status; }
  // The notifications `progress` and `ended`; others change nothing.
  void Take(const std::string& method, const Json& params, Moment now);

  std::vector<std::string> Lines(Moment now) const;

 private:
  struct Work {
    std::string phase;
    std::uint64_t done = 0, total = 0, failures = 0;
    Moment begun;  // Of the phase.
  };

  std::string Line(const Json& root, Moment now) const;
  static std::string Describe(const Work& work, Moment now);

  Json status_ = Json::object();
  std::map<std::uint64_t, Work> works_;  // By grant.
};

}  // namespace acledger::tools
