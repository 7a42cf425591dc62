// SPDX-License-Identifier: MIT
// Which grant is worked on next.
#include "daemon/service/queue.h"

#include <gmock/gmock.h>

namespace acledger::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class QueueTest : public testing::Test {
 protected:
  void Put(store::GrantId grant, Urgency urgency = Urgency::kRest, Work work = Work::kProvision) {
    queue_.Put({grant, work, urgency});
  }
  // 0: nothing.
  store::GrantId Next(Moment now = {}) {
    const std::optional<Job> job = queue_.Next(now);
    return job ? job->grant : 0;
  }
  std::vector<store::GrantId> Order() const {
    std::vector<store::GrantId> order;
    for (const Job& job : queue_.Jobs()) order.push_back(job.grant);
    return order;
  }

  Queue queue_;
};

TEST_F(QueueTest, GivesTheMostUrgentFirstAndEqualsInTheirOrder) {
  Put(1, Urgency::kRest);
  Put(2, Urgency::kProfile);
  Put(3, Urgency::kWorkspace);
  Put(4, Urgency::kProfile);
  EXPECT_THAT(Order(), ElementsAre(3, 2, 4, 1));
  EXPECT_EQ(Next(), 3);
}

TEST_F(QueueTest, RemembersHowTheLastWishWantsTheTablesUsed) {
  using scanner::IndexUse;
  queue_.Put({1, Work::kProvision, Urgency::kRest, false, IndexUse::kNever});
  queue_.Put({1, Work::kProvision, Urgency::kRest, false, IndexUse::kAlways});
  queue_.PutByItself({1, Work::kProvision, Urgency::kRest});
  EXPECT_EQ(queue_.Next({})->index, IndexUse::kAlways);
  queue_.End(Ended::kStopped, {});
  EXPECT_EQ(queue_.Next({})->index, IndexUse::kAlways);
  queue_.End(Ended::kDone, {});
  Put(1);
  EXPECT_EQ(queue_.Next({})->index, IndexUse::kAuto);
}

TEST_F(QueueTest, GivesOneAtATime) {
  Put(1);
  Put(2);
  EXPECT_EQ(Next(), 1);
  EXPECT_EQ(Next(), 0);
  queue_.End(Ended::kDone, {});
  EXPECT_EQ(Next(), 2);
}

TEST_F(QueueTest, MergesEqualWishes) {
  Put(1, Urgency::kRest);
  Put(1, Urgency::kWorkspace);
  Put(1, Urgency::kRest);
  ASSERT_EQ(queue_.Jobs().size(), 1u);
  EXPECT_EQ(queue_.Jobs()[0].urgency, Urgency::kWorkspace);
}

TEST_F(QueueTest, LetsARollbackReplaceAProvisionButNotTheOtherWayRound) {
  Put(1, Urgency::kRest, Work::kProvision);
  Put(1, Urgency::kRest, Work::kRollback);
  Put(1, Urgency::kRest, Work::kProvision);
  EXPECT_EQ(queue_.Next({})->work, Work::kRollback);
}

TEST_F(QueueTest, RunsOnceMoreWhatWasWishedForWhileItRan) {
  Put(1);
  Next();
  Put(1);
  queue_.End(Ended::kDone, {});
  EXPECT_EQ(Next(), 1);
  queue_.End(Ended::kDone, {});
  EXPECT_EQ(Next(), 0);
}

TEST_F(QueueTest, MakesTheRunningOneGiveWayToWhatIsMoreUrgentAndNotToEquals) {
  Put(1, Urgency::kProfile);
  Next();
  Put(2, Urgency::kProfile);
  EXPECT_FALSE(queue_.ShouldYield({}));
  Put(3, Urgency::kWaitedFor);
  EXPECT_TRUE(queue_.ShouldYield({}));
  queue_.End(Ended::kStopped, {});
  EXPECT_EQ(Next(), 3);
  queue_.End(Ended::kDone, {});
  EXPECT_EQ(Next(), 1);  // Before 2: it came first.
}

TEST_F(QueueTest, MakesAProvisionGiveWayToItsOwnRollback) {
  Put(1);
  Next();
  Put(1, Urgency::kRest, Work::kRollback);
  EXPECT_TRUE(queue_.ShouldYield({}));
  queue_.End(Ended::kStopped, {});
  EXPECT_EQ(queue_.Next({})->work, Work::kRollback);
}

TEST_F(QueueTest, TriesAFailedOneAgainLaterAndLater) {
  Put(1);
  Next();
  queue_.End(Ended::kFailed, 0ms);
  EXPECT_EQ(Next(999ms), 0);
  EXPECT_EQ(queue_.NextRetry(), 1000ms);
  EXPECT_EQ(Next(1000ms), 1);
  queue_.End(Ended::kFailed, 1000ms);
  EXPECT_EQ(Next(2999ms), 0);
  EXPECT_EQ(Next(3000ms), 1);
}

