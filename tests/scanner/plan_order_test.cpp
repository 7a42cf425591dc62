// SPDX-License-Identifier: MIT
#include "scanner/plan_order.h"

#include <random>

#include "scanner/path.h"
#include "scanner/waited_paths.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::size_t> All(PlanOrder& order) {
  std::vector<std::size_t> all;
  while (const auto next = order.Next()) all.push_back(*next);
  return all;
}

TEST(PlanOrderTest, TakesTheWayToWhatIsPreferredAndWhatIsBelowItFirst) {
  PlanOrder order;
  order.Begin({0, 0, 0, 2, 1, 2, 3});
  order.Prefer(2);
  EXPECT_THAT(All(order), ElementsAre(0, 2, 3, 5, 6, 1, 4));
}

TEST(PlanOrderTest, PrefersWhatWasSaidLastInTheMiddleOfTheWork) {
  PlanOrder order;
  order.Begin({0, 0, 0, 1, 2});
  EXPECT_EQ(order.Next(), 0u);
  order.Prefer(1);
  EXPECT_EQ(order.Next(), 1u);
  order.Prefer(4);
  EXPECT_THAT(All(order), ElementsAre(2, 4, 3));
  order.Prefer(3);  // Too late.
  EXPECT_THAT(All(order), IsEmpty());
}

TEST(PlanOrderTest, GivesEachOnceAndNoneBeforeItsParent) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::size_t> parents{0};
    for (std::size_t i = 1; i < 1 + random() % 40; ++i) parents.push_back(random() % i);
    PlanOrder order;
    order.Begin(parents);
    std::vector<bool> given(parents.size(), false);
    for (std::size_t i = 0; i < parents.size(); ++i) {
      if (random() % 4 == 0) order.Prefer(random() % (parents.size() + 1));
      const auto next = order.Next();
      ASSERT_TRUE(next);
      ASSERT_FALSE(given[*next]);
      ASSERT_TRUE(*next == 0 || given[parents[*next]]);
      given[*next] = true;
    }
    ASSERT_FALSE(order.Next());
  }
}

class WaitedTest : public EngineTest {
 protected:
  PathComponents Path(const char* text) { return ParsePath(text)->components; }
};

TEST_F(WaitedTest, WritesWhatSomebodyWaitsForFirst) {
  for (const char16_t* folder : {u"work/a", u"work/b/deep", u"work/c"})
    for (char16_t c = u'a'; c < u'f'; ++c) {
      // Of its own each: nothing is inherited.
      volume_.File(std::u16string(folder) + u"/" + c, "O:BAG:BAD:(A;;FA;;;SY)");
    }
  std::vector<std::u16string> written;
  volume_.SetHook([&written](fakes::Call call, const std::u16string& path) {
    if (call == fakes::Call::kWriteDacl) written.push_back(path);
  });
  WaitedPaths waited;
  waited.Add(Path("\\WORK\\B\\Deep\\e"));
  waited.Add(Path("\\else"));
  batch_ = 4;
  Environment environment = MakeEnvironment();
  environment.waited = &waited;
  Engine engine(environment);
  EXPECT_TRUE(Must(engine.Provision(Must(engine.Register(RequestFor("\\work"), notes_)))).complete);
  const auto first_at = [&](const std::u16string& folder) {
    return std::ranges::find_if(written, [&](const auto& path) { return path.starts_with(folder + u"\\"); }) -
           written.begin();
  };
  EXPECT_LT(first_at(u"\\work\\b\\deep"), first_at(u"\\work\\a"));
  EXPECT_LT(first_at(u"\\work\\b\\deep"), first_at(u"\\work\\c"));
  EXPECT_EQ(VerdictOf("\\work\\b\\deep\\e"), "covered");
  EXPECT_EQ(VerdictOf("\\work\\c\\e"), "covered");
  ExpectTrueRollUps();
}

}  // namespace
}  // namespace acledger::scanner
