// SPDX-License-Identifier: MIT
#include <cstdio>
#include <exception>

#include "daemon/host/run.h"

// Exit codes as the command line's: 0 done, 2 wrong usage, 3 not possible.
int main(int argc, char** argv) {
  using namespace acledger;
  try {
    const auto options = daemon::ReadOptions(argc, argv);
    if (!options) return options.error();
    const Expected<void> ran = options->service ? daemon::RunService(*options) : daemon::RunForeground(*options);
    if (ran) return 0;
    std::fprintf(stderr, "acledgerd: %s\n", ran.error().ToString().c_str());
    return ran.error().kind == ErrorKind::kInvalid ? 2 : 3;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "acledgerd: %s\n", error.what());
    return 3;
  }
}