TEST_F(QueueTest, WaitsForNoRetryWhilePaused) {
  Put(1);
  Next();
  queue_.End(Ended::kFailed, 0ms);
  queue_.PauseAll();
  EXPECT_EQ(queue_.NextRetry(), std::nullopt);
  queue_.ResumeAll();
  EXPECT_EQ(queue_.NextRetry(), 1000ms);
}

TEST_F(QueueTest, NeverWaitsLongerThanTenMinutes) {
  Put(1);
  Moment now{};
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(Next(now), 1);
    queue_.End(Ended::kFailed, now);
    ASSERT_LE(*queue_.NextRetry() - now, 600s);
    now = *queue_.NextRetry();
  }
}

TEST_F(QueueTest, TriesAFailedOneAtOnceWhenItIsWishedForAgain) {
  Put(1);
  Next();
  queue_.End(Ended::kFailed, {});
  Put(1);
  EXPECT_EQ(Next(), 1);
}

TEST_F(QueueTest, HoldsOneOrAllUntilTheyAreReleased) {
  Put(1);
  Put(2);
  EXPECT_TRUE(queue_.Hold(1));
  EXPECT_EQ(Next(), 2);
  queue_.PauseAll();
  EXPECT_TRUE(queue_.ShouldYield({}));
  queue_.End(Ended::kStopped, {});
  EXPECT_TRUE(queue_.Release(1));
  EXPECT_EQ(Next(), 0);
  queue_.ResumeAll();
  EXPECT_EQ(Next(), 1);
  EXPECT_FALSE(queue_.Hold(99));
}

TEST_F(QueueTest, ForgetsWhatIsCancelledTheRunningOneAtItsEnd) {
  Put(1);
  Put(2);
  Next();
  EXPECT_TRUE(queue_.Cancel(1));
  EXPECT_TRUE(queue_.Cancel(2));
  EXPECT_TRUE(queue_.ShouldYield({}));
  EXPECT_THAT(Order(), ElementsAre(1));
  queue_.End(Ended::kStopped, {});
  EXPECT_THAT(Order(), IsEmpty());
}

TEST_F(QueueTest, LeavesWhatSomebodySaidAloneWhenSomethingHappensByItself) {
  Put(1);
  queue_.Hold(1);
  queue_.PutByItself({1, Work::kLook, Urgency::kWaitedFor});
  EXPECT_EQ(Next(), 0);
  queue_.Release(1);
  EXPECT_EQ(queue_.Next({})->work, Work::kProvision);  // Which looks at everything.
  queue_.End(Ended::kFailed, {});
  queue_.PutByItself({1, Work::kLook});
  EXPECT_EQ(Next(), 0);  // The retry keeps its time.
}

TEST_F(QueueTest, LooksOnceMoreAfterTheJobDuringWhichSomethingChanged) {
  Put(1);
  Next();
  for (int i = 0; i < 3; ++i) queue_.PutByItself({1, Work::kLook});
  EXPECT_FALSE(queue_.ShouldYield({}));
  queue_.End(Ended::kDone, {});
  EXPECT_EQ(queue_.Next({})->work, Work::kLook);
  queue_.End(Ended::kDone, {});
  EXPECT_EQ(Next(), 0);
}

TEST_F(QueueTest, LooksAtEverythingWhereALookIsNotEnough) {
  queue_.PutByItself({1, Work::kLook});
  queue_.PutByItself({1, Work::kProvision});
  EXPECT_EQ(queue_.Next({})->work, Work::kProvision);
  queue_.End(Ended::kDone, {});
  queue_.PutByItself({2, Work::kLook});
  queue_.Next({});
  queue_.PutByItself({2, Work::kProvision});
  queue_.End(Ended::kStopped, {});
  EXPECT_EQ(queue_.Next({})->work, Work::kProvision);
}

TEST(UrgencyOf, FollowsTheKnownPlaces) {
  EXPECT_EQ(UrgencyOf("\\work"), Urgency::kWorkspace);
  EXPECT_EQ(UrgencyOf("\\Users\\dev\\src"), Urgency::kWorkspace);
  EXPECT_EQ(UrgencyOf("\\users\\dev"), Urgency::kProfile);
  EXPECT_EQ(UrgencyOf("\\Program Files\\Git"), Urgency::kPrograms);
  EXPECT_EQ(UrgencyOf("\\Program Filesystem"), Urgency::kWorkspace);
  EXPECT_EQ(UrgencyOf("\\Windows"), Urgency::kRest);
  EXPECT_EQ(UrgencyOf("\\"), Urgency::kRest);
}

}  // namespace
}  // namespace acledger::daemon
