// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "security/error.h"

namespace acledger::scanner::ntfs {

// The value, or an exception that says why there is none and fails the test.
template <class T>
T Must(Expected<T> result) {
  if (!result) throw std::runtime_error(result.error().ToString());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// What kind of failure it is; empty where there is none.
template <class T>
std::optional<ErrorKind> Failure(const Expected<T>& result) {
  return result ? std::nullopt : std::optional(result.error().kind);
}

// Why it failed; empty where it did not.
template <class T>
std::string Why(const Expected<T>& result) {
  return result ? std::string() : result.error().reason;
}

}  // namespace acledger::scanner::ntfs
