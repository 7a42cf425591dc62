// SPDX-License-Identifier: MIT
#include "security/win32/convert.h"
#include "security/win32/lsa_handle.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_accounts.h"

namespace acledger::setup {
namespace {

// Rights as the local security authority takes them; they point into `names`.
struct LsaNames {
  std::vector<std::wstring> names;
  std::vector<LSA_UNICODE_STRING> strings;
};

Expected<LsaNames> ToLsa(const std::vector<std::string>& rights) {
  LsaNames lsa;
  for (const std::string& right : rights) {
    auto wide = ToWide(right);
    if (!wide) return std::unexpected(wide.error());
    lsa.names.push_back(*std::move(wide));
  }
  for (std::wstring& name : lsa.names) {
    const auto bytes = static_cast<USHORT>(name.size() * sizeof(wchar_t));
    lsa.strings.push_back({bytes, bytes, name.data()});
  }
  return lsa;
}

std::unexpected<Error> LsaError(const char* operation, NTSTATUS status, const security::Sid& account) {
  return std::unexpected(win32::StatusError(operation, status).At(account.ToString()));
}

}  // namespace

Expected<std::vector<std::string>> Win32Accounts::RightsOf(const security::Sid& account) {
  const auto policy = win32::OpenLocalPolicy(POLICY_LOOKUP_NAMES | POLICY_VIEW_LOCAL_INFORMATION);
  if (!policy) return std::unexpected(policy.error());
  LSA_UNICODE_STRING* list = nullptr;
  ULONG count = 0;
  const NTSTATUS status = LsaEnumerateAccountRights(policy->Get(), win32::AsPsid(account), &list, &count);
  // Who has no rights is not in its list at all.
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) return std::vector<std::string>();
  if (status != STATUS_SUCCESS) return LsaError("list the account's rights", status, account);
  const win32::LsaMemory memory(list);
  std::vector<std::string> rights;
  for (ULONG i = 0; i < count; ++i) rights.push_back(FromWide({list[i].Buffer, list[i].Length / sizeof(wchar_t)}));
  return rights;
}

Expected<void> Win32Accounts::GiveRights(const security::Sid& account, const std::vector<std::string>& rights) {
  auto names = ToLsa(rights);
  if (!names) return std::unexpected(names.error());
  const auto policy = win32::OpenLocalPolicy(POLICY_LOOKUP_NAMES | POLICY_CREATE_ACCOUNT);
  if (!policy) return std::unexpected(policy.error());
  const NTSTATUS status = LsaAddAccountRights(policy->Get(), win32::AsPsid(account), names->strings.data(),
                                              static_cast<ULONG>(names->strings.size()));
  if (status != STATUS_SUCCESS) return LsaError("give the account rights", status, account);
  return {};
}

Expected<void> Win32Accounts::TakeRights(const security::Sid& account, const std::vector<std::string>& rights) {
  auto names = ToLsa(rights);
  if (!names) return std::unexpected(names.error());
  const auto policy = win32::OpenLocalPolicy(POLICY_LOOKUP_NAMES);
  if (!policy) return std::unexpected(policy.error());
  const NTSTATUS status = LsaRemoveAccountRights(policy->Get(), win32::AsPsid(account), FALSE, names->strings.data(),
                                                 static_cast<ULONG>(names->strings.size()));
  if (status != STATUS_SUCCESS && status != STATUS_OBJECT_NAME_NOT_FOUND)
    return LsaError("take the account's rights", status, account);
  return {};
}

}  // namespace acledger::setup
