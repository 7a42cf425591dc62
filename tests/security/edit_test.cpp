// SPDX-License-Identifier: MIT
#include "security/edit.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "descriptor_text.h"
#include "security/inheritance.h"

namespace acledger::security {
namespace {

constexpr std::uint8_t kOici = kObjectInherit | kContainerInherit;
const char kOurs[] = "S-1-5-21-1-2-3-1001";

Entry Ours(std::uint8_t flags = 0) { return {SidOf(kOurs), kFileReadAndExecute, flags}; }

// The DACL after our entry was added to it, as text; "refused: ..." otherwise.
std::string Add(const char* dacl, const Entry& entry) {
  auto added = AddEntry(FromText(dacl), entry);
  return added ? ToText(added->bytes) : "refused: " + added.error().ToString();
}

// What SDDL says of `flags` and our entry.
std::string With(std::string text) {
  for (std::string::size_type at; (at = text.find("OURS")) != std::string::npos;) text.replace(at, 4, kOurs);
  return ToText(FromText(text));
}

TEST(EntryTest, MatchesOnlyTheWholeAce) {
  Entry entry = Ours(kOici);
  DescriptorBytes ace = MakeAce(AceType::kAccessAllowed, kOici, kFileReadAndExecute, entry.sid);
  EXPECT_TRUE(entry.Matches(AceView(ace)));
  for (std::size_t i : {0u, 1u, 4u, 9u, 12u}) {
    DescriptorBytes other = ace;
    other[i] ^= 1;
    EXPECT_FALSE(entry.Matches(AceView(other))) << i;
  }
  ace.insert(ace.end(), 4, 0);
  ace[2] = static_cast<std::uint8_t>(ace.size());
  EXPECT_FALSE(entry.Matches(AceView(ace)));
}

TEST(AddEntryTest, PutsAnExplicitEntryBehindTheExplicitAcesOfACanonicalDacl) {
  EXPECT_EQ(Add("O:SYD:AI(D;;FW;;;WD)(A;;FA;;;SY)(D;ID;FW;;;BU)(A;ID;FA;;;BA)", Ours(kOici)),
            With("O:SYD:AI(D;;FW;;;WD)(A;;FA;;;SY)(A;OICI;0x1200a9;;;OURS)(D;ID;FW;;;BU)(A;ID;FA;;;BA)"));
}

TEST(AddEntryTest, NeverPutsAnExplicitEntryBeforeAnExplicitDeny) {
  EXPECT_EQ(Add("O:SYD:(A;ID;FA;;;BA)(A;;FA;;;SY)(D;;FW;;;WD)(A;;FR;;;BU)", Ours()),
            With("O:SYD:(A;ID;FA;;;BA)(A;;FA;;;SY)(D;;FW;;;WD)(A;;0x1200a9;;;OURS)(A;;FR;;;BU)"));
}

TEST(AddEntryTest, TakesObjectAndCallbackDeniesForDenies) {
  EXPECT_EQ(Add("O:SYD:(A;ID;FA;;;BA)(OD;;FW;;;WD)(A;ID;FR;;;BU)", Ours()),
            With("O:SYD:(A;ID;FA;;;BA)(OD;;FW;;;WD)(A;;0x1200a9;;;OURS)(A;ID;FR;;;BU)"));
}

TEST(AddEntryTest, PutsAnInheritedEntryBehindTheInheritedDenies) {
  EXPECT_EQ(
      Add("O:SYD:AI(D;;FW;;;WD)(A;;FA;;;SY)(D;ID;FW;;;BU)(D;ID;FX;;;BU)(A;ID;FA;;;BA)(D;ID;FX;;;WD)", Ours(kInherited)),
      With("O:SYD:AI(D;;FW;;;WD)(A;;FA;;;SY)(D;ID;FW;;;BU)(D;ID;FX;;;BU)(A;ID;0x1200a9;;;OURS)(A;ID;FA;;;BA)"
           "(D;ID;FX;;;WD)"));
}

TEST(AddEntryTest, FillsAnEmptyDacl) { EXPECT_EQ(Add("O:SYD:", Ours()), With("O:SYD:(A;;0x1200a9;;;OURS)")); }

TEST(AddEntryTest, RefusesANullDacl) {
  for (const char* text : {"O:SY", "O:SYD:NO_ACCESS_CONTROL"}) {
    auto added = AddEntry(FromText(text), Ours());
    ASSERT_FALSE(added.has_value()) << text;
    EXPECT_EQ(KindOf(added), ErrorKind::kUnsupported);
  }
}

TEST(AddEntryTest, KeepsTheControlBitsOfAProtectedDacl) {
  EXPECT_EQ(Add("O:SYD:PAI(A;;FA;;;SY)", Ours()), With("O:SYD:PAI(A;;FA;;;SY)(A;;0x1200a9;;;OURS)"));
}

TEST(AddEntryTest, LeavesAnIdenticalForeignEntryAlone) {
  DescriptorBytes before = FromText(With("O:SYD:(A;;0x1200a9;;;OURS)(A;;FA;;;SY)"));
  auto added = AddEntry(before, Ours());
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->outcome, AddOutcome::kPresentAlready);
  EXPECT_EQ(added->bytes, before);
}

TEST(AddEntryTest, AddsBesideAForeignEntryOfTheSameSid) {
  DescriptorBytes before = FromText(With("O:SYD:(A;;FR;;;OURS)(A;ID;0x1200a9;;;OURS)(D;ID;FW;;;OURS)"));
  auto added = AddEntry(before, Ours());
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->outcome, AddOutcome::kAdded);
  EXPECT_EQ(CountTrustee(View(added->bytes), SidOf(kOurs)), 4u);
  auto removed = RemoveEntry(added->bytes, Ours());
  EXPECT_EQ(removed->bytes, before);
}

