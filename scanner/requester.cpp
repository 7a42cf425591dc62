// SPDX-License-Identifier: MIT
#include "scanner/requester.h"

namespace acledger::scanner {

RequesterCheck::RequesterCheck(const std::optional<store::Requester>& requester) {
  if (requester) token_ = security::Token{.sids = requester->sids, .deny_only = requester->deny_only};
}

bool RequesterCheck::Holds(security::Bytes descriptor, security::AccessMask right) const {
  if (!token_) return true;
  const Expected<security::DescriptorView> view = security::DescriptorView::Parse(descriptor);
  return view && security::CheckAccess(*view, *token_, right).granted;
}

bool RequesterCheck::MayWrite(security::Bytes descriptor) const { return Holds(descriptor, security::kWriteDac); }

bool RequesterCheck::MayEnter(security::Bytes descriptor) const {
  return Holds(descriptor, security::kFileReadData) || MayWrite(descriptor);
}

}  // namespace acledger::scanner
