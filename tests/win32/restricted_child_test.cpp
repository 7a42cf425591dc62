// SPDX-License-Identifier: MIT
// What an entry of ours is worth: a child under a restricted token is refused without it and let in with it.
#include "tests/win32/restricted_child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "security/edit.h"
#include "security/win32/nt_api.h"
#include "tests/win32/scratch_folder.h"

// After windows.h.
#include <shellapi.h>

namespace acledger::fixtures {
namespace {

using scanner::Access;
using security::Entry;
using security::Sid;

const Sid kSandbox = Sid::Make(5, {21, 1, 2, 3, 1001});
const Sid kOtherSandbox = Sid::Make(5, {21, 1, 2, 3, 1002});
constexpr const char* kUsersRead = "O:BAG:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200a9;;;BU)";

void Grant(const ScratchFolder& scratch, std::u16string_view path, const Sid& sid) {
  auto object = OpenIn(scratch, path, Access::kWrite);
  const Entry entry{sid, security::kFileReadAndExecute, 0};
  ASSERT_TRUE(object->WriteDacl(security::AddEntry(BytesOf(*object), entry).value().bytes));
}

TEST(RestrictedChild, ReadsWhatUsersMayRead) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"open", kUsersRead);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"open")), 0u);
}

TEST(RestrictedChild, IsRefusedWhatItsUserMayRead) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"closed", ScratchFolder::kPrivate);
  EXPECT_EQ(ReadAsOneself(scratch.Absolute(u"closed")), 0u);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"closed")), DWORD{ERROR_ACCESS_DENIED});
}

TEST(RestrictedChild, IsLetInAfterAGrantAndRefusedAfterItsReturn) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file", ScratchFolder::kPrivate);
  const auto before = BytesOf(*OpenIn(scratch, u"file"));
  Grant(scratch, u"file", kSandbox);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"file")), 0u);
  ASSERT_TRUE(OpenIn(scratch, u"file", Access::kWrite)->WriteDacl(before));
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"file")), DWORD{ERROR_ACCESS_DENIED});
}

TEST(RestrictedChild, IsNotLetInByTheEntryOfAnotherSandbox) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file", ScratchFolder::kPrivate);
  Grant(scratch, u"file", kOtherSandbox);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"file")), DWORD{ERROR_ACCESS_DENIED});
  EXPECT_EQ(ReadAsRestricted(kOtherSandbox, scratch.Absolute(u"file")), 0u);
}

TEST(RestrictedChild, IsRefusedTheSiblingOfWhatWasGranted) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"granted", ScratchFolder::kPrivate);
  scratch.MakeFile(u"secret", ScratchFolder::kPrivate);
  Grant(scratch, u"granted", kSandbox);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"granted")), 0u);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"secret")), DWORD{ERROR_ACCESS_DENIED});
}

TEST(RestrictedChild, IsRefusedByADenyBeforeOurEntry) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file", "O:BAG:BAD:P(D;;FR;;;BU)(A;;FA;;;BA)");
  Grant(scratch, u"file", kSandbox);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"file")), DWORD{ERROR_ACCESS_DENIED});
}

TEST(RestrictedChild, ReadsWhatHasANullDaclAndNotWhatHasAnEmptyOne) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"null", "O:BAG:BAD:NO_ACCESS_CONTROL");
  scratch.MakeFile(u"empty", "O:BAG:BAD:P");
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"null")), 0u);
  EXPECT_EQ(ReadAsRestricted(kSandbox, scratch.Absolute(u"empty")), DWORD{ERROR_ACCESS_DENIED});
}

}  // namespace
}  // namespace acledger::fixtures

int main(int argc, char** argv) {
  int count = 0;
  wchar_t** wide = CommandLineToArgvW(GetCommandLineW(), &count);
  if (const int code = acledger::fixtures::RunAsChild(count, wide); code != -1) return code;
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
