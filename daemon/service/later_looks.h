// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "daemon/service/queue.h"
#include "scanner/path.h"

namespace acledger::daemon {

// What could not be looked at, and when it is tried again: after 1 s, 2 s, 4 s, ... 10 min, as a job that failed, for
// as long as it goes on failing; a look at everything only a few times. Decides; does nothing. One thread.
class LaterLooks {
 public:
  // What a look at the grant came to. `folders`: all of the grant that nobody can look at now; `whole`: everything is
  // to be looked at once more. What Take() gave and is named again failed again; what is not named is done with.
  void Set(store::GrantId grant, Urgency urgency, const std::vector<scanner::PathComponents>& folders, bool whole,
           Moment now);
  void Forget(store::GrantId grant) { grants_.erase(grant); }
  bool HasAny(store::GrantId grant, const std::vector<scanner::PathComponents>& folders) const;
  bool WantsWhole(store::GrantId grant) const {
    const auto at = grants_.find(grant);
    return at != grants_.end() && at->second.whole;
  }

  struct Due {
    store::GrantId grant = 0;
    Urgency urgency = Urgency::kRest;
    std::vector<scanner::PathComponents> folders;
    bool whole = false;
  };
  // What is due at `now`. It is given once; from then on it waits for Set().
  std::vector<Due> Take(Moment now);
  // When Take() gives something next. Empty: only Set() changes that.
  std::optional<Moment> Next() const;

 private:
  struct Retry {
    unsigned failures = 0;
    std::optional<Moment> due;  // Empty: given.
  };
  struct Grant {
    Urgency urgency = Urgency::kRest;
    std::map<scanner::PathComponents, Retry> folders;
    std::optional<Retry> whole;
  };
  static Retry Again(const Retry* before, Moment now);
  static bool TakeOne(Retry& retry, Moment now);

  std::map<store::GrantId, Grant> grants_;
};

}  // namespace acledger::daemon
