// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "random_descriptor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace acledger::security {
namespace {

// The target aborts where a promise is broken; under the sanitizers also where memory is.
TEST(FuzzDescriptorTest, HoldsItsPromisesForRandomDescriptors) {
  Random random(10);
  for (int i = 0; i < 20'000; ++i) {
    DescriptorBytes bytes = RandomDescriptor(random);
    EXPECT_EQ(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()), 0);
  }
}

TEST(FuzzDescriptorTest, HoldsItsPromisesForDamagedDescriptors) {
  Random random(11);
  for (int i = 0; i < 60'000; ++i) {
    DescriptorBytes bytes = RandomBytes(random);
    // A buffer of exactly that size, so that AddressSanitizer sees a read behind its end.
    std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), exact.get());
    EXPECT_EQ(LLVMFuzzerTestOneInput(exact.get(), bytes.size()), 0);
  }
}

}  // namespace
}  // namespace acledger::security
