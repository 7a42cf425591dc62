// SPDX-License-Identifier: MIT
#pragma once

#include <asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "daemon/answers/plan.h"
#include "daemon/server/handler.h"

namespace acledger::daemon {

// Works out plans, one at a time, on a thread of its own and in a scratch copy of the ledger: neither the worker nor
// the questions wait for it.
class Plans {
 public:
  // Called on the thread of the plan, with `progress` now and then, and `planned` once: {"plan": N, "result": ...} or
  // {"plan": N, "error": ...}.
  using Tell = std::function<void(ClientId client, const char* method, Json params)>;

  // The volume must outlive the Plans.
  Plans(scanner::Volume& volume, std::string ledger_path, unsigned readers, Tell tell);
  ~Plans();  // Stop().

  // The number of the plan. kBusy while as many as kMost wait.
  Expected<std::uint64_t> Begin(ClientId client, scanner::GrantRequest request, const PlanOptions& options);
  void Gone(ClientId client);  // Its plans are dropped.
  void Stop();

  static constexpr std::size_t kMost = 8;

 private:
  struct Plan {
    ClientId client = 0;
    std::shared_ptr<scanner::StopFlag> stop = std::make_shared<scanner::StopFlag>(false);
  };
  class Relay;

  void Run(std::uint64_t number, ClientId client, const scanner::StopFlag& stop, const scanner::GrantRequest& request,
           const PlanOptions& options);

  scanner::Volume& volume_;
  std::string ledger_path_;
  unsigned readers_;
  Tell tell_;
  std::mutex mutex_;
  std::map<std::uint64_t, Plan> plans_;
  std::uint64_t last_ = 0;
  asio::thread_pool thread_{1};
};

}  // namespace acledger::daemon
