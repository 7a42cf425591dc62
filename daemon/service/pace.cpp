// SPDX-License-Identifier: MIT
#include "daemon/service/pace.h"

#include <algorithm>
#include <utility>

namespace acledger::daemon {
namespace {

using std::chrono::milliseconds;

// The system's clocks tick every 10 to 16 ms: a shorter window would be noise.
constexpr milliseconds kWindow{250};
constexpr milliseconds kBetweenLooksAtPower{1'000};
constexpr milliseconds kPowerRest{5'000};
constexpr milliseconds kLongestRest{2'000};
constexpr double kUnnoticed = 0.25;
constexpr double kMostTimesTheWork = 4;

}  // namespace

const char* Name(Speed speed) {
  switch (speed) {
    case Speed::kFull:
      return "full";
    case Speed::kPolite:
      return "polite";
    case Speed::kWaitingForPower:
      return "waiting for power";
  }
  return "?";
}

Speed Pace::Now() const {
  if (settings_.full_speed) return Speed::kFull;
  return is_waiting_ ? Speed::kWaitingForPower : Speed::kPolite;
}

Breath Pace::Next(Moment now, bool is_waited_for) {
  is_waiting_ = false;
  if (!source_ || settings_.full_speed || is_waited_for) {
    work_began_ = now;
    return {};
  }
  Breath breath = WaitForPower(now);
  if (breath.rest > Moment{} || breath.trouble) return breath;
  return RestFor(now);
}

Breath Pace::WaitForPower(Moment now) {
  if (!settings_.waits_on_battery) return {};
  if (!looked_at_power_ || now - *looked_at_power_ >= kBetweenLooksAtPower) {
    looked_at_power_ = now;
    const Expected<bool> saves = source_->SavesEnergy();
    saves_energy_ = saves && *saves;
    if (const bool failed_before = std::exchange(power_failed_, !saves); !saves && !failed_before)
      return {.trouble = saves.error()};
  }
  is_waiting_ = saves_energy_;
  return is_waiting_ ? Breath{.rest = kPowerRest, .ask_again = true} : Breath{};
}

Breath Pace::RestFor(Moment now) {
  Breath breath;
  const double share = OthersShare(now, breath.trouble);
  const Moment worked = now - work_began_;
  if (share > kUnnoticed) {
    const double times = kMostTimesTheWork * (share - kUnnoticed) / (1 - kUnnoticed);
    breath.rest = std::min(kLongestRest, Moment(static_cast<Moment::rep>(static_cast<double>(worked.count()) * times)));
  }
  work_began_ = now + breath.rest;
  return breath;
}

double Pace::OthersShare(Moment now, std::optional<Error>& trouble) {
  if (last_ && now - sampled_ < kWindow) return share_;
  const Expected<LoadSample> sample = source_->Sample();
  if (!sample) {
    if (!std::exchange(load_failed_, true)) trouble = sample.error();
    last_.reset();
    return share_ = 0;
  }
  load_failed_ = false;
  share_ = 0;
  if (last_ && sample->capacity > last_->capacity) {
    // Clocks of different kinds: the difference may come out a little below nothing.
    const auto others = (sample->busy - last_->busy) - (sample->own - last_->own);
    share_ = std::clamp(
        static_cast<double>(others.count()) / static_cast<double>((sample->capacity - last_->capacity).count()), 0.0,
        1.0);
  }
  last_ = *sample;
  sampled_ = now;
  return share_;
}

}  // namespace acledger::daemon
