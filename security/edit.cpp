// SPDX-License-Identifier: MIT
#include "security/edit.h"

#include <algorithm>

#include "security/ace_place.h"
#include "security/descriptor_layout.h"
#include "security/little_endian.h"
#include "security/splice.h"

namespace acledger::security {
namespace {

constexpr const char* kAdding = "add an entry";
constexpr const char* kRemoving = "remove an entry";

DescriptorBytes Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

AcePlace PlaceFor(const DescriptorView& descriptor, const Entry& entry, const DescriptorView* parent, bool is_folder) {
  const AclView& dacl = *descriptor.Dacl();
  if ((entry.flags & kInherited) == 0) return PlaceOfExplicit(dacl);
  if (parent == nullptr) return PlaceOfInherited(dacl);
  Heir heir{is_folder ? ObjectType::kFolder : ObjectType::kFile, descriptor.Owner(), descriptor.Group()};
  return PlaceBelow(*parent, dacl, entry, heir);
}

// The ACE behind `place` is taken out.
Expected<DescriptorBytes> Without(const DescriptorView& descriptor, const AcePlace& place, const AceView& ace) {
  AceReplacement removal{.from = place, .to = {place.index + 1, place.position + ace.Size()}, .aces = {}};
  return SpliceDacl(descriptor, removal, kRemoving);
}

bool IsPlainAllowOf(const AceView& ace, const Sid& sid) {
  return ace.Type() == AceType::kAccessAllowed && ace.TrusteeSid() == sid;
}

}  // namespace

bool Entry::Matches(const AceView& ace) const {
  Bytes bytes = ace.AsBytes();
  Bytes name = sid.AsBytes();
  return ace.Type() == AceType::kAccessAllowed && ace.Flags() == flags &&
         bytes.size() == kAceMaskField + 4 + name.size() && LoadU32(&bytes[kAceMaskField]) == mask &&
         std::ranges::equal(bytes.subspan(kAceMaskField + 4), name);
}

Expected<Added> AddEntry(Bytes descriptor, const Entry& entry, const DescriptorView* parent, bool is_folder) {
  auto view = DescriptorView::Parse(descriptor);
  if (!view) return std::unexpected(std::move(view.error()));
  if (CountEntries(*view, entry) > 0) return Added{AddOutcome::kPresentAlready, Copy(descriptor)};
  AcePlace place;
  if (!view->HasNullDacl()) place = PlaceFor(*view, entry, parent, is_folder);
  DescriptorBytes ace = MakeAce(AceType::kAccessAllowed, entry.flags, entry.mask, entry.sid);
  auto bytes = SpliceDacl(*view, {.from = place, .to = place, .aces = ace, .count = 1}, kAdding);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  return Added{AddOutcome::kAdded, std::move(*bytes)};
}

Expected<Removed> RemoveEntry(Bytes descriptor, const Entry& entry) {
  auto view = DescriptorView::Parse(descriptor);
  if (!view) return std::unexpected(std::move(view.error()));
  if (view->HasNullDacl()) return Removed{RemoveOutcome::kAbsent, Copy(descriptor)};
  AcePlace place;
  for (AceView ace : *view->Dacl()) {
    if (entry.Matches(ace)) {
      auto bytes = Without(*view, place, ace);
      if (!bytes) return std::unexpected(std::move(bytes.error()));
      return Removed{RemoveOutcome::kRemoved, std::move(*bytes)};
    }
    ++place.index;
    place.position += ace.Size();
  }
  return Removed{RemoveOutcome::kAbsent, Copy(descriptor)};
}

Expected<Stripped> RemoveEntriesOf(Bytes descriptor, const Sid& sid) {
  auto view = DescriptorView::Parse(descriptor);
  if (!view) return std::unexpected(std::move(view.error()));
  Stripped stripped;
  if (view->HasNullDacl()) return Stripped{0, Copy(descriptor)};
  DescriptorBytes kept;
  AcePlace end;
  for (AceView ace : *view->Dacl()) {
    ++end.index;
    end.position += ace.Size();
    if (IsPlainAllowOf(ace, sid)) {
      ++stripped.count;
    } else {
      kept.insert(kept.end(), ace.AsBytes().begin(), ace.AsBytes().end());
    }
  }
  if (stripped.count == 0) return Stripped{0, Copy(descriptor)};
  auto bytes = SpliceDacl(*view, {.from = {}, .to = end, .aces = kept, .count = end.index - stripped.count}, kRemoving);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  stripped.bytes = std::move(*bytes);
  return stripped;
}

unsigned CountEntries(const DescriptorView& descriptor, const Entry& entry) {
  if (descriptor.HasNullDacl()) return 0;
  const AclView& dacl = *descriptor.Dacl();
  return static_cast<unsigned>(
      std::count_if(dacl.begin(), dacl.end(), [&](AceView ace) { return entry.Matches(ace); }));
}

unsigned CountTrustee(const DescriptorView& descriptor, const Sid& sid) {
  if (descriptor.HasNullDacl()) return 0;
  const AclView& dacl = *descriptor.Dacl();
  return static_cast<unsigned>(
      std::count_if(dacl.begin(), dacl.end(), [&](AceView ace) { return ace.TrusteeSid() == sid; }));
}

}  // namespace acledger::security
