// SPDX-License-Identifier: MIT
#include <cstdio>
#include <exception>

#include "setup/program/run.h"
#include "setup/program/this_system.h"

namespace {

int ReadAndRun(int argc, char** argv) {
  using namespace acledger::setup;
  const auto line = ReadCommandLine(argc, argv);
  if (!line) return line.error();
  const auto host = MakeHost();
  if (!host) {
    std::fprintf(stderr, "acledger-setup: %s\n", host.error().ToString().c_str());
    return kNotPossible;
  }
  return line->request ? RunRequest(*line->request, **host) : Run(line->command, **host, ShowOnConsole);
}

}  // namespace

// Exit codes: see setup/program/command.h.
int main(int argc, char** argv) {
  try {
    return ReadAndRun(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "acledger-setup: %s\n", error.what());
    return acledger::setup::kNotPossible;
  }
}
