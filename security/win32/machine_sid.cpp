// SPDX-License-Identifier: MIT
#include "security/win32/machine_sid.h"

#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

// After windows.h.
#include <ntsecapi.h>

namespace acledger::win32 {
namespace {

struct LsaPolicyTraits {
  using Value = LSA_HANDLE;
  static Value None() { return nullptr; }
  static void Close(Value value) { LsaClose(value); }
};
struct LsaMemoryTraits {
  using Value = PVOID;
  static Value None() { return nullptr; }
  static void Close(Value value) { LsaFreeMemory(value); }
};

}  // namespace

Expected<security::Sid> MachineSid() {
  LSA_OBJECT_ATTRIBUTES attributes{};
  UniqueHandle<LsaPolicyTraits> policy;
  NTSTATUS status = LsaOpenPolicy(nullptr, &attributes, POLICY_VIEW_LOCAL_INFORMATION, policy.Out());
  if (status != STATUS_SUCCESS) return std::unexpected(StatusError("open the local security policy", status));
  UniqueHandle<LsaMemoryTraits> answer;
  status = LsaQueryInformationPolicy(policy.Get(), PolicyAccountDomainInformation, answer.Out());
  if (status != STATUS_SUCCESS) return std::unexpected(StatusError("ask for the machine's SID", status));
  return ToSid(static_cast<POLICY_ACCOUNT_DOMAIN_INFO*>(answer.Get())->DomainSid);
}

}  // namespace acledger::win32
