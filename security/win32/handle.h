// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>

#include "security/win32/nt_api.h"

namespace acledger::win32 {

// Owns one thing of the system and gives it back when it goes. Move-only; one thread at a time. `Traits` says what the
// thing is (Value), which value means none (None()) and how it is given back (Close()): the kinds differ in both.
template <class Traits>
class UniqueHandle {
 public:
  using Value = typename Traits::Value;

  UniqueHandle() = default;
  explicit UniqueHandle(Value value) : value_(value) {}
  UniqueHandle(UniqueHandle&& other) noexcept : value_(other.Release()) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~UniqueHandle() { Reset(); }

  explicit operator bool() const { return value_ != Traits::None(); }
  Value Get() const { return value_; }
  // For a function that fills it in; what was held before is closed.
  Value* Out() {
    Reset();
    return &value_;
  }
  Value Release() { return std::exchange(value_, Traits::None()); }
  void Reset(Value value = Traits::None()) {
    const Value old = std::exchange(value_, value);
    if (old != Traits::None()) Traits::Close(old);
  }

 private:
  Value value_ = Traits::None();
};

template <std::intptr_t kNone>
struct KernelTraits {
  using Value = HANDLE;
  static Value None() { return reinterpret_cast<HANDLE>(kNone); }
  static void Close(Value value) { CloseHandle(value); }
};

template <class T>
struct LocalTraits {
  using Value = T*;
  static Value None() { return nullptr; }
  static void Close(Value value) { LocalFree(value); }
};

using FileHandle = UniqueHandle<KernelTraits<-1>>;  // From CreateFileW and the like: INVALID_HANDLE_VALUE means none.
using NtHandle = UniqueHandle<KernelTraits<0>>;     // From the NT API, and events, processes, threads.
using TokenHandle = NtHandle;
template <class T>
using LocalMemory = UniqueHandle<LocalTraits<T>>;  // From functions that say "free it with LocalFree".

}  // namespace acledger::win32
