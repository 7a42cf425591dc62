// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/answers/viewer.h"

namespace acledger::daemon::snapshot {

// Keeps a snapshot for each user who has grants or has asked the daemon anything: written within half a second of a
// change and the time that writing takes, where change follows change in two and a quarter of that time (it rests
// between). What could not be written is tried again. A thread of its own with a reading of the ledger of
// its own; nobody waits for it.
class Keeper {
 public:
  // Told on the keeper's thread; the same error once. A file that another program keeps busy is tried again, and told
  // only when that lasts.
  using Trouble = std::function<void(const Error& error)>;

  // Makes the folder, removes what is none of the users' any more, and writes for the first time. The ledger must
  // exist. `on_round` is called on the keeper's thread before it writes.
  static Expected<std::unique_ptr<Keeper>> Start(const std::string& ledger, Trouble trouble,
                                                 std::function<void()> on_round = {});
  ~Keeper();  // Stop().
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Something changed. Any thread, never waits.
  void Wake();
  // This user is to have a snapshot too, of what this token may see. Any thread. Beyond 64 the rest is left out.
  void Know(const std::string& user, const security::Token& token);
  // Writes a last time, and says in it that nobody keeps it any more; waits a few seconds for a file that is busy.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;
  // Whose file could not be written; "": the ledger could not be read.
  struct Late {
    Clock::time_point since{}, again{};
    Clock::duration delay{};
    bool is_busy = false;
    std::string told{};
  };

  Keeper(std::string ledger, Trouble trouble, std::function<void()> on_round, std::unique_ptr<store::Ledger> reader);
  void Loop();
  void WaitUntilDue(std::unique_lock<std::mutex>& lock);
  bool IsPatient() const;
  void Note(const std::string& user, const Expected<void>& written);
  void WriteAll(bool everybody, bool is_last);
  Expected<void> WriteFor(const std::string& user, const Viewer& viewer, bool is_last);
  Expected<std::map<std::string, security::Token>> Users();
  void RemoveOthers(const std::map<std::string, security::Token>& users);

  const std::string ledger_;
  const Trouble trouble_;
  const std::function<void()> on_round_;
  const std::unique_ptr<store::Ledger> reader_;  // The keeper's thread alone, and what follows.
  std::map<std::string, Late> late_;
  bool is_first_ = true;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, security::Token> known_;
  bool is_due_ = true;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace acledger::daemon::snapshot
