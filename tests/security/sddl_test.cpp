// SPDX-License-Identifier: MIT
#include "security/sddl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace acledger::security {
namespace {

using testing::HasSubstr;

const SddlOptions kDomain{*Sid::FromString("S-1-5-21-1-2-3")};

DescriptorBytes Parse(std::string_view text, const SddlOptions& options = kDomain) {
  auto bytes = FromSddl(text, options);
  EXPECT_TRUE(bytes.has_value()) << text << ": " << bytes.error().ToString();
  return bytes.value_or(DescriptorBytes());
}

std::string Reason(std::string_view text, const SddlOptions& options = kDomain) {
  auto bytes = FromSddl(text, options);
  EXPECT_FALSE(bytes.has_value()) << text << " was taken";
  return bytes ? "" : bytes.error().reason;
}

// What ToSddl() makes of what FromSddl() made of it.
std::string Again(std::string_view text) {
  const DescriptorBytes bytes = Parse(text);
  auto view = DescriptorView::Parse(bytes);
  if (!view) return view.error().ToString();
  auto written = ToSddl(*view);
  return written ? *written : written.error().ToString();
}

AccessMask MaskOf(std::string_view rights) {
  const DescriptorBytes bytes = Parse("D:(A;;" + std::string(rights) + ";;;WD)");
  auto view = DescriptorView::Parse(bytes);
  return view ? *(*view->Dacl()->begin()).Mask() : 0;
}

TEST(SddlTest, MakesTheBytesThatWindowsWouldMake) {
  const DescriptorBytes expected{
      1, 0, 4,  0x90, 0x30, 0, 0,    0, 0x40, 0, 0, 0, 0,    0, 0, 0, 20, 0, 0, 0,  // header: P, owner, group, no SACL
      2, 0, 28, 0,    1,    0, 0,    0,                                             // ACL
      0, 3, 20, 0,    0xA9, 0, 0x12, 0, 1,    1, 0, 0, 0,    0, 0, 1, 0,  0, 0, 0,  // ACE
      1, 2, 0,  0,    0,    0, 0,    5, 32,   0, 0, 0, 0x20, 2, 0, 0,               // BA
      1, 1, 0,  0,    0,    0, 0,    5, 18,   0, 0, 0};                             // SY
  EXPECT_EQ(Parse("O:BAG:SYD:P(A;OICI;0x1200a9;;;WD)"), expected);
}

TEST(SddlTest, WritesWhatItReads) {
  for (const char* text : {
           "O:BAG:SYD:PARAI(A;OICIID;FA;;;BA)(D;NPIO;0x1301bf;;;S-1-5-21-7-8-9-1001)S:AI(AU;SAFA;FA;;;WD)",
           "D:",
           "D:S:",
           "D:P",
           "D:NO_ACCESS_CONTROL",
           "D:PNO_ACCESS_CONTROL",
           "D:(A;;;;;WD)",
           "S:(ML;;NWNRNX;;;HI)(AL;CR;GA;;;AN)(TL;;0x1f;;;S-1-19-512-4096)(SP;;;;;S-1-17-1-2)",
           "D:(OA;CI;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;bf967aba-0de6-11d0-a285-00aa003049e2;PS)",
           "D:(OA;;RP;;bf967aba-0de6-11d0-a285-00aa003049e2;RU)(OD;;WP;4c164200-20c0-11d0-a768-00aa006e0529;;AU)",
           "O:S-1-5-84-1G:S-1-0x123456789abc-1-4294967295",
       }) {
    EXPECT_EQ(Again(text), text);
  }
}

TEST(SddlTest, ReadsAndWritesTheSameMeaningOtherwise) {
  EXPECT_EQ(Again("S:D:PG:BAO:SY"), "O:SYG:BAD:PS:");
  EXPECT_EQ(Again(" O:AA  G:WD D: AI (A; OI;GA; ; ; WD ) (D;;GX;;;AN)"), "O:AAG:WDD:AI(A;OI;GA;;;WD)(D;;GX;;;AN)");
  EXPECT_EQ(Again("O:baD:(a;oicI;ga;;;s-1-1-0)"), "O:BAD:(A;OICI;GA;;;WD)");
  EXPECT_EQ(Again("D:AIPARP(A;;GA;;;SY)"), "D:PARAI(A;;GA;;;SY)");
  EXPECT_EQ(Again("D:(A;;GRFR;;;S-1-5-0x20-0x221)"), "D:(A;;0x80120089;;;BU)");
  EXPECT_EQ(Again("O:S-1-2-0x200D:"), "O:S-1-2-512D:");
  EXPECT_EQ(Again(""), "");
}

TEST(SddlTest, ReadsEveryAlias) {
  const struct {
    const char* alias;
    const char* sid;
  } kAliases[] = {
      {"WD", "S-1-1-0"},
      {"CO", "S-1-3-0"},
      {"CG", "S-1-3-1"},
      {"OW", "S-1-3-4"},
      {"NU", "S-1-5-2"},
      {"IU", "S-1-5-4"},
      {"SU", "S-1-5-6"},
      {"AN", "S-1-5-7"},
      {"ED", "S-1-5-9"},
      {"PS", "S-1-5-10"},
      {"AU", "S-1-5-11"},
      {"RC", "S-1-5-12"},
      {"SY", "S-1-5-18"},
      {"LS", "S-1-5-19"},
      {"NS", "S-1-5-20"},
      {"WR", "S-1-5-33"},
      {"BA", "S-1-5-32-544"},
      {"BU", "S-1-5-32-545"},
      {"BG", "S-1-5-32-546"},
      {"PU", "S-1-5-32-547"},
      {"AO", "S-1-5-32-548"},
      {"SO", "S-1-5-32-549"},
      {"PO", "S-1-5-32-550"},
      {"BO", "S-1-5-32-551"},
      {"RE", "S-1-5-32-552"},
      {"RU", "S-1-5-32-554"},
      {"RD", "S-1-5-32-555"},
      {"NO", "S-1-5-32-556"},
      {"MU", "S-1-5-32-558"},
      {"LU", "S-1-5-32-559"},
      {"IS", "S-1-5-32-568"},
      {"CY", "S-1-5-32-569"},
      {"ER", "S-1-5-32-573"},
      {"CD", "S-1-5-32-574"},
      {"RA", "S-1-5-32-575"},
      {"ES", "S-1-5-32-576"},
      {"MS", "S-1-5-32-577"},
      {"HA", "S-1-5-32-578"},
      {"AA", "S-1-5-32-579"},
      {"RM", "S-1-5-32-580"},
      {"HO", "S-1-5-32-584"},
      {"UD", "S-1-5-84-0-0-0-0-0"},
      {"AC", "S-1-15-2-1"},
      {"LW", "S-1-16-4096"},
      {"ME", "S-1-16-8192"},
      {"MP", "S-1-16-8448"},
      {"HI", "S-1-16-12288"},
      {"SI", "S-1-16-16384"},
      {"AS", "S-1-18-1"},
      {"SS", "S-1-18-2"},
      {"RO", "S-1-5-21-1-2-3-498"},
      {"LA", "S-1-5-21-1-2-3-500"},
      {"LG", "S-1-5-21-1-2-3-501"},
      {"DA", "S-1-5-21-1-2-3-512"},
      {"DU", "S-1-5-21-1-2-3-513"},
      {"DG", "S-1-5-21-1-2-3-514"},
      {"DC", "S-1-5-21-1-2-3-515"},
      {"DD", "S-1-5-21-1-2-3-516"},
      {"CA", "S-1-5-21-1-2-3-517"},
      {"SA", "S-1-5-21-1-2-3-518"},
      {"EA", "S-1-5-21-1-2-3-519"},
      {"PA", "S-1-5-21-1-2-3-520"},
      {"CN", "S-1-5-21-1-2-3-522"},
      {"AP", "S-1-5-21-1-2-3-525"},
      {"KA", "S-1-5-21-1-2-3-526"},
      {"EK", "S-1-5-21-1-2-3-527"},
      {"RS", "S-1-5-21-1-2-3-553"},
  };
  for (const auto& [alias, sid] : kAliases) {
    auto read = SidFromSddl(alias, kDomain);
    ASSERT_TRUE(read.has_value()) << alias;
    EXPECT_EQ(read->ToString(), sid) << alias;
  }
}

TEST(SddlTest, RefusesADomainAliasWithoutADomain) {
  EXPECT_EQ(Reason("O:BAG:DU", {}), "position 6: SID alias DU is relative to a domain, and none was given");
}

TEST(SddlTest, ReadsRightsInEveryNotation) {
  EXPECT_EQ(MaskOf("0x1200A9"), 0x1200A9u);
  EXPECT_EQ(MaskOf("0Xffffffff"), 0xFFFFFFFFu);
  EXPECT_EQ(MaskOf("123456789"), 0x75BCD15u);
  EXPECT_EQ(MaskOf("01234567"), 0x53977u);
  EXPECT_EQ(MaskOf("0"), 0u);
  EXPECT_EQ(MaskOf(""), 0u);
  EXPECT_EQ(MaskOf("CCDCLCSWRPWPDTLOCR"), 0x1FFu);
  EXPECT_EQ(MaskOf("RCSDWDWO"), 0xF0000u);
  EXPECT_EQ(MaskOf("GAGRGWGX"), 0xF0000000u);
  EXPECT_EQ(MaskOf("FA"), 0x1F01FFu);
  EXPECT_EQ(MaskOf("FR"), 0x120089u);
  EXPECT_EQ(MaskOf("FW"), 0x120116u);
  EXPECT_EQ(MaskOf("FX"), 0x1200A0u);
  EXPECT_EQ(MaskOf("KA"), 0xF003Fu);
  EXPECT_EQ(MaskOf("KR"), 0x20019u);
  EXPECT_EQ(MaskOf("KW"), 0x20006u);
  EXPECT_EQ(MaskOf("KX"), 0x20019u);
  EXPECT_EQ(MaskOf("NWNRNX"), 0x7u);
}

TEST(SddlTest, RefusesWithThePosition) {
  EXPECT_THAT(Reason("Z:(A;;GA;;;SY)"), HasSubstr("position 0:"));
  EXPECT_THAT(Reason("d:(A;;GA;;;SY)"), HasSubstr("position 0:"));
  EXPECT_THAT(Reason("D :"), HasSubstr("position 1: ':' expected"));
  EXPECT_THAT(Reason("O:"), HasSubstr("position 2: not a SID"));
  EXPECT_THAT(Reason("O:XX"), HasSubstr("position 2: not a SID"));
  EXPECT_THAT(Reason("O:BAO:BA"), HasSubstr("position 4: O: is there twice"));
  EXPECT_THAT(Reason("D:P:S:"), HasSubstr("position 3:"));
  EXPECT_THAT(Reason("D:(AX;;GA;;;SY)"), HasSubstr("position 3: unknown ACE type"));
  EXPECT_THAT(Reason("D:(A;OX;GA;;;SY)"), HasSubstr("position 5: unknown ACE flag"));
  EXPECT_THAT(Reason("D:(A;;GAXX;;;SY)"), HasSubstr("position 8: unknown access right"));
  EXPECT_THAT(Reason("D:(A;;GA ;;;SY)"), HasSubstr("position 8: ';' expected"));
  EXPECT_THAT(Reason("D:(A;;-99;;;SY)"), HasSubstr("position 6:"));
  EXPECT_THAT(Reason("D:(A;;0x123456789;;;SY)"), HasSubstr("position 8: the access mask is too large"));
  EXPECT_THAT(Reason("D:(A;;089;;;SY)"), HasSubstr("position 7: not an octal digit"));
  EXPECT_THAT(Reason("D:(A;;GA;;;SYS)"), HasSubstr("position 13: ')' expected"));
  EXPECT_THAT(Reason("D:(A;;GA;;)"), HasSubstr("position 10:"));
  EXPECT_THAT(Reason("D:(A;;GA;;;SY"), HasSubstr("position 13: ')' expected"));
  EXPECT_THAT(Reason("D:NO_ACCESS_CONTROL(A;;GA;;;SY)"), HasSubstr("position 19:"));
}

TEST(SddlTest, RefusesABadSidWithThePosition) {
  EXPECT_THAT(Reason("O:S-2-5-18"), HasSubstr("position 2:"));
  EXPECT_THAT(Reason("O:S-1"), HasSubstr("position 5:"));
  EXPECT_THAT(Reason("O:S-1-"), HasSubstr("position 6:"));
  EXPECT_THAT(Reason("O:S-1-5-"), HasSubstr("position 8:"));
  EXPECT_THAT(Reason("O:S-1-5-4294967296"), HasSubstr("position 8: a sub-authority of a SID is too large"));
  EXPECT_THAT(Reason("O:S-1-281474976710656-1"), HasSubstr("position 6: the authority of a SID is too large"));
  EXPECT_THAT(Reason("O:S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"), HasSubstr("more than 15"));
}

TEST(SddlTest, RefusesGuidsThatAreWrongOrOutOfPlace) {
  EXPECT_THAT(Reason("D:(A;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;SY)"), HasSubstr("position 9: only object ACEs"));
  EXPECT_THAT(Reason("D:(OA;;CR;ab721a53;;SY)"), HasSubstr("position 18:"));
  EXPECT_THAT(Reason("D:(OA;;CR;ab721a53-1e2f-11d0-9819-00potato29b;;SY)"), HasSubstr("position 36:"));
  EXPECT_THAT(Reason("D:(OA;;CR;{ab721a53-1e2f-11d0-9819-00aa0040529b};;SY)"), HasSubstr("position 10:"));
}

TEST(SddlTest, NeverTakesAConditionForAPlainEntry) {
  EXPECT_THAT(Reason("D:(A;;GA;;;SY)(A;;FX;;;WD;(@User.Title==\"PM\"))"), HasSubstr("position 25:"));
  EXPECT_THAT(Reason("D:(XA;;FX;;;WD)"), HasSubstr("position "));
}

TEST(SddlTest, NamesTheAceThatHasNoSddlForm) {
  DescriptorParts parts;
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl = {MakeAce(AceType::kAccessAllowed, 0, kFileAllAccess, Sid::System()), {0x77, 0, 8, 0, 1, 2, 3, 4}};
  const DescriptorBytes bytes = *Build(parts);
  auto text = ToSddl(*DescriptorView::Parse(bytes));
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text.error().reason, HasSubstr("ACE 1 of the DACL (type 119)"));
}

