// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <map>
#include <mutex>
#include <set>

#include "daemon/service/change_set.h"
#include "daemon/service/worker.h"
#include "scanner/usn_journal.h"

namespace acledger::daemon {

struct FreshOptions {
  ChangeSet::Options gather;
  Moment verify_every = std::chrono::hours(24);  // After the last look at everything. 0: never.
  // Nothing tells what happened while no daemon ran: everything is looked at after the start, politely.
  bool verify_at_start = true;
};

// Keeps what was provisioned true on a live volume: hears of changes and gives the Worker folders to look at again; of
// missed ones, and marks the grant stale; and asks now and then for a look at everything, for what no notification
// told. No polling: it sleeps until something happens or a verify is due.
//
// Threads: Keep() from any; WholeLook() and AllDone() on the worker's; the rest, and its end, on the io_context's.
class Freshness {
 public:
  // All must outlive it.
  // `journal`: may be null.
  Freshness(asio::io_context& io, scanner::ChangeWatch& watch, scanner::UsnJournal* journal, scanner::Volume& volume,
            Worker& worker, const FreshOptions& options);
  ~Freshness();
  Freshness(const Freshness&) = delete;
  Freshness& operator=(const Freshness&) = delete;

  // These grants are to stay true, and no others. What cannot be watched is left to the verify; says why.
  std::vector<Error> Keep(const std::vector<store::Grant>& grants);
  // Finds out, on the worker's thread, what happened before the start: from the change journal where there is one, else
  // by a look at everything. `reader` is used by this thread.
  void Start(store::Ledger& reader, const std::vector<store::Grant>& grants);
  void Stop();
  // 0: never. A new interval begins anew.
  void SetVerifyEvery(Moment every);

  // On the worker's thread: nothing is left to do. Notes how far the change journal has been followed.
  void AllDone(store::Ledger& ledger);

  // On the worker's thread: everything of the grant was looked at a moment ago.
  void WholeLook(store::GrantId grant, store::Ledger& ledger);

 private:
  struct Kept {
    scanner::PathComponents root;
    Urgency urgency = Urgency::kRest;
    bool is_watched = false;
    Moment looked_at{};
  };

  Moment Now() const;
  bool Gather(const scanner::PathComponents& root, scanner::Changes changes);
  void Heard();
  void HandOut();
  void Give(const ChangeSet::Told& told);
  void Arm();
  void CatchUp(store::Ledger& ledger);
  bool LookAtReplayed(const std::vector<scanner::PathComponents>& folders);
  void VerifyAll(const std::vector<store::Grant>& grants);
  void NoteLooks(store::Ledger& ledger);
  void RecallLooks(store::Ledger& reader);
  void ArmVerify();
  void Verify();

  asio::io_context& io_;
  scanner::ChangeWatch& watch_;
  scanner::UsnJournal* journal_;
  scanner::Volume& volume_;
  Worker& worker_;
  FreshOptions options_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();

  std::mutex told_mutex_;
  std::map<scanner::PathComponents, scanner::Changes> told_;  // What the watch told since Heard().
  ChangeSet changes_;                                         // The io_context's thread alone, like the timers.
  asio::steady_timer quiet_, verify_;
  bool is_armed_ = false;  // quiet_ waits.
  bool stopped_ = false;
  std::shared_ptr<Freshness*> self_ = std::make_shared<Freshness*>(this);  // For what was posted and comes too late.

  std::string place_;  // In the journal, to be noted once all before it was looked at. The worker's thread alone.
  Moment place_taken_{};

  std::mutex mutex_;
  std::map<store::GrantId, Kept> kept_;
};

}  // namespace acledger::daemon
