// SPDX-License-Identifier: MIT
// When what could not be looked at is tried again.
#include "daemon/service/later_looks.h"

#include <gmock/gmock.h>

namespace acledger::daemon {
namespace {

using namespace std::chrono_literals;
using scanner::PathComponents;
using testing::ElementsAre;
using testing::IsEmpty;

const PathComponents kA{u"work", u"a"}, kB{u"work", u"b"};

class LaterLooksTest : public testing::Test {
 protected:
  void Set(const std::vector<PathComponents>& folders, Moment now, bool whole = false) {
    later_.Set(1, Urgency::kWorkspace, folders, whole, now);
  }
  std::vector<PathComponents> Take(Moment now) {
    const auto due = later_.Take(now);
    return due.empty() ? std::vector<PathComponents>{} : due.front().folders;
  }
  bool TakesWhole(Moment now) {
    const auto due = later_.Take(now);
    return !due.empty() && due.front().whole;
  }

  LaterLooks later_;
};

TEST_F(LaterLooksTest, GivesAFolderOnceAfterASecond) {
  Set({kA}, 5s);
  EXPECT_EQ(later_.Next(), Moment(6s));
  EXPECT_THAT(Take(5999ms), IsEmpty());
  EXPECT_THAT(Take(6s), ElementsAre(kA));
  EXPECT_THAT(Take(1h), IsEmpty());
  EXPECT_EQ(later_.Next(), std::nullopt);
}

TEST_F(LaterLooksTest, WaitsLongerEachTimeThatItFailsAndNeverLongerThanTenMinutes) {
  Moment now = 0s;
  std::vector<long long> waits;
  for (int i = 0; i < 12; ++i) {
    Set({kA}, now);
    waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(*later_.Next() - now).count());
    now = *later_.Next();
    ASSERT_THAT(Take(now), ElementsAre(kA));
  }
  EXPECT_THAT(waits, ElementsAre(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600));
}

TEST_F(LaterLooksTest, KeepsTheTimeOfWhatNobodyTriedAgain) {
  Set({kA}, 0s);
  Set({kA, kB}, 500ms);
  EXPECT_TRUE(later_.HasAny(1, {kB}));
  EXPECT_FALSE(later_.HasAny(1, {{u"work"}}));
  EXPECT_THAT(Take(1s), ElementsAre(kA));
  EXPECT_EQ(later_.Next(), Moment(1500ms));
}

TEST_F(LaterLooksTest, ForgetsWhatWentWell) {
  Set({kA}, 0s);
  Take(1s);
  Set({}, 1s);
  EXPECT_FALSE(later_.HasAny(1, {kA}));
  Set({kA}, 10s);
  EXPECT_EQ(later_.Next(), Moment(11s));
  later_.Forget(1);
  EXPECT_EQ(later_.Next(), std::nullopt);
}

// It is dear; the verify comes anyway.
TEST_F(LaterLooksTest, GivesUpWholeLooksAfterAFewInARow) {
  int looks = 0;
  for (Moment now = 0s; Set({}, now, true), later_.Next(); ++looks) {
    ASSERT_LT(looks, 100);
    now = *later_.Next();
    ASSERT_TRUE(TakesWhole(now));
  }
  EXPECT_EQ(looks, 6);
}

TEST_F(LaterLooksTest, GivesAWholeLookToo) {
  Set({}, 0s, true);
  EXPECT_TRUE(later_.WantsWhole(1));
  EXPECT_TRUE(TakesWhole(1s));
  EXPECT_FALSE(TakesWhole(1h));
  Set({}, 1s, true);
  EXPECT_EQ(later_.Next(), Moment(3s));
  Set({}, 3s, false);
  EXPECT_FALSE(later_.WantsWhole(1));
}

}  // namespace
}  // namespace acledger::daemon
