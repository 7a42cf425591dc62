// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "daemon/service/process_table.h"
#include "store/ledger.h"

namespace acledger::daemon {

// Those whose process runs no more, or is another one by now. Who cannot be asked counts as running.
std::vector<store::HolderId> DeadHolders(std::span<const store::Holder> holders, ProcessTable& processes);

// Finds holders that died without a word: told by the system where it can, else by a look every two seconds. Without
// holders nothing runs. Lives on the thread of the io_context.
class HolderWatch {
 public:
  // Gets the holders to be released; may get them again until they are.
  using OnDead = std::function<void(std::vector<store::HolderId>)>;

  // All must outlive the HolderWatch. `reader` may be read-only.
  HolderWatch(asio::io_context& io, store::Ledger& reader, ProcessTable& processes, OnDead on_dead);

  // At the start, and after holders came or went.
  Expected<void> Look();
  void Stop();

 private:
  using Process = std::pair<std::uint32_t, std::int64_t>;

  void Watch(std::span<const store::Holder> holders);
  void LookLater();

  asio::io_context& io_;
  store::Ledger& reader_;
  ProcessTable& processes_;
  OnDead on_dead_;
  asio::steady_timer timer_;
  std::map<Process, std::unique_ptr<ProcessTable::Watch>> watches_;
  bool stopped_ = false;
};

}  // namespace acledger::daemon
