// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>

#include "random_descriptor.h"
#include "security/access_check.h"
#include "security/edit.h"
#include "security/inheritance.h"

namespace acledger::security {
namespace {

DescriptorView View(Bytes bytes) { return *DescriptorView::Parse(bytes); }

TEST(DescriptorPropertyTest, AddThenRemoveGivesTheSameBytes) {
  Random random(1);
  unsigned added_count = 0;
  for (int i = 0; i < 100'000; ++i) {
    DescriptorBytes before = RandomDescriptor(random);
    Entry entry = RandomEntry(random);
    auto added = AddEntry(before, entry);
    if (!added || added->outcome != AddOutcome::kAdded) continue;
    ++added_count;
    auto removed = RemoveEntry(added->bytes, entry);
    ASSERT_TRUE(removed && removed->bytes == before) << "case " << i;
  }
  EXPECT_GT(added_count, 70'000u);
}

TEST(DescriptorPropertyTest, AddIsRefusedOnlyForANullDacl) {
  Random random(2);
  for (int i = 0; i < 40'000; ++i) {
    DescriptorBytes before = RandomDescriptor(random);
    auto view = DescriptorView::Parse(before);
    ASSERT_TRUE(view.has_value()) << "case " << i << ": " << view.error().ToString();
    auto added = AddEntry(before, RandomEntry(random));
    if (!added) {
      ASSERT_TRUE(view->HasNullDacl() && added.error().kind == ErrorKind::kUnsupported) << "case " << i;
    }
  }
}

TEST(DescriptorPropertyTest, AddChangesNothingButTheOneAce) {
  Random random(3);
  for (int i = 0; i < 40'000; ++i) {
    DescriptorBytes before = RandomDescriptor(random);
    Entry entry = RandomEntry(random);
    auto added = AddEntry(before, entry);
    if (!added || added->outcome != AddOutcome::kAdded) continue;
    DescriptorView old_view = View(before), new_view = View(added->bytes);
    std::vector<DescriptorBytes> aces;
    for (AceView ace : *new_view.Dacl()) aces.emplace_back(ace.AsBytes().begin(), ace.AsBytes().end());
    auto ours = std::ranges::find(aces, MakeAce(AceType::kAccessAllowed, entry.flags, entry.mask, entry.sid));
    ASSERT_NE(ours, aces.end());
    aces.erase(ours);
    ASSERT_TRUE(std::ranges::equal(aces, *old_view.Dacl(), {}, {}, [](AceView ace) {
      return DescriptorBytes(ace.AsBytes().begin(), ace.AsBytes().end());
    }));
    ASSERT_EQ(new_view.Sacl().has_value(), old_view.Sacl().has_value());
    if (old_view.Sacl()) {
      ASSERT_TRUE(std::ranges::equal(new_view.Sacl()->AsBytes(), old_view.Sacl()->AsBytes()));
    }
  }
}

TEST(DescriptorPropertyTest, ReleasesInAnyOrderEndAtTheOriginal) {
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    DescriptorBytes before = RandomDescriptor(random);
    std::vector<Entry> ours;
    DescriptorBytes now = before;
    for (int k = 0; k < 4; ++k) {
      Entry entry = RandomEntry(random);
      auto added = AddEntry(now, entry);
      if (!added || added->outcome != AddOutcome::kAdded) continue;
      now = added->bytes;
      ours.push_back(entry);
    }
    while (!ours.empty()) {
      auto at = ours.begin() + random.Below(static_cast<std::uint32_t>(ours.size()));
      now = RemoveEntry(now, *at)->bytes;
      ours.erase(at);
    }
    ASSERT_EQ(now, before) << "case " << i;
  }
}

TEST(DescriptorPropertyTest, AnAllowEntryNeverTakesAccessAway) {
  Random random(5);
  for (int i = 0; i < 40'000; ++i) {
    DescriptorBytes before = RandomDescriptor(random);
    Entry entry = RandomEntry(random);
    if (entry.sid == Sid::OwnerRights()) continue;
    auto added = AddEntry(before, entry);
    if (!added) continue;
    Token token{.sids = {RandomAccount(random), RandomAccount(random), entry.sid}};
    AccessMask earlier = CheckAccess(View(before), token, kMaximumAllowed).access;
    AccessMask later = CheckAccess(View(added->bytes), token, kMaximumAllowed).access;
    ASSERT_EQ(earlier & ~later, 0u) << "case " << i;
  }
}

// The entry as inheritance hands it to that child.
Entry OnChild(Entry entry, ObjectType type) {
  entry.flags = type == ObjectType::kFile ? kInherited : kInherited | kObjectInherit | kContainerInherit;
  return entry;
}

// Adds OI|CI entries of ours to parent and child; what Windows would compute from the parent's must be what we left on
// the child.
void ExpectPlacedAsWindowsWould(Random& random, ObjectType type, int index, unsigned& placed) {
  DescriptorBytes parent = random.OneIn(3) ? RandomDescriptor(random) : RandomTidyDescriptor(random);
  DescriptorBytes start = random.OneIn(3) ? RandomDescriptor(random) : RandomTidyDescriptor(random);
  Entry entry{Sid::Make(5, {21, 1, 2, 3, 4711}), kFileReadAndExecute, kObjectInherit | kContainerInherit};
  if (random.OneIn(4)) entry.sid = RandomAccount(random);
  if (random.OneIn(3)) entry.flags |= kInherited;
  auto child = Recompute(View(parent), View(start), type);
  ASSERT_TRUE(child.has_value());
  if (View(*child).IsDaclProtected() || View(*child).HasNullDacl()) return;
  auto parent_after = AddEntry(parent, entry);
  if (!parent_after || parent_after->outcome != AddOutcome::kAdded) return;
  DescriptorView parent_view = View(parent_after->bytes);
  auto child_after = AddEntry(*child, OnChild(entry, type), &parent_view, type == ObjectType::kFolder);
  ASSERT_TRUE(child_after.has_value());
  if (child_after->outcome != AddOutcome::kAdded) return;  // Another ACE of the parent gave the child the same one.
  auto again = Recompute(parent_view, View(child_after->bytes), type);
  ASSERT_TRUE(again.has_value());
  ASSERT_EQ(*again, child_after->bytes) << "case " << index;
  ++placed;
}

TEST(InheritancePropertyTest, AnInheritedEntryLiesWhereWindowsWouldPutIt) {
  Random random(6);
  unsigned placed = 0;
  for (int i = 0; i < 100'000 && !testing::Test::HasFatalFailure(); ++i) {
    ExpectPlacedAsWindowsWould(random, i % 2 == 0 ? ObjectType::kFile : ObjectType::kFolder, i, placed);
  }
  EXPECT_GT(placed, 60'000u);
}

TEST(InheritancePropertyTest, SeveralEntriesLieWhereWindowsWouldPutThemInAnyOrderOfAdding) {
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    ObjectType type = i % 2 == 0 ? ObjectType::kFile : ObjectType::kFolder;
    DescriptorBytes parent = RandomTidyDescriptor(random);
    auto child = Recompute(View(parent), View(RandomTidyDescriptor(random)), type);
    std::vector<Entry> entries;
    for (std::uint32_t k = 0; k < 3; ++k) {
      auto flags = static_cast<std::uint8_t>(kObjectInherit | kContainerInherit | (random.OneIn(3) ? kInherited : 0));
      entries.push_back({Sid::Make(5, {21, 1, 2, 3, 4711 + k}), kFileReadAndExecute, flags});
      parent = AddEntry(parent, entries.back())->bytes;
    }
    std::swap(entries[random.Below(3)], entries[random.Below(3)]);
    DescriptorView parent_view = View(parent);
    DescriptorBytes now = *child;
    for (const Entry& entry : entries) {
      now = AddEntry(now, OnChild(entry, type), &parent_view, type == ObjectType::kFolder)->bytes;
    }
    ASSERT_EQ(*Recompute(parent_view, View(now), type), now) << "case " << i;
  }
}

TEST(InheritancePropertyTest, RecomputeIsSettledAfterOnce) {
  Random random(8);
  for (int i = 0; i < 40'000; ++i) {
    ObjectType type = random.OneIn(2) ? ObjectType::kFile : ObjectType::kFolder;
    DescriptorBytes parent = RandomDescriptor(random), child = RandomDescriptor(random);
    auto once = Recompute(View(parent), View(child), type);
    ASSERT_TRUE(once.has_value());
    ASSERT_EQ(*Recompute(View(parent), View(*once), type), *once) << "case " << i;
  }
}

TEST(SidPropertyTest, EverySidSurvivesItsText) {
  Random random(9);
  for (int i = 0; i < 40'000; ++i) {
    Sid sid = RandomSid(random);
    ASSERT_EQ(Sid::FromString(sid.ToString()), sid);
  }
}

}  // namespace
}  // namespace acledger::security
