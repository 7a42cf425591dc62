// SPDX-License-Identifier: MIT
#include "setup/win32/account_names.h"

#include <array>

#include "security/win32/convert.h"
#include "security/win32/machine_sid.h"
#include "security/win32/system_error.h"
#include "security/wtf8.h"
#include "setup/account_codes.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

constexpr DWORD kMostName = 512;

std::unexpected<Error> Contradiction(const std::string& name, const std::string& reason) {
  return std::unexpected(Error{ErrorKind::kMismatch, "look an account up", name, 0, reason});
}

Expected<std::wstring> NameOf(const security::Sid& sid) {
  std::array<wchar_t, kMostName> name{}, domain{};
  DWORD name_size = kMostName, domain_size = kMostName;
  SID_NAME_USE use = SidTypeUnknown;
  if (!LookupAccountSidW(nullptr, win32::AsPsid(sid), name.data(), &name_size, domain.data(), &domain_size, &use))
    return std::unexpected(win32::LastError("look the name of a SID up").At(sid.ToString()));
  return std::wstring(name.data(), name_size);
}

}  // namespace

Expected<std::optional<NamedAccount>> LookUpLocal(const std::string& name) {
  const Expected<std::wstring> wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  const Expected<win32::AccountDomain> machine = win32::LocalAccountDomain();
  if (!machine) return std::unexpected(machine.error());
  const std::wstring qualified = machine->name + L"\\" + *wide;

  alignas(DWORD) std::array<std::uint8_t, SECURITY_MAX_SID_SIZE> sid_bytes{};
  std::array<wchar_t, kMostName> domain{};
  DWORD sid_size = SECURITY_MAX_SID_SIZE, domain_size = kMostName;
  SID_NAME_USE use = SidTypeUnknown;
  if (!LookupAccountNameW(nullptr, qualified.c_str(), sid_bytes.data(), &sid_size, domain.data(), &domain_size, &use)) {
    const DWORD code = GetLastError();
    if (code == ERROR_NONE_MAPPED) return std::optional<NamedAccount>();
    return std::unexpected(AccountError("look an account up", code, name));
  }
  const Expected<security::Sid> sid = win32::ToSid(sid_bytes.data());
  if (!sid) return std::unexpected(sid.error());
  if (!sid->SameDomain(machine->sid))
    return Contradiction(name, "the system takes it for " + sid->ToString() + ", which is not of this machine");
  const Expected<std::wstring> back = NameOf(*sid);
  if (!back) return std::unexpected(back.error());
  if (FoldWtf8(FromWide(*back)) != FoldWtf8(name))
    return Contradiction(name, "its SID stands for another name, " + FromWide(*back));
  return NamedAccount{*sid, use};
}

Error AccountError(const char* operation, std::uint32_t code, const std::string& name) {
  if (const auto meaning = MeaningOfAccountCode(code)) return {meaning->kind, operation, name, code, meaning->reason};
  return win32::Win32Error(operation, code).At(name);
}

}  // namespace acledger::setup
