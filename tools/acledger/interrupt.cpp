// SPDX-License-Identifier: MIT
#include "tools/acledger/interrupt.h"

#include <csignal>

namespace acledger::tools {
namespace {

scanner::StopFlag stop = false;
static_assert(scanner::StopFlag::is_always_lock_free, "a signal handler may set it");

void OnSignal(int signal) {
  stop = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

const scanner::StopFlag& StopOnInterrupt() {
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  return stop;
}

}  // namespace acledger::tools
