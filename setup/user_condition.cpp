// SPDX-License-Identifier: MIT
#include "setup/user_condition.h"

#include "security/sddl.h"

namespace acledger::setup {
namespace {

constexpr security::AccessMask kMatch = 1;

}  // namespace

std::string UserConditionSddl(const security::Sid& account) { return "O:LSD:(A;;CC;;;" + account.ToString() + ")"; }

security::DescriptorBytes UserCondition(const security::Sid& account) {
  return security::FromSddl(UserConditionSddl(account)).value();
}

std::optional<security::Sid> UserInCondition(security::Bytes descriptor) {
  const auto view = security::DescriptorView::Parse(descriptor);
  if (!view || !view->Dacl() || view->Dacl()->AceCount() != 1) return std::nullopt;
  const security::AceView ace = *view->Dacl()->begin();
  if (!ace.IsPlain() || !ace.IsAllow() || ace.IsInheritOnly() || !ace.Mask() || (*ace.Mask() & kMatch) == 0)
    return std::nullopt;
  return ace.TrusteeSid();
}

}  // namespace acledger::setup
