// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <memory>

#include "daemon/server/options.h"

namespace acledger::daemon {

// The counters of a server while they change; any thread.
struct Tally {
  std::atomic<std::size_t> clients = 0, buffered = 0, peak_buffered = 0;
  std::atomic<std::uint64_t> calls = 0, bad_requests = 0, refused = 0, missed = 0;

  ServerCounters Read() const {
    return {.clients = clients,
            .buffered = buffered,
            .peak_buffered = peak_buffered,
            .calls = calls,
            .bad_requests = bad_requests,
            .refused = refused,
            .missed = missed};
  }
};

// One part of Tally::buffered, as long as it lives. One thread at a time.
class Held {
 public:
  explicit Held(std::shared_ptr<Tally> tally) : tally_(std::move(tally)) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { Set(0); }

  void Set(std::size_t bytes) {
    // Unsigned: what is less than before wraps, and so does the sum.
    const std::size_t sum = tally_->buffered += bytes - bytes_;
    bytes_ = bytes;
    std::size_t peak = tally_->peak_buffered;
    while (sum > peak && !tally_->peak_buffered.compare_exchange_weak(peak, sum)) {
    }
  }

 private:
  std::shared_ptr<Tally> tally_;
  std::size_t bytes_ = 0;
};

}  // namespace acledger::daemon