// DACL at 20 with one unknown ACE and slack, a gap of 3 bytes, then the owner, then trailing bytes.
DescriptorBytes OddLayout() {
  return {1,    0x55, 4,    0x80, 39, 0, 0, 0, 0,    0,    0, 0,  0x11, 0x22, 0x33, 0x44, 20,  0, 0, 0,  //
          2,    0x77, 16,   0,    1,  0, 9, 9, 0x42, 0xC0, 8, 0,  1,    2,    3,    4,                   //
          0xA1, 0xA2, 0xA3, 1,    1,  0, 0, 0, 0,    0,    5, 18, 0,    0,    0,    0xB1, 0xB2};
}

TEST(AddEntryTest, MovesOnlyWhatLiesBehindTheDacl) {
  DescriptorBytes before = OddLayout();
  auto added = AddEntry(before, Ours());
  ASSERT_TRUE(added.has_value());
  const DescriptorBytes& after = added->bytes;
  ASSERT_EQ(after.size(), before.size() + 36);
  EXPECT_EQ(after[4], 39 + 36);  // The owner moved.
  EXPECT_EQ(after[12], 0x11);    // The offset of the SACL that is not present did not.
  EXPECT_EQ(after[22], 16 + 36);
  EXPECT_EQ(after[24], 2);
  EXPECT_TRUE(std::equal(before.begin() + 36, before.end(), after.begin() + 36 + 36));
  EXPECT_EQ(View(after).Owner(), Sid::System());
  EXPECT_EQ(RemoveEntry(after, Ours())->bytes, before);
}

TEST(AddEntryTest, RefusesComponentsThatOverlap) {
  DescriptorBytes bytes = FromText("O:SYG:SYD:(A;;FA;;;SY)");
  bytes[4] = static_cast<std::uint8_t>(bytes[16] + 16);  // The owner is the SID inside the ACE.
  ASSERT_EQ(View(bytes).Owner(), Sid::System());
  EXPECT_EQ(KindOf(AddEntry(bytes, Ours())), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(RemoveEntry(bytes, {Sid::System(), kFileAllAccess, 0})), ErrorKind::kInvalid);
}

TEST(AddEntryTest, RefusesTwoComponentsAtOnePlace) {
  DescriptorBytes bytes = FromText("O:SYG:SYD:(A;;FA;;;SY)S:(AU;SA;FA;;;WD)");
  std::copy_n(bytes.begin() + 16, 4, bytes.begin() + 12);  // The SACL is the DACL.
  EXPECT_EQ(KindOf(AddEntry(bytes, Ours())), ErrorKind::kInvalid);
}

TEST(AddEntryTest, RefusesMalformedBytes) {
  DescriptorBytes bytes = FromText("O:SYG:SYD:(A;;FA;;;SY)");
  bytes.resize(bytes.size() - 1);
  EXPECT_EQ(KindOf(AddEntry(bytes, Ours())), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(RemoveEntry(bytes, Ours())), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(RemoveEntriesOf(bytes, SidOf(kOurs))), ErrorKind::kInvalid);
}

