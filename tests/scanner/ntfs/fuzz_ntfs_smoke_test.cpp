// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace acledger::scanner::ntfs {
namespace {

// The fuzz target itself, where no fuzzer is: random changes, mostly under the fix-ups, where they get further.
TEST(FuzzNtfs, StandsRandomChanges) {
  std::mt19937 random(5);
  for (int round = 0; round < 4'000; ++round) {
    std::vector<std::uint8_t> input(2 + 3 * (1 + random() % 5));
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random());
    if (random() % 4 != 0) input[0] = 2;
    for (std::size_t at = 3; at < input.size(); at += 3) input[at] = static_cast<std::uint8_t>(random() % 2);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
}

}  // namespace
}  // namespace acledger::scanner::ntfs
