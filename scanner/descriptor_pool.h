// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "security/descriptor.h"

namespace acledger::scanner {

// Descriptors that readers have met, each kept once, so that a folder's record carries numbers instead of bytes.
// Any thread. Numbers start at 0 and stay valid for the pool's life.
class DescriptorPool {
 public:
  using Number = std::uint32_t;
  static constexpr Number kNone = ~Number{0};

  Number Intern(security::Bytes descriptor);
  Number Find(security::Bytes descriptor) const;  // kNone: it was not met.

  // The reference stays valid for the pool's life.
  const security::DescriptorBytes& Get(Number number) const;

 private:
  mutable std::mutex mutex_;
  std::deque<security::DescriptorBytes> descriptors_;  // A deque: elements do not move.
  std::unordered_map<std::string_view, Number> numbers_;
};

}  // namespace acledger::scanner
