// SPDX-License-Identifier: MIT
#pragma once

#include "security/win32/handle.h"

// After windows.h.
#include <lm.h>

namespace acledger::setup {

template <class T>
struct NetMemoryTraits {
  using Value = T*;
  static Value None() { return nullptr; }
  static void Close(Value value) { NetApiBufferFree(value); }
};
// From functions that say "free it with NetApiBufferFree".
template <class T>
using NetMemory = win32::UniqueHandle<NetMemoryTraits<T>>;

// For functions that fill in any of their structures through one type.
template <class T>
LPBYTE* AsBytes(NetMemory<T>& memory) {
  return reinterpret_cast<LPBYTE*>(memory.Out());
}

}  // namespace acledger::setup
