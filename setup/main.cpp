// SPDX-License-Identifier: MIT
#include <cstdio>
#include <exception>

#include "setup/program/run.h"
#include "setup/win32/win32_host.h"

namespace {

int ReadAndRun(int argc, char** argv) {
  using namespace acledger::setup;
  const auto line = ReadCommandLine(argc, argv);
  if (!line) return line.error();
  Win32Host host;
  if (const auto begun = host.Begin(); !begun) {
    std::fprintf(stderr, "acledger-setup: %s\n", begun.error().ToString().c_str());
    return kNotPossible;
  }
  if (line->request) return RunRequest(*line->request, host);
  return Run(line->command, host, ShowOnConsole);
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