TEST(SddlTest, DoesNotDropBytesBehindASid) {
  DescriptorBytes ace = MakeAce(AceType::kAccessAllowed, 0, kFileAllAccess, Sid::System());
  ace.insert(ace.end(), {1, 2, 3, 4});
  ace[2] = static_cast<std::uint8_t>(ace.size());
  DescriptorParts parts;
  parts.sacl_state = DescriptorParts::AclState::kPresent;
  parts.sacl = {ace};
  const DescriptorBytes bytes = *Build(parts);
  auto text = ToSddl(*DescriptorView::Parse(bytes));
  ASSERT_FALSE(text.has_value());
  EXPECT_THAT(text.error().reason, HasSubstr("ACE 0 of the SACL"));
}

TEST(SddlTest, ReadsAnyCutOfATextWithoutLeavingIt) {
  const std::string text =
      "O:S-1-5-21-1-2-3-1001G:DUD:PAI(OA;CIIO;RPWP;ab721a53-1e2f-11d0-9819-00aa0040529b;;PS)S:(ML;;NW;;;HI)";
  for (std::size_t length = 0; length < text.size(); ++length) {
    // A copy of its own, so that a sanitizer sees every byte past its end.
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
    auto bytes = FromSddl(std::string_view(cut.data(), cut.size()), kDomain);
    if (bytes) {
      EXPECT_TRUE(DescriptorView::Parse(*bytes).has_value()) << length;
    }
  }
}

