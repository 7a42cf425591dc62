// SPDX-License-Identifier: MIT
#include <asio/signal_set.hpp>
#include <csignal>

#include "daemon/host/host.h"
#include "daemon/host/run.h"
#include "daemon/service/system.h"

namespace acledger::daemon {
namespace {

// Bad configuration is told in the log; the signal's sender gets no answer.
void ReloadOn(asio::signal_set& signals, Host& host) {
  signals.async_wait([&](std::error_code cancelled, int) {
    if (cancelled) return;
    (void)host.Reload();
    ReloadOn(signals, host);
  });
}

}  // namespace

Expected<void> RunForeground(const DaemonOptions& options) {
  Host host(options);
  // Before anybody is told that we are ready, and may send one: unhandled, it would end us.
  asio::signal_set reloads(host.Io());
  if (const std::optional<int> signal = ReloadSignal()) {
    reloads.add(*signal);
    ReloadOn(reloads, host);
  }
  if (Expected<void> started = host.Start(); !started) return started;
  // Not before: a start may take minutes, and can be killed as it stands.
  asio::signal_set ends(host.Io(), SIGINT, SIGTERM);
  ends.async_wait([&](std::error_code cancelled, int) {
    if (!cancelled) host.Stop();
  });
  host.Run();
  return {};
}

}  // namespace acledger::daemon
