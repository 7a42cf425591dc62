// SPDX-License-Identifier: MIT
#include "setup/win32/dpapi.h"

#include "security/win32/handle.h"
#include "security/win32/system_error.h"

// After windows.h.
#include <dpapi.h>
#include <wincrypt.h>

namespace acledger::setup {
namespace {

// The functions only read what they are given.
DATA_BLOB AsBlob(std::string_view text) {
  return {static_cast<DWORD>(text.size()), reinterpret_cast<BYTE*>(const_cast<char*>(text.data()))};
}

DWORD FlagsFor(Dpapi::For whom) {
  return CRYPTPROTECT_UI_FORBIDDEN | (whom == Dpapi::For::kMachine ? CRYPTPROTECT_LOCAL_MACHINE : 0);
}

// A key of somebody else, or one that is not here, is not a damaged file; all else that the cryptography has against
// it is.
Error OpenError(DWORD code) {
  constexpr DWORD kCryptography = 0x80090000;
  Error error = win32::Win32Error("open what was sealed", code);
  if (code == static_cast<DWORD>(NTE_BAD_KEY_STATE) || code == static_cast<DWORD>(NTE_BAD_KEY) ||
      code == ERROR_FILE_NOT_FOUND) {
    error.kind = ErrorKind::kDenied;
  } else if (code == ERROR_INVALID_DATA || code == ERROR_INVALID_PARAMETER || (code & 0xFFFF0000) == kCryptography) {
    error.kind = ErrorKind::kCorrupt;
  }
  return error;
}

}  // namespace

Expected<std::vector<std::uint8_t>> Dpapi::Seal(const Secret& secret, const std::string& context) {
  DATA_BLOB plain = AsBlob(secret.Reveal()), entropy = AsBlob(context), sealed{};
  if (!CryptProtectData(&plain, L"acledger", &entropy, nullptr, nullptr, FlagsFor(whom_), &sealed))
    return std::unexpected(win32::LastError("seal a secret"));
  const win32::LocalMemory<BYTE> memory(sealed.pbData);
  return std::vector<std::uint8_t>(sealed.pbData, sealed.pbData + sealed.cbData);
}

Expected<Secret> Dpapi::Open(security::Bytes sealed, const std::string& context) {
  DATA_BLOB in{static_cast<DWORD>(sealed.size()), const_cast<BYTE*>(sealed.data())};
  DATA_BLOB entropy = AsBlob(context), plain{};
  if (!CryptUnprotectData(&in, nullptr, &entropy, nullptr, nullptr, FlagsFor(whom_), &plain))
    return std::unexpected(OpenError(GetLastError()));
  const win32::LocalMemory<BYTE> memory(plain.pbData);
  Secret secret({reinterpret_cast<const char*>(plain.pbData), plain.cbData});
  SecureZeroMemory(plain.pbData, plain.cbData);
  return secret;
}

}  // namespace acledger::setup