// A DACL of so many bytes, without owner and group.
DescriptorBytes WithDaclOf(std::size_t size) {
  DescriptorParts parts;
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl.assign((size - 8) / 4, {0x42, 0, 4, 0});
  return *Build(parts);
}

TEST(AddEntryTest, FillsADescriptorUpTo64KiBAndNoFurther) {
  constexpr std::size_t kLargest = kMaxDescriptorBytes - 20;  // Behind the header.
  auto last = AddEntry(WithDaclOf(kLargest - 36), Ours());
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(View(last->bytes).Dacl()->AsBytes().size(), kLargest);
  EXPECT_EQ(RemoveEntry(last->bytes, Ours())->bytes, WithDaclOf(kLargest - 36));
  EXPECT_EQ(KindOf(AddEntry(WithDaclOf(kLargest - 32), Ours())), ErrorKind::kTooLarge);
}

TEST(AddEntryTest, CountsWhatLiesBehindTheDaclToo) {
  DescriptorBytes bytes = FromText("O:SYD:");
  bytes.resize(kMaxDescriptorBytes - 36);
  EXPECT_EQ(AddEntry(bytes, Ours())->bytes.size(), kMaxDescriptorBytes);
  bytes.push_back(0);
  EXPECT_EQ(KindOf(AddEntry(bytes, Ours())), ErrorKind::kTooLarge);
}

