// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "security/error.h"

namespace acledger::setup {

struct RegistryValue {
  enum class Kind : std::uint8_t { kText, kExpandText, kNumber };
  Kind kind = Kind::kText;
  std::string text;
  std::uint32_t number = 0;
  bool operator==(const RegistryValue&) const = default;
};

// Values below HKEY_LOCAL_MACHINE (the 64-bit view), by key ("SOFTWARE\\acledger") and name.
//
// Threads: one at a time. Errors: kNotFound (RemoveValue, RemoveEmptyKey), kDenied, kUnsupported (a value of another
// kind), kInvalid (text that is no UTF-16), kMismatch (RemoveEmptyKey: something is in it), kIo.
class Registry {
 public:
  Registry() = default;
  virtual ~Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  virtual Expected<bool> HasKey(const std::string& key) = 0;
  virtual Expected<bool> IsEmpty(const std::string& key) = 0;  // Neither values nor keys are in it.
  virtual Expected<void> RemoveEmptyKey(const std::string& key) = 0;
  virtual Expected<std::optional<RegistryValue>> Find(const std::string& key, const std::string& name) = 0;
  virtual Expected<void> Put(const std::string& key, const std::string& name,
                             const RegistryValue& value) = 0;  // Makes the keys that are missing.
  virtual Expected<void> RemoveValue(const std::string& key, const std::string& name) = 0;
};

}  // namespace acledger::setup
