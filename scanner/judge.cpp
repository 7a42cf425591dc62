// SPDX-License-Identifier: MIT
#include "scanner/judge.h"

#include <algorithm>

namespace acledger::scanner {

using security::Sid;

const std::vector<Sid>& UsualTokenSids() {
  static const std::vector<Sid> sids = {Sid::Everyone(), Sid::AuthenticatedUsers(), Sid::Users(), Sid::Interactive(),
                                        Sid::Local(),    Sid::LocalAccount()};
  return sids;
}

Judge::Judge(const store::Grant& grant) : mask_(security::kFileMapping.Map(grant.mask)) {
  token_.sids.push_back(grant.principal);
  token_.sids.insert(token_.sids.end(), UsualTokenSids().begin(), UsualTokenSids().end());
  token_.sids.insert(token_.sids.end(), grant.token_sids.begin(), grant.token_sids.end());
}

bool Judge::HasRelevantDeny(const security::DescriptorView& view, security::AccessMask missing) const {
  if (view.HasNullDacl()) return false;
  for (security::AceView ace : *view.Dacl()) {
    if (!ace.IsDeny() || ace.IsInheritOnly()) continue;
    const std::optional<security::AccessMask> mask = ace.Mask();
    if (mask && (security::kFileMapping.Map(*mask) & missing) == 0) continue;
    const std::optional<Sid> sid = ace.TrusteeSid();
    if (!sid || std::ranges::find(token_.sids, *sid) != token_.sids.end()) return true;
  }
  return false;
}

Facts Judge::Look(security::Bytes descriptor) const {
  Facts facts;
  const Expected<security::DescriptorView> view = security::DescriptorView::Parse(descriptor);
  if (!view) return facts;
  facts.valid = true;
  facts.null_dacl = view->HasNullDacl();
  facts.empty_dacl = !facts.null_dacl && view->Dacl()->AceCount() == 0;
  facts.is_protected = view->IsDaclProtected();
  const security::AccessResult result = security::CheckAccess(*view, token_, mask_);
  facts.readable = result.granted;
  if (facts.readable) return facts;
  facts.denied = HasRelevantDeny(*view, result.missing);
  // A NULL DACL that is refused all the same can only be refused by its label.
  facts.blocked_by_label = result.denied_by_entry && !facts.denied;
  return facts;
}

bool Judge::Grants(security::Bytes descriptor) const {
  const Expected<security::DescriptorView> view = security::DescriptorView::Parse(descriptor);
  return view && security::CheckAccess(*view, token_, mask_).granted;
}

}  // namespace acledger::scanner
