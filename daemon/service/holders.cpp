// SPDX-License-Identifier: MIT
#include "daemon/service/holders.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace acledger::daemon {

namespace {

constexpr auto kBetweenLooks = std::chrono::seconds(2);

}  // namespace

std::vector<store::HolderId> DeadHolders(std::span<const store::Holder> holders, ProcessTable& processes) {
  std::vector<store::HolderId> dead;
  std::map<std::uint32_t, Expected<std::int64_t>> asked;
  for (const store::Holder& holder : holders) {
    auto known = asked.find(holder.process);
    if (known == asked.end()) known = asked.emplace(holder.process, processes.CreationTime(holder.process)).first;
    const Expected<std::int64_t>& created = known->second;
    const bool runs = created ? *created == holder.created : created.error().kind != ErrorKind::kNotFound;
    if (!runs) dead.push_back(holder.id);
  }
  return dead;
}

HolderWatch::HolderWatch(asio::io_context& io, store::Ledger& reader, ProcessTable& processes, OnDead on_dead)
    : io_(io), reader_(reader), processes_(processes), on_dead_(std::move(on_dead)), timer_(io) {}

Expected<void> HolderWatch::Look() {
  if (stopped_) return {};
  const Expected<std::vector<store::Holder>> holders = reader_.Holders();
  LookLater();  // Also where the ledger could not be read.
  if (!holders) return std::unexpected(holders.error());
  if (holders->empty()) timer_.cancel();
  Watch(*holders);
  std::vector<store::HolderId> dead = DeadHolders(*holders, processes_);
  if (!dead.empty()) on_dead_(std::move(dead));
  return {};
}

void HolderWatch::Watch(std::span<const store::Holder> holders) {
  std::map<Process, std::unique_ptr<ProcessTable::Watch>> wanted;
  for (const store::Holder& holder : holders) {
    const Process process(holder.process, holder.created);
    if (wanted.contains(process)) continue;
    const auto known = watches_.find(process);
    // What cannot be watched is asked for again at each look.
    if (known != watches_.end() && known->second)
      wanted.emplace(process, std::move(known->second));
    else
      wanted.emplace(process, processes_.WhenEnded(io_, holder.process, [this] { static_cast<void>(Look()); }));
  }
  watches_ = std::move(wanted);
}

void HolderWatch::LookLater() {
  timer_.expires_after(kBetweenLooks);
  timer_.async_wait([this](std::error_code cancelled) {
    if (!cancelled) static_cast<void>(Look());
  });
}

void HolderWatch::Stop() {
  stopped_ = true;
  timer_.cancel();
  watches_.clear();
}

}  // namespace acledger::daemon
