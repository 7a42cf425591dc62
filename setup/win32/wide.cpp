// SPDX-License-Identifier: MIT
#include "setup/win32/wide.h"

#include "security/win32/nt_api.h"
#include "security/wtf8.h"

namespace acledger::setup {

Expected<std::wstring> ToWide(std::string_view text) {
  const Expected<std::u16string> units = FromWtf8(text);
  if (!units) return std::unexpected(units.error());
  if (units->find(u'\0') != units->npos)
    return Fail(ErrorKind::kInvalid, "read a name", "there is a null character in it");
  return std::wstring(units->begin(), units->end());
}

std::string FromWide(std::wstring_view text) { return ToWtf8(std::u16string(text.begin(), text.end())); }

Expected<WideSecret> WideSecret::Make(const Secret& secret) {
  WideSecret wide(secret.Size() + 1);
  std::size_t at = 0;
  for (const char c : secret.Reveal()) {
    if (c <= 0 || c > 0x7e)
      return Fail(ErrorKind::kInvalid, "read a password", "there is another character than ASCII");
    wide.text_[at++] = static_cast<wchar_t>(c);
  }
  return wide;
}

WideSecret::~WideSecret() { SecureZeroMemory(text_.data(), text_.size() * sizeof(wchar_t)); }

}  // namespace acledger::setup
