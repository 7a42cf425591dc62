// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/service/load.h"
#include "daemon/service/queue.h"

namespace acledger::daemon {

// How the work goes on, as `status` tells it.
enum class Speed : std::uint8_t {
  kFull,
  kPolite,           // Rests between batches while others need the processors.
  kWaitingForPower,  // Nothing is done until the battery saver is off.
};
const char* Name(Speed speed);  // "full", "polite", "waiting for power".

struct PaceSettings {
  bool full_speed = false;  // Switches everything below off.
  bool waits_on_battery = true;

  bool operator==(const PaceSettings&) const = default;
};

// What to do before the next batch.
struct Breath {
  Moment rest{};                   // 0: go on.
  bool ask_again = false;          // After the rest, before any work.
  std::optional<Error> trouble{};  // The first of a row of failures to learn about the machine: it is taken for idle.
};

// How fast the background work may go, decided between two batches. Decides; never waits. One thread at a time.
//
// Others' share of the processors since the last question decides: up to a quarter nobody is in anybody's way; from
// there on the rest grows with the share, up to 4 times as long as the batch took, and never past 2 s.
class Pace {
 public:
  // `source` must outlive the Pace; null: nobody looks, there is no reason to rest.
  Pace(LoadSource* source, const PaceSettings& settings) : source_(source), settings_(settings) {}

  void Set(const PaceSettings& settings) { settings_ = settings; }
  const PaceSettings& Settings() const { return settings_; }

  // A job begins: the time since the last batch was not spent at work.
  void Begin(Moment now) { work_began_ = now; }

  // `is_waited_for`: somebody waits for the job that runs; it is never slowed.
  Breath Next(Moment now, bool is_waited_for);

  // Since the last Next().
  Speed Now() const;

 private:
  Breath WaitForPower(Moment now);
  Breath RestFor(Moment now);
  // Others' share of all processors, 0 to 1; 0 while it is not known.
  double OthersShare(Moment now, std::optional<Error>& trouble);

  LoadSource* source_;
  PaceSettings settings_;
  Moment work_began_{};
  std::optional<Moment> looked_at_power_;
  bool saves_energy_ = false;
  bool is_waiting_ = false;
  std::optional<LoadSample> last_;
  Moment sampled_{};
  double share_ = 0;
  bool load_failed_ = false;
  bool power_failed_ = false;
};

}  // namespace acledger::daemon