TEST(SddlTest, GoesThereAndBackForRandomDescriptors) {
  std::mt19937 random(42);
  const AceType kTypes[] = {AceType::kAccessAllowed, AceType::kAccessDenied, AceType::kSystemAudit,
                            AceType::kSystemMandatoryLabel, AceType::kSystemAlarm};
  const Sid kSids[] = {Sid::Everyone(), Sid::Users(), *Sid::FromString("S-1-5-21-4-5-6-1001"), Sid::OwnerRights()};
  for (int round = 0; round < 2000; ++round) {
    DescriptorParts parts;
    parts.control = static_cast<std::uint16_t>(kSelfRelative | (random() & (kDaclProtected | kDaclAutoInherited)));
    if (random() % 2) parts.owner = kSids[random() % 4];
    parts.dacl_state = static_cast<DescriptorParts::AclState>(random() % 3);
    if (parts.dacl_state == DescriptorParts::AclState::kPresent) {
      for (auto left = random() % 5; left > 0; --left) {
        parts.dacl.push_back(MakeAce(kTypes[random() % 5], static_cast<std::uint8_t>(random()),
                                     static_cast<AccessMask>(random() >> (random() % 32)), kSids[random() % 4]));
      }
    }
    const DescriptorBytes bytes = *Build(parts);
    auto text = ToSddl(*DescriptorView::Parse(bytes));
    ASSERT_TRUE(text.has_value()) << text.error().ToString();
    EXPECT_TRUE(SameSecurity(bytes, Parse(*text))) << *text;
  }
}

}  // namespace
}  // namespace acledger::security
