// SPDX-License-Identifier: MIT
#include "security/mandatory_label.h"

#include "security/access_check.h"

namespace acledger::security {
namespace {

constexpr AccessMask kEverything = ~AccessMask{0};
constexpr std::uint64_t kMandatoryLabelAuthority = 16;
constexpr AccessMask kNoWriteUp = 1;
constexpr AccessMask kNoReadUp = 2;
constexpr AccessMask kNoExecuteUp = 4;

AccessMask LeftBelow(AccessMask policy, const GenericMapping& mapping) {
  AccessMask left = 0;
  if ((policy & kNoReadUp) == 0) left |= mapping.read;
  if ((policy & kNoWriteUp) == 0) left |= mapping.write;
  if ((policy & kNoExecuteUp) == 0) left |= mapping.execute;
  return left;
}

AccessMask LeftBy(const AceView& label, std::uint32_t integrity, const GenericMapping& mapping) {
  auto sid = label.TrusteeSid();
  if (!sid || sid->Authority() != kMandatoryLabelAuthority || sid->SubAuthorityCount() != 1) return 0;
  return integrity >= sid->SubAuthority(0) ? kEverything : LeftBelow(*label.Mask(), mapping);
}

}  // namespace

AccessMask RightsLeftByLabel(const DescriptorView& descriptor, std::uint32_t integrity, const GenericMapping& mapping) {
  if (descriptor.Sacl()) {
    for (AceView ace : *descriptor.Sacl()) {
      bool is_label = ace.Type() == AceType::kSystemMandatoryLabel && !ace.IsInheritOnly();
      if (is_label) return LeftBy(ace, integrity, mapping);
    }
  }
  return integrity >= kMediumIntegrity ? kEverything : LeftBelow(kNoWriteUp, mapping);
}

}  // namespace acledger::security
