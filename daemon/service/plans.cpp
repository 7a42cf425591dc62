// SPDX-License-Identifier: MIT
#include "daemon/service/plans.h"

#include <asio/post.hpp>
#include <utility>

#include "daemon/answers/scratch_ledger.h"
#include "daemon/service/progress_json.h"

namespace acledger::daemon {

class Plans::Relay final : public scanner::Progress {
 public:
  Relay(const Tell& tell, std::uint64_t plan, ClientId client) : tell_(tell), plan_(plan), client_(client) {}

  void Report(const scanner::ProgressState& state) override {
    if (!pace_.IsDue()) return;
    Json json = ProgressJson(state);
    json["plan"] = plan_;
    tell_(client_, "progress", std::move(json));
  }

 private:
  const Tell& tell_;
  std::uint64_t plan_;
  ClientId client_;
  ProgressPace pace_;
};

Plans::Plans(scanner::Volume& volume, std::string ledger_path, unsigned readers, Tell tell)
    : volume_(volume), ledger_path_(std::move(ledger_path)), readers_(readers), tell_(std::move(tell)) {}

Plans::~Plans() { Stop(); }

void Plans::Stop() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, plan] : plans_) *plan.stop = true;
  }
  thread_.join();
}

void Plans::Gone(ClientId client) {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, plan] : plans_)
    if (plan.client == client) *plan.stop = true;
}

Expected<std::uint64_t> Plans::Begin(ClientId client, scanner::GrantRequest request, const PlanOptions& options) {
  const std::lock_guard lock(mutex_);
  if (plans_.size() >= kMost)
    return Fail(ErrorKind::kBusy, "plan", "too many plans are under way; try again when one is done");
  const std::uint64_t number = ++last_;
  Plan& plan = plans_[number];
  plan.client = client;
  asio::post(thread_, [this, number, client, stop = plan.stop, request = std::move(request), options] {
    Run(number, client, *stop, request, options);
    const std::lock_guard ended(mutex_);
    plans_.erase(number);
  });
  return number;
}

void Plans::Run(std::uint64_t number, ClientId client, const scanner::StopFlag& stop,
                const scanner::GrantRequest& request, const PlanOptions& options) {
  if (stop) return;
  const auto plan = [&]() -> Expected<Json> {
    store::OpenOptions how;
    how.read_only = true;
    how.check_volume = false;
    auto existing = store::Ledger::Open(ledger_path_, how);
    if (!existing) return std::unexpected(existing.error());
    ScratchLedger scratch;
    const Expected<store::Ledger*> ledger = scratch.Open(existing->get(), volume_.Info());
    if (!ledger) return std::unexpected(ledger.error());
    Relay relay(tell_, number, client);
    return PlanJson({volume_, **ledger, relay, stop, readers_}, request, options);
  };
  const Expected<Json> planned = plan();
  Json told = {{"plan", number}};
  if (planned)
    told["result"] = *planned;
  else
    told["error"] = ErrorObject(planned.error());
  tell_(client, "planned", std::move(told));
}

}  // namespace acledger::daemon
