// SPDX-License-Identifier: MIT
// Feeds the fuzzer random descriptors beside its own mutations, so that it needs no corpus to get past the parser.
#include <algorithm>

#include "random_descriptor.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  using namespace acledger::security;
  Random random(seed);
  if (!random.OneIn(20)) return LLVMFuzzerMutate(data, size, max_size);
  DescriptorBytes fresh = random.OneIn(2) ? RandomDescriptor(random) : RandomBytes(random);
  std::size_t length = std::min(fresh.size(), max_size);
  std::copy_n(fresh.begin(), length, data);
  return length;
}
