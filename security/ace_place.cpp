// SPDX-License-Identifier: MIT
#include "security/ace_place.h"

#include <algorithm>

namespace acledger::security {
namespace {

void Advance(AcePlace& place, const AceView& ace) {
  ++place.index;
  place.position += ace.Size();
}

bool SameBytes(const AceView& ace, const DescriptorBytes& bytes) { return std::ranges::equal(ace.AsBytes(), bytes); }

AcePlace BehindLastExplicit(const AclView& dacl) {
  AcePlace place, here;
  for (AceView ace : dacl) {
    Advance(here, ace);
    if (!ace.IsInherited()) place = here;
  }
  return place;
}

struct Copies {
  AcePlace behind_last;     // Behind the last copy of an ACE that precedes the entry.
  bool others_too = false;  // Some inherited ACE is no copy, or not in the parent's order.
};

Copies FindCopies(const AclView& dacl, const std::vector<DescriptorBytes>& passed, std::ptrdiff_t entry_index) {
  Copies copies;
  AcePlace here;
  auto next = passed.begin();
  for (AceView ace : dacl) {
    Advance(here, ace);
    if (!ace.IsInherited()) continue;
    auto found = std::find_if(next, passed.end(), [&](const DescriptorBytes& copy) { return SameBytes(ace, copy); });
    if (found == passed.end()) {
      copies.others_too = true;
      continue;
    }
    if (found - passed.begin() < entry_index) copies.behind_last = here;
    next = found + 1;
  }
  return copies;
}

AcePlace Later(const AcePlace& a, const AcePlace& b) { return a.index > b.index ? a : b; }

}  // namespace

AcePlace PlaceOfExplicit(const AclView& dacl) {
  AcePlace place, here;
  bool inherited_seen = false;
  for (AceView ace : dacl) {
    inherited_seen = inherited_seen || ace.IsInherited();
    Advance(here, ace);
    if (!inherited_seen || (ace.IsDeny() && !ace.IsInherited())) place = here;
  }
  return place;
}

AcePlace PlaceOfInherited(const AclView& dacl) {
  AcePlace place = BehindLastExplicit(dacl);
  AcePlace here;
  for (AceView ace : dacl) {
    bool next_is_it = here.index == place.index;
    Advance(here, ace);
    if (next_is_it && ace.IsDeny()) place = here;
  }
  return place;
}

AcePlace PlaceBelow(const DescriptorView& parent, const AclView& dacl, const Entry& entry, const Heir& heir) {
  std::vector<DescriptorBytes> passed = InheritedFrom(parent, heir);
  auto ours = std::ranges::find_if(passed, [&](const DescriptorBytes& ace) { return entry.Matches(AceView(ace)); });
  if (ours == passed.end()) return PlaceOfInherited(dacl);
  Copies copies = FindCopies(dacl, passed, ours - passed.begin());
  AcePlace place = Later(copies.behind_last, BehindLastExplicit(dacl));
  return copies.others_too ? Later(place, PlaceOfInherited(dacl)) : place;
}

}  // namespace acledger::security
