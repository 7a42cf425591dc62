// SPDX-License-Identifier: MIT
#pragma once

#include "security/win32/handle.h"
#include "security/win32/system_error.h"

// After windows.h.
#include <ntsecapi.h>

namespace acledger::win32 {

struct LsaPolicyTraits {
  using Value = LSA_HANDLE;
  static Value None() { return nullptr; }
  static void Close(Value value) { LsaClose(value); }
};
struct LsaMemoryTraits {
  using Value = PVOID;
  static Value None() { return nullptr; }
  static void Close(Value value) { LsaFreeMemory(value); }
};

using LsaPolicy = UniqueHandle<LsaPolicyTraits>;
using LsaMemory = UniqueHandle<LsaMemoryTraits>;

// This machine's policy, opened with the rights `access` (POLICY_*).
inline Expected<LsaPolicy> OpenLocalPolicy(ACCESS_MASK access) {
  LSA_OBJECT_ATTRIBUTES attributes{};
  LsaPolicy policy;
  const NTSTATUS status = LsaOpenPolicy(nullptr, &attributes, access, policy.Out());
  if (status != STATUS_SUCCESS) return std::unexpected(StatusError("open the local security policy", status));
  return policy;
}

}  // namespace acledger::win32
