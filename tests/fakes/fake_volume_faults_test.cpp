// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "security/sddl.h"
#include "tests/fakes/fake_volume.h"

namespace acledger::fakes {
namespace {

using scanner::Access;
using security::DescriptorBytes;

constexpr const char* kBefore = "O:BAG:BAD:P(A;;FA;;;BA)";
constexpr const char* kAfter = "O:BAG:BAD:P(A;;FA;;;BA)(A;;FR;;;WD)";
const Error kDeniedError{ErrorKind::kDenied, "open", {}, 5, "access is denied"};

DescriptorBytes FromSddl(const char* text) { return security::FromSddl(text).value(); }

class FakeVolumeFaults : public testing::Test {
 protected:
  FakeVolumeFaults() {
    for (const char16_t* path : {u"a", u"b", u"c"}) volume_.File(path, kBefore);
  }

  Expected<std::unique_ptr<scanner::Object>> Open(std::u16string_view name, Access access = Access::kWrite) {
    auto root = volume_.OpenRoot(Access::kRead);
    if (!root) return root;
    return (*root)->OpenChild(name, access);
  }
  Expected<void> Write(std::u16string_view name, const char* sddl = kAfter) {
    auto object = Open(name);
    if (!object) return std::unexpected(object.error());
    return (*object)->WriteDacl(FromSddl(sddl));
  }
  bool IsWritten(std::u16string_view name) { return volume_.Descriptor(name) == FromSddl(kAfter); }

  FakeVolume volume_;
};

TEST_F(FakeVolumeFaults, FailsTheNextCallOfAKindOnce) {
  volume_.FailNext(Call::kOpenWrite, kDeniedError);
  EXPECT_TRUE(Open(u"a", Access::kRead));
  Expected<void> refused = Write(u"a");
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(refused.error().code, 5u);
  EXPECT_EQ(refused.error().path, "\\a");
  EXPECT_TRUE(Write(u"a"));
}

TEST_F(FakeVolumeFaults, FailsOnlyAtThePathGiven) {
  volume_.FailNext(Call::kWriteDacl, u"B", kDeniedError);
  EXPECT_TRUE(Write(u"a"));
  EXPECT_FALSE(Write(u"b"));
  EXPECT_FALSE(IsWritten(u"b"));
}

TEST_F(FakeVolumeFaults, FailsEveryNthCall) {
  volume_.FailEvery(Call::kWriteDacl, 3, kDeniedError);
  std::vector<bool> went_through;
  for (int i = 0; i < 6; ++i) went_through.push_back(Write(u"a").has_value());
  EXPECT_EQ(went_through, (std::vector<bool>{true, true, false, true, true, false}));
  volume_.ClearFaults();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Write(u"a"));
}

TEST_F(FakeVolumeFaults, SkipsCallsBeforeAFault) {
  volume_.Inject({.call = Call::kWriteDacl, .error = kDeniedError, .skip = 1});
  EXPECT_TRUE(Write(u"a"));
  EXPECT_FALSE(Write(u"b"));
  EXPECT_TRUE(Write(u"c"));
}

TEST_F(FakeVolumeFaults, ClaimsAWriteThatHadNoEffect) {
  volume_.IgnoreNextWrite(u"a");
  EXPECT_TRUE(Write(u"a"));
  EXPECT_FALSE(IsWritten(u"a"));
  EXPECT_EQ(volume_.EffectiveWrites(), 0u);
}

TEST_F(FakeVolumeFaults, ReportsAnErrorAfterAWriteThatTookEffect) {
  volume_.FailAfterNextWrite(u"a", kDeniedError);
  EXPECT_FALSE(Write(u"a"));
  EXPECT_TRUE(IsWritten(u"a"));
}

TEST_F(FakeVolumeFaults, TurnsOpensAwayUntilTheOplockBreaks) {
  volume_.Oplock(u"a", 2);
  EXPECT_EQ(Open(u"a", Access::kRead).error().kind, ErrorKind::kBusy);
  EXPECT_EQ(volume_.OpenById(volume_.Id(u"a"), Access::kWrite).error().kind, ErrorKind::kBusy);
  EXPECT_TRUE(Open(u"a"));
}

TEST_F(FakeVolumeFaults, LetsATestSwapObjectsBeforeACall) {
  FileId listed = volume_.Id(u"a");
  volume_.SetHook([&](Call call, const std::u16string& path) {
    if (call == Call::kOpenWrite && path == u"\\a" && volume_.Id(u"a") == listed) {
      volume_.Delete(u"a");
      volume_.File(u"a", kBefore);
    }
  });
  EXPECT_NE(Open(u"a").value()->Info()->id, listed);
}

TEST_F(FakeVolumeFaults, AnswersNothingAfterACrash) {
  int crashes = 0;
  volume_.SetCrashHook([&] { ++crashes; });
  volume_.CrashAfterWrites(2);
  EXPECT_TRUE(Write(u"a"));
  EXPECT_EQ(Write(u"b").error().kind, ErrorKind::kIo);  // Took effect, but nobody hears of it.
  EXPECT_EQ(crashes, 1);
  EXPECT_TRUE(volume_.Crashed());
  EXPECT_EQ(Open(u"c").error().kind, ErrorKind::kIo);
  EXPECT_EQ(volume_.Flush().error().kind, ErrorKind::kIo);
  volume_.Restart();
  EXPECT_TRUE(Open(u"c"));
  EXPECT_TRUE(IsWritten(u"b"));
  EXPECT_FALSE(IsWritten(u"c"));
}

TEST_F(FakeVolumeFaults, LosesAnySubsetOfWhatWasNotFlushed) {
  std::set<std::pair<bool, bool>> outcomes;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    for (const char16_t* name : {u"a", u"b", u"c"}) volume_.SetDescriptor(name, kBefore);
    ASSERT_TRUE(Write(u"c"));
    ASSERT_TRUE(volume_.Flush());
    ASSERT_TRUE(Write(u"a"));
    ASSERT_TRUE(Write(u"b"));
    volume_.LoseUnflushed(seed);
    EXPECT_TRUE(IsWritten(u"c"));
    outcomes.insert({IsWritten(u"a"), IsWritten(u"b")});
  }
  EXPECT_EQ(outcomes.size(), 4u);
}

TEST_F(FakeVolumeFaults, LosesTheLastWritesOfAnObjectBeforeTheFirst) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    volume_.SetDescriptor(u"a", kBefore);
    ASSERT_TRUE(Write(u"a"));
    ASSERT_TRUE(Write(u"a", "O:BAG:BAD:P(A;;FX;;;WD)"));
    volume_.LoseUnflushed(seed);
    outcomes.insert(volume_.Sddl(u"a"));
  }
  EXPECT_EQ(outcomes.size(), 3u);
}

TEST_F(FakeVolumeFaults, LosesNothingAfterAFlush) {
  ASSERT_TRUE(Write(u"a"));
  ASSERT_TRUE(volume_.Flush());
  EXPECT_EQ(volume_.LoseUnflushed(1), 0u);
}

TEST_F(FakeVolumeFaults, LosesWritesAfterAFlushThatLied) {
  bool lost = false;
  for (std::uint64_t seed = 0; seed < 16 && !lost; ++seed) {
    ASSERT_TRUE(Write(u"a"));
    volume_.Inject({.call = Call::kFlush, .effect = Effect::kIgnore});
    ASSERT_TRUE(volume_.Flush());
    lost = volume_.LoseUnflushed(seed) > 0;
  }
  EXPECT_TRUE(lost);
}

}  // namespace
}  // namespace acledger::fakes
