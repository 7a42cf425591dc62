// SPDX-License-Identifier: MIT
#include "security/win32/machine_sid.h"

#include "security/win32/convert.h"
#include "security/win32/lsa_handle.h"

namespace acledger::win32 {

Expected<AccountDomain> LocalAccountDomain() {
  const Expected<LsaPolicy> policy = OpenLocalPolicy(POLICY_VIEW_LOCAL_INFORMATION);
  if (!policy) return std::unexpected(policy.error());
  LsaMemory answer;
  const NTSTATUS status = LsaQueryInformationPolicy(policy->Get(), PolicyAccountDomainInformation, answer.Out());
  if (status != STATUS_SUCCESS) return std::unexpected(StatusError("ask for the machine's SID", status));
  const auto* info = static_cast<POLICY_ACCOUNT_DOMAIN_INFO*>(answer.Get());
  const Expected<security::Sid> sid = ToSid(info->DomainSid);
  if (!sid) return std::unexpected(sid.error());
  return AccountDomain{{info->DomainName.Buffer, info->DomainName.Length / sizeof(wchar_t)}, *sid};
}

Expected<security::Sid> MachineSid() {
  const Expected<AccountDomain> domain = LocalAccountDomain();
  if (!domain) return std::unexpected(domain.error());
  return domain->sid;
}

}  // namespace acledger::win32
