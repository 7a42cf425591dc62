// SPDX-License-Identifier: MIT
// One input is one descriptor, which is parsed, edited, checked and inherited from. Every promise that holds for any
// bytes is asserted. Driven by libFuzzer, and by fuzz_smoke_test.cpp with random descriptors.
#include <cstdio>
#include <cstdlib>

#include "security/access_check.h"
#include "security/edit.h"
#include "security/inheritance.h"

namespace acledger::security {
namespace {

#define HOLDS(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

const Sid& OurSid() {
  static const Sid sid = Sid::Make(5, {21, 1, 2, 3, 1001});
  return sid;
}

bool Same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

void ReadEverything(const AclView& acl) {
  std::size_t size = 8;
  for (AceView ace : acl) {
    size += ace.Size();
    if (auto sid = ace.TrusteeSid()) {
      auto again = Sid::FromString(sid->ToString());
      HOLDS(again && *again == *sid);
      HOLDS(ace.Mask().has_value());
    }
    HOLDS(ace.ApplicationData().size() < ace.Size());
    HOLDS(!ace.IsPlain() || ace.TrusteeSid().has_value());
  }
  HOLDS(size <= acl.AsBytes().size());
}

void EditAndUndo(const DescriptorView& view, const Entry& entry) {
  auto added = AddEntry(view.AsBytes(), entry);
  if (!added) return;
  if (added->outcome == AddOutcome::kPresentAlready) {
    HOLDS(Same(added->bytes, view.AsBytes()));
    HOLDS(CountEntries(view, entry) > 0);
    return;
  }
  auto after = DescriptorView::Parse(added->bytes);
  HOLDS(after && CountEntries(*after, entry) == 1);
  HOLDS(after->Owner() == view.Owner() && after->Group() == view.Group() && after->Control() == view.Control());
  auto removed = RemoveEntry(added->bytes, entry);
  HOLDS(removed && removed->outcome == RemoveOutcome::kRemoved);
  HOLDS(Same(removed->bytes, view.AsBytes()));
}

void Strip(const DescriptorView& view) {
  auto stripped = RemoveEntriesOf(view.AsBytes(), OurSid());
  if (!stripped) return;
  HOLDS(stripped->bytes.size() <= view.AsBytes().size());
  auto after = DescriptorView::Parse(stripped->bytes);
  HOLDS(after.has_value());
  auto again = RemoveEntriesOf(stripped->bytes, OurSid());
  HOLDS(again && again->count == 0);
}

void Check(const DescriptorView& view) {
  Token token{.sids = {Sid::Everyone(), OurSid()}, .deny_only = {Sid::Administrators()}};
  AccessResult read = CheckAccess(view, token, kFileReadAndExecute);
  AccessResult most = CheckAccess(view, token, kMaximumAllowed);
  HOLDS(!read.granted || (most.access & kFileReadAndExecute) == kFileReadAndExecute);
  HOLDS(read.granted == (read.missing == 0) && most.granted == (most.missing == 0));
  HOLDS((most.access & kAccessSystemSecurity) == 0 && !CheckAccess(view, token, kAccessSystemSecurity).granted);
  token.restricting = {Sid::Everyone()};
  HOLDS((CheckAccess(view, token, kMaximumAllowed).access & ~most.access) == 0);
}

void Inherit(const DescriptorView& view) {
  for (ObjectType type : {ObjectType::kFile, ObjectType::kFolder}) {
    auto child = CreateInherited(view, type, {OurSid(), Sid::Users()});
    if (child) {
      auto child_view = DescriptorView::Parse(*child);
      HOLDS(child_view.has_value());
      auto again = Recompute(view, *child_view, type);
      HOLDS(again && Same(*again, *child));
    }
    auto once = Recompute(view, view, type);
    if (!once) continue;
    auto once_view = DescriptorView::Parse(*once);
    HOLDS(once_view.has_value());
    auto twice = Recompute(view, *once_view, type);
    HOLDS(twice && Same(*twice, *once));
  }
}

}  // namespace
}  // namespace acledger::security

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace acledger::security;
  auto view = DescriptorView::Parse({data, size});
  HOLDS(SameSecurity({data, size}, {data, size}));
  if (!view) return 0;
  if (view->Dacl()) ReadEverything(*view->Dacl());
  if (view->Sacl()) ReadEverything(*view->Sacl());
  for (int flags : {0x00, 0x03, 0x10, 0x13}) {
    EditAndUndo(*view, {OurSid(), kFileReadAndExecute, static_cast<std::uint8_t>(flags)});
  }
  Strip(*view);
  Check(*view);
  Inherit(*view);
  return 0;
}
