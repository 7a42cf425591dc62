// SPDX-License-Identifier: MIT
// The folder of the ledger: for the system and administrators alone.
#include "security/win32/protected_folder.h"

#include <gmock/gmock.h>

#include "tests/win32/scratch_folder.h"

namespace acledger::fixtures {
namespace {

using testing::HasSubstr;
using testing::Not;
using win32::MakeProtectedFolder;

std::string SddlAt(const ScratchFolder& scratch, std::u16string_view path) { return SddlOf(*OpenIn(scratch, path)); }

TEST(ProtectedFolder, IsForTheSystemAndAdministratorsAlone) {
  const ScratchFolder scratch;
  ASSERT_TRUE(MakeProtectedFolder(scratch.Absolute(u"state")));
  EXPECT_THAT(SddlAt(scratch, u"state"), HasSubstr("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"));
  scratch.MakeFile(u"state\\file");
  EXPECT_THAT(SddlAt(scratch, u"state\\file"), Not(HasSubstr(";WD)")));
}

TEST(ProtectedFolder, IsClosedWhereItWasOpen) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"state", "O:BAG:BAD:(A;OICI;FA;;;WD)");
  ASSERT_TRUE(MakeProtectedFolder(scratch.Absolute(u"state")));
  EXPECT_THAT(SddlAt(scratch, u"state"), Not(HasSubstr(";WD)")));
  EXPECT_TRUE(MakeProtectedFolder(scratch.Absolute(u"state")));
}

TEST(ProtectedFolder, OfSomeoneElseIsRefusedWithTheOwner) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"state", "O:S-1-5-21-1-2-3-1001G:BAD:(A;OICI;FA;;;WD)");
  const auto made = MakeProtectedFolder(scratch.Absolute(u"state"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(made.error().reason, HasSubstr("S-1-5-21-1-2-3-1001"));
  EXPECT_THAT(SddlAt(scratch, u"state"), HasSubstr(";WD)"));
}

TEST(ProtectedFolder, IsNoFile) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"state");
  const auto made = MakeProtectedFolder(scratch.Absolute(u"state"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace acledger::fixtures
