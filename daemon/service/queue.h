// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "scanner/volume.h"
#include "store/ledger.h"

namespace acledger::daemon {

// Since the start of the daemon; passed in, so that tests own the time.
using Moment = std::chrono::milliseconds;

// What is to be done about a grant. A rollback replaces a provision of the same grant, never the other way round. A
// look is at folders that changed (Worker knows which); everything else looks at them too.
enum class Work : std::uint8_t { kLook, kProvision, kVerify, kRollback };
const char* Name(Work work);

// How much a grant is wanted: the lower, the sooner.
enum class Urgency : std::uint8_t { kWaitedFor, kWorkspace, kProfile, kPrograms, kRest };
const char* Name(Urgency urgency);

// Where a root stands by nature: a workspace unless it lies in a known place.
Urgency UrgencyOf(const std::string& root);

struct Job {
  store::GrantId grant = 0;
  Work work = Work::kProvision;
  Urgency urgency = Urgency::kRest;
  bool on_hold = false;  // A person said pause or cancel: it waits for resume.
  scanner::IndexUse index = scanner::IndexUse::kAuto;

  bool operator==(const Job&) const = default;
};

// What became of a job that was given out.
enum class Ended : std::uint8_t {
  kDone,
  kStopped,  // Asked to, with work left: it is due again at once.
  kFailed,   // Could not go on: tried again later, after 1 s, 2 s, 4 s, ... 10 min.
};

// What failed so many times one after the other is tried again after this time.
Moment DelayAfter(unsigned failures);

// Which grant is worked on next. At most one job a grant: a wish for what is wanted already only makes it more urgent;
// one for a grant that is being worked on makes it run once more afterwards. Decides; does nothing. One thread.
class Queue {
 public:
  void Put(const Job& job);
  // The same for what nobody asked for (a change was heard of, a verify is due): a grant on hold stays so, one that was
  // cancelled too, and a retry keeps its time.
  void PutByItself(const Job& job);

  // The most wanted job that may run at `now`; it counts as running until End(). Nothing while one runs, or while all
  // is paused.
  std::optional<Job> Next(Moment now);
  void End(Ended how, Moment now);
  std::optional<Job> Running() const;

  // Whether the running job should give way: something more urgent may run at `now`, or it was put on hold.
  bool ShouldYield(Moment now) const;
  // When Next() may give something that it would not give now: a retry. Empty: only another call changes anything.
  std::optional<Moment> NextRetry() const;

  void PauseAll() { paused_ = true; }
  void ResumeAll() { paused_ = false; }
  bool IsPaused() const { return paused_; }

  // False: nothing is queued for this grant.
  bool Hold(store::GrantId grant);
  bool Release(store::GrantId grant);
  bool Prioritise(store::GrantId grant, Urgency urgency);
  // Takes it out of the queue; what is running is asked to give way and goes out at its end.
  bool Cancel(store::GrantId grant);

  std::vector<Job> Jobs() const;  // Most wanted first, the running one included.

 private:
  struct Waiting {
    Job job;
    std::uint64_t order = 0;  // Of its arrival.
    Moment not_before{};
    unsigned failures = 0;
    std::optional<Work> again;  // Wished for while it ran.
    bool cancelled = false;
  };
  using Waitings = std::map<store::GrantId, Waiting>;

  bool MayRun(const Waiting& waiting, Moment now) const;
  const Waiting* MostWanted(Moment now) const;
  static bool IsBefore(const Waiting& left, const Waiting& right);

  Waitings waiting_;
  std::optional<store::GrantId> running_;
  std::uint64_t arrived_ = 0;
  bool paused_ = false;
};

}  // namespace acledger::daemon
