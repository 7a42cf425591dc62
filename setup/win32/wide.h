// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "security/error.h"
#include "setup/secret.h"

namespace acledger::setup {

// Text as Windows takes it, and back (WTF-8). kInvalid: no WTF-8, or a null character in it.
Expected<std::wstring> ToWide(std::string_view text);
std::string FromWide(std::wstring_view text);

// A secret as Windows takes it, with a null character behind it; overwritten when it goes. Of ASCII only: kInvalid.
class WideSecret {
 public:
  static Expected<WideSecret> Make(const Secret& secret);
  WideSecret(WideSecret&&) = default;
  WideSecret& operator=(WideSecret&&) = delete;
  ~WideSecret();

  // For functions whose parameter is not const, though they do not write.
  wchar_t* Get() { return text_.data(); }

 private:
  explicit WideSecret(std::size_t size) : text_(size) {}
  std::vector<wchar_t> text_;  // Of its final size from the start: growing would leave copies.
};

}  // namespace acledger::setup