TEST(RemoveEntryTest, WorksOnADescriptorThatIsLargerThanAnEditWouldMakeIt) {
  DescriptorBytes bytes = FromText("O:SYD:(A;;0x1200a9;;;S-1-5-21-1-2-3-1001)");
  bytes.resize(100'000);
  EXPECT_EQ(RemoveEntry(bytes, Ours())->bytes.size(), 100'000u - 36);
}

// What a child holds after `entry` was added to it below `parent`.
std::string AddBelow(const char* parent, const char* child, const Entry& entry, bool is_folder) {
  DescriptorBytes parent_bytes = FromText(With(parent));
  DescriptorView parent_view = View(parent_bytes);
  return ToText(AddEntry(FromText(With(child)), entry, &parent_view, is_folder)->bytes);
}

TEST(AddEntryBelowParentTest, FollowsTheOrderOfTheParent) {
  EXPECT_EQ(AddBelow("O:SYD:(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;OURS)(D;OICI;FW;;;WD)",
                     "O:SYD:AI(A;;FR;;;WD)(A;ID;FA;;;SY)(D;ID;FW;;;WD)", Ours(kInherited), false),
            With("O:SYD:AI(A;;FR;;;WD)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;OURS)(D;ID;FW;;;WD)"));
}

TEST(AddEntryBelowParentTest, GoesBeforeAnInheritedDenyThatTheParentHasBehindIt) {
  EXPECT_EQ(
      AddBelow("O:SYD:(A;OICI;0x1200a9;;;OURS)(D;OICIID;FW;;;WD)", "O:SYD:AI(D;ID;FW;;;WD)", Ours(kInherited), false),
      With("O:SYD:AI(A;ID;0x1200a9;;;OURS)(D;ID;FW;;;WD)"));
}

TEST(AddEntryBelowParentTest, CountsBothHalvesOfASplitAce) {
  EXPECT_EQ(AddBelow("O:SYD:(A;OICIIO;GA;;;CO)(A;OICI;0x1200a9;;;OURS)(A;OICI;FA;;;SY)",
                     "O:BAD:AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;CO)(A;OICIID;FA;;;SY)", Ours(kOici | kInherited), true),
            With("O:BAD:AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;OURS)(A;OICIID;FA;;;SY)"));
}

TEST(AddEntryBelowParentTest, StaysBehindADenyThatCameFromElsewhere) {
  EXPECT_EQ(AddBelow("O:SYD:(A;OICI;0x1200a9;;;OURS)(A;OICI;FA;;;SY)", "O:SYD:AI(D;ID;FW;;;BU)(A;ID;FA;;;SY)",
                     Ours(kInherited), false),
            With("O:SYD:AI(D;ID;FW;;;BU)(A;ID;0x1200a9;;;OURS)(A;ID;FA;;;SY)"));
}

TEST(AddEntryBelowParentTest, KeepsTheOrderOfEntriesThatAreAddedOneByOne) {
  const char parent[] = "O:SYD:(A;OICI;0x1200a9;;;S-1-5-21-1-2-3-9)(A;OICI;0x1200a9;;;OURS)(D;OICI;FW;;;WD)";
  Entry other{SidOf("S-1-5-21-1-2-3-9"), kFileReadAndExecute, kInherited};
  std::string ours_first = AddBelow(parent, "O:SYD:AI(D;ID;FW;;;WD)", Ours(kInherited), false);
  std::string other_first = AddBelow(parent, "O:SYD:AI(D;ID;FW;;;WD)", other, false);
  EXPECT_EQ(AddBelow(parent, ours_first.c_str(), other, false),
            AddBelow(parent, other_first.c_str(), Ours(kInherited), false));
}

TEST(AddEntryBelowParentTest, FindsTheSameAceFromAnotherSourceThere) {
  const char parent[] = "O:SYD:AI(A;OICI;0x1200a9;;;OURS)(A;OICIID;0x1200a9;;;OURS)";
  const char child[] = "O:SYD:AI(A;ID;0x1200a9;;;OURS)";
  EXPECT_EQ(AddBelow(parent, child, Ours(kInherited), false), With(child));
}

TEST(AddEntryBelowParentTest, FallsBackWhereTheParentDoesNotHoldTheEntry) {
  EXPECT_EQ(AddBelow("O:SYD:(A;OICI;FA;;;SY)", "O:SYD:AI(D;ID;FW;;;WD)(A;ID;FA;;;SY)", Ours(kInherited), false),
            With("O:SYD:AI(D;ID;FW;;;WD)(A;ID;0x1200a9;;;OURS)(A;ID;FA;;;SY)"));
}

TEST(RemoveEntryTest, TakesTheFirstOfSeveral) {
  DescriptorBytes bytes = FromText(With("O:SYD:(A;;0x1200a9;;;OURS)(A;;FA;;;SY)(A;;0x1200a9;;;OURS)"));
  auto removed = RemoveEntry(bytes, Ours());
  ASSERT_TRUE(removed.has_value());
  EXPECT_EQ(removed->outcome, RemoveOutcome::kRemoved);
  EXPECT_EQ(ToText(removed->bytes), With("O:SYD:(A;;FA;;;SY)(A;;0x1200a9;;;OURS)"));
}

TEST(RemoveEntryTest, LeavesWhatIsNotExactlyOurs) {
  for (const char* text : {"O:SYD:(A;;FR;;;OURS)(A;ID;0x1200a9;;;OURS)(D;;0x1200a9;;;OURS)", "O:SYD:", "O:SY"}) {
    DescriptorBytes bytes = FromText(With(text));
    auto removed = RemoveEntry(bytes, Ours());
    ASSERT_TRUE(removed.has_value());
    EXPECT_EQ(removed->outcome, RemoveOutcome::kAbsent);
    EXPECT_EQ(removed->bytes, bytes);
  }
}

TEST(RemoveEntriesOfTest, TakesEveryPlainAllowOfTheSidAndNothingElse) {
  Sid ours = SidOf(kOurs);
  DescriptorBytes deny = MakeAce(AceType::kAccessDenied, 0, kFileGenericWrite, ours);
  DescriptorBytes callback = CallbackAce(AceType::kAccessAllowedCallback, 0, kFileGenericRead, ours);
  DescriptorBytes system = MakeAce(AceType::kAccessAllowed, 0, kFileAllAccess, Sid::System());
  DescriptorBytes read = MakeAce(AceType::kAccessAllowed, 0, kFileGenericRead, ours);
  DescriptorBytes inherited = MakeAce(AceType::kAccessAllowed, kOici | kInherited, kFileAllAccess, ours);
  auto stripped = RemoveEntriesOf(WithDacl({deny, read, system, callback, inherited}), ours);
  ASSERT_TRUE(stripped.has_value());
  EXPECT_EQ(stripped->count, 2u);
  EXPECT_EQ(stripped->bytes, WithDacl({deny, system, callback}));
}

TEST(CountTest, CountsEntriesAndTrustees) {
  DescriptorBytes bytes = FromText(With("O:SYD:(A;;0x1200a9;;;OURS)(D;;FW;;;OURS)(OA;;FR;;;OURS)(A;;FA;;;SY)"));
  EXPECT_EQ(CountEntries(View(bytes), Ours()), 1u);
  EXPECT_EQ(CountTrustee(View(bytes), SidOf(kOurs)), 3u);
  EXPECT_EQ(CountTrustee(View(FromText("O:SY")), SidOf(kOurs)), 0u);
}

}  // namespace
}  // namespace acledger::security
