// SPDX-License-Identifier: MIT
#include "security/access_check.h"

#include <algorithm>

#include "security/mandatory_label.h"

namespace acledger::security {
namespace {

constexpr AccessMask kEverything = ~AccessMask{0};
constexpr AccessMask kOwnersRights = kReadControl | kWriteDac;
// ACCESS_SYSTEM_SECURITY comes from a privilege alone, MAXIMUM_ALLOWED is a question.
constexpr AccessMask kNeverInAces = kAccessSystemSecurity | kMaximumAllowed;

bool Is(const Sid& sid, Bytes bytes) { return std::ranges::equal(sid.AsBytes(), bytes); }

bool Contains(const std::vector<Sid>& sids, Bytes sid) {
  return std::ranges::any_of(sids, [&](const Sid& candidate) { return Is(candidate, sid); });
}

// The SIDs that one pass over the DACL compares with.
class Identity {
 public:
  Identity(const std::vector<Sid>& sids, const std::vector<Sid>* deny_only, const std::optional<Sid>& owner)
      : sids_(sids), deny_only_(deny_only), owner_(owner) {}

  bool IsOwner() const { return owner_ && Contains(sids_, owner_->AsBytes()); }

  bool IsAllowed(Bytes trustee) const { return Contains(sids_, Standing(trustee)); }
  bool IsDenied(Bytes trustee) const {
    Bytes sid = Standing(trustee);
    return Contains(sids_, sid) || (deny_only_ != nullptr && Contains(*deny_only_, sid));
  }

 private:
  // OWNER RIGHTS stands for whoever owns the object.
  Bytes Standing(Bytes trustee) const {
    return owner_ && Is(Sid::OwnerRights(), trustee) ? owner_->AsBytes() : trustee;
  }

  const std::vector<Sid>& sids_;
  const std::vector<Sid>* deny_only_;
  const std::optional<Sid>& owner_;
};

struct Verdict {
  AccessMask granted = 0, denied = 0;
};

bool NamesOwnerRights(const AceView& ace) {
  return !ace.IsInheritOnly() && (ace.IsAllow() || ace.IsDeny()) && Is(Sid::OwnerRights(), ace.TrusteeBytes());
}

// What a deny ACE denies; where its body cannot be read, everything to everyone.
AccessMask DeniedBy(const AceView& ace, const Identity& identity, const GenericMapping& mapping) {
  Bytes trustee = ace.TrusteeBytes();
  if (!trustee.empty() && !identity.IsDenied(trustee)) return 0;
  auto mask = ace.Mask();
  return mask ? mapping.Map(*mask) : kEverything;
}

AccessMask GrantedBy(const AceView& ace, const Identity& identity, const GenericMapping& mapping) {
  if (ace.Type() != AceType::kAccessAllowed) return 0;  // Opaque: whether it grants depends on what we do not evaluate.
  Bytes trustee = ace.TrusteeBytes();
  return !trustee.empty() && identity.IsAllowed(trustee) ? mapping.Map(*ace.Mask()) : 0;
}

Verdict Walk(const AclView& dacl, const Identity& identity, const GenericMapping& mapping) {
  Verdict verdict;
  if (identity.IsOwner() && std::none_of(dacl.begin(), dacl.end(), NamesOwnerRights)) verdict.granted = kOwnersRights;
  for (AceView ace : dacl) {
    if (ace.IsInheritOnly()) continue;
    AccessMask undecided = ~(verdict.granted | verdict.denied);
    if (ace.IsDeny()) {
      verdict.denied |= DeniedBy(ace, identity, mapping) & undecided;
    } else {
      verdict.granted |= GrantedBy(ace, identity, mapping) & undecided & ~kNeverInAces;
    }
  }
  return verdict;
}

// The rights for which a write-restricted token needs its restricting SIDs too. What writing has in common with reading
// (READ_CONTROL, SYNCHRONIZE) is not among them; FILE_DELETE_CHILD is no part of GENERIC_WRITE, so it is neither.
AccessMask WriteRights(const GenericMapping& mapping) {
  return (mapping.write & ~(mapping.read | mapping.execute)) | kDelete | kWriteDac | kWriteOwner;
}

Verdict WalkForToken(const DescriptorView& descriptor, const Token& token, const GenericMapping& mapping) {
  const AclView& dacl = *descriptor.Dacl();
  Verdict verdict = Walk(dacl, {token.sids, &token.deny_only, descriptor.Owner()}, mapping);
  if (token.restricting.empty()) return verdict;
  Verdict restricted = Walk(dacl, {token.restricting, nullptr, descriptor.Owner()}, mapping);
  AccessMask asked_twice = token.write_restricted ? WriteRights(mapping) : kEverything;
  verdict.granted &= restricted.granted | ~asked_twice;
  verdict.denied |= restricted.denied & asked_twice;
  return verdict;
}

}  // namespace

AccessResult CheckAccess(const DescriptorView& descriptor, const Token& token, AccessMask wanted,
                         const GenericMapping& mapping) {
  bool collects = (wanted & kMaximumAllowed) != 0;
  AccessMask asked = mapping.Map(wanted & ~kMaximumAllowed);
  Verdict verdict{.granted = (asked | mapping.all) & ~kNeverInAces};
  if (!descriptor.HasNullDacl()) verdict = WalkForToken(descriptor, token, mapping);
  AccessMask left = RightsLeftByLabel(descriptor, token.integrity, mapping);

  AccessMask granted = verdict.granted & left;
  AccessMask missing = asked & ~granted;
  if (missing == 0 && (!collects || granted != 0)) return {.granted = true, .access = collects ? granted : asked};
  AccessMask wished = missing != 0 ? missing : kEverything;
  bool stopped = (wished & (verdict.denied | (verdict.granted & ~left))) != 0;
  return {.missing = missing != 0 ? missing : kMaximumAllowed, .denied_by_entry = stopped};
}

}  // namespace acledger::security
