// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"
#include "security/win32/handle.h"
#include "security/win32/nt_api.h"
// Behind the Windows headers.
#include <oleauto.h>

namespace acledger::setup {

template <class T>
struct ComTraits {
  using Value = T*;
  static Value None() { return nullptr; }
  static void Close(Value value) { value->Release(); }
};
// One reference to a COM object.
template <class T>
using ComRef = win32::UniqueHandle<ComTraits<T>>;

struct BstrTraits {
  using Value = BSTR;
  static Value None() { return nullptr; }
  static void Close(Value value) { SysFreeString(value); }
};
using Bstr = win32::UniqueHandle<BstrTraits>;

// kInvalid: no text.
Expected<Bstr> ToBstr(const std::string& text);
std::string FromBstr(const Bstr& text);  // None is empty.

// What a COM call returned, as an error; Error::code is it.
Error ComError(const char* operation, HRESULT result);

// COM for one thread, as long as it lasts. Where it is in use already, in whatever way, that goes on.
class ComApartment {
 public:
  ComApartment();
  ~ComApartment();
  ComApartment(const ComApartment&) = delete;
  ComApartment& operator=(const ComApartment&) = delete;

 private:
  bool is_ours_;
};

}  // namespace acledger::setup
