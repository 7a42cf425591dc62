// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"
#include "security/win32/handle.h"

namespace acledger::setup {

struct ServiceHandleTraits {
  using Value = SC_HANDLE;
  static Value None() { return nullptr; }
  static void Close(Value value) { CloseServiceHandle(value); }
};
using ServiceHandle = win32::UniqueHandle<ServiceHandleTraits>;

Expected<ServiceHandle> OpenManager(DWORD access);
// kNotFound: there is none of that name.
Expected<ServiceHandle> OpenOneService(const std::string& name, DWORD access);

}  // namespace acledger::setup
