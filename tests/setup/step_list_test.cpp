// SPDX-License-Identifier: MIT
#include "setup/step_list.h"

#include <gmock/gmock.h>

#include "tests/setup/fake_machine.h"

namespace acledger::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr int kCallsAStep = 7;  // Of an installation: Find, Check, Before, Put, Apply, Check, Put.

class StepListTest : public testing::Test {
 protected:
  StepList List() {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(std::make_unique<FakeStep>(machine_, "folder"));
    steps.push_back(std::make_unique<FakeStep>(machine_, "account"));
    steps.push_back(std::make_unique<FakeStep>(machine_, "rule", std::vector<std::string>{"account"}));
    return {std::move(steps), journal_};
  }
  using Outcomes = std::vector<std::pair<std::string, Outcome>>;
  static Outcomes Of(const Expected<Report>& report) {
    Outcomes outcomes;
    EXPECT_TRUE(report);
    if (report)
      for (const StepResult& step : report->steps) outcomes.emplace_back(step.name, step.outcome);
    return outcomes;
  }
  // What is told is what is reported.
  Outcomes Install() {
    Outcomes told;
    const auto report = List().Install([&](const StepResult& step) { told.emplace_back(step.name, step.outcome); });
    EXPECT_EQ(Of(report), told);
    is_complete_ = report && report->is_complete;
    last_ = report ? *report : Report();
    return told;
  }
  Outcomes Uninstall() {
    const auto report = List().Uninstall([](const StepResult&) {});
    is_complete_ = report && report->is_complete;
    return Of(report);
  }

  FakeMachine machine_;
  FakeJournal journal_{machine_};
  bool is_complete_ = false;
  Report last_;
};

TEST_F(StepListTest, MakesEachInOrderAndASecondTimeNothing) {
  EXPECT_THAT(Install(), ElementsAre(Pair("folder", Outcome::kDone), Pair("account", Outcome::kDone),
                                     Pair("rule", Outcome::kDone)));
  EXPECT_TRUE(is_complete_);
  const auto things = machine_.things;
  EXPECT_THAT(Install(), ElementsAre(Pair("folder", Outcome::kWhole), Pair("account", Outcome::kWhole),
                                     Pair("rule", Outcome::kWhole)));
  EXPECT_EQ(machine_.things, things);
}

TEST_F(StepListTest, TakesBackInReverse) {
  Install();
  EXPECT_THAT(Uninstall(), ElementsAre(Pair("rule", Outcome::kUndone), Pair("account", Outcome::kUndone),
                                       Pair("folder", Outcome::kUndone)));
  EXPECT_TRUE(is_complete_);
  EXPECT_TRUE(machine_.things.empty());
  EXPECT_TRUE(machine_.records.empty());
}

TEST_F(StepListTest, WhatWasThereBeforeIsNotMadeAndStays) {
  machine_.things = {{"account", "ours"}, {"account 2", "ours"}};
  EXPECT_THAT(Install(), ElementsAre(Pair("folder", Outcome::kDone), Pair("account", Outcome::kWhole),
                                     Pair("rule", Outcome::kDone)));
  EXPECT_EQ(machine_.records.at("account").before, "ours");
}

TEST_F(StepListTest, TellsSuccessWithoutEffectByName) {
  machine_.FailAt(4, Fault::kLie);
  EXPECT_THAT(Install(), ElementsAre(Pair("folder", Outcome::kNoEffect), Pair("account", Outcome::kDone),
                                     Pair("rule", Outcome::kDone)));
  EXPECT_FALSE(is_complete_);
  EXPECT_EQ(last_.steps[0].detail, "folder is not there");
  EXPECT_THAT(machine_.records.at("folder").trouble, HasSubstr("no effect"));
  EXPECT_EQ(machine_.records.at("folder").state, StepState::kApplying);
}

TEST_F(StepListTest, BelievesTheSystemAndNotTheCallThatFailed) {
  machine_.FailAt(4, Fault::kErrorAfter);
  EXPECT_EQ(Install()[0].second, Outcome::kDone);
  EXPECT_TRUE(is_complete_);
  ASSERT_TRUE(last_.steps[0].error);  // It is told all the same.
  EXPECT_EQ(machine_.records.at("folder").trouble, "");
}

TEST_F(StepListTest, DoesNotTryWhatNeedsAStepThatFailed) {
  machine_.FailAt(kCallsAStep + 4, Fault::kError);  // The account's Apply.
  EXPECT_THAT(Install(), ElementsAre(Pair("folder", Outcome::kDone), Pair("account", Outcome::kFailed),
                                     Pair("rule", Outcome::kNotTried)));
  EXPECT_EQ(last_.steps[2].detail, "it needs account");
  EXPECT_FALSE(machine_.records.contains("rule"));
}

TEST_F(StepListTest, GoesOnPastWhatCannotBeTakenBack) {
  Install();
  machine_.FailAt(2, Fault::kError);  // Records, Put, the rule's Undo.
  EXPECT_THAT(Uninstall(), ElementsAre(Pair("rule", Outcome::kRemains), Pair("account", Outcome::kRemains),
                                       Pair("folder", Outcome::kUndone)));
  EXPECT_FALSE(is_complete_);
  EXPECT_EQ(machine_.records.at("rule").state, StepState::kUndoing);
  EXPECT_THAT(machine_.records.at("rule").trouble, HasSubstr("it fails"));
  EXPECT_THAT(Uninstall(), ElementsAre(Pair("rule", Outcome::kUndone), Pair("account", Outcome::kUndone)));
  EXPECT_TRUE(is_complete_);
}

TEST_F(StepListTest, KeepsTheRecordOfAStepThatItDoesNotKnow) {
  Install();
  EXPECT_TRUE(journal_.Put({"of tomorrow", StepState::kApplied, "x", ""}));
  EXPECT_EQ(Uninstall()[0], std::pair(std::string("of tomorrow"), Outcome::kRemains));
  EXPECT_FALSE(is_complete_);
  EXPECT_EQ(machine_.records.size(), 1u);
}

TEST_F(StepListTest, RepairsWhatSomebodyChangedAndKeepsWhatWasBefore) {
  machine_.things = {{"folder", "somebody's"}};
  Install();
  machine_.things.erase("folder 2");
  EXPECT_EQ(Install()[0].second, Outcome::kDone);
  Uninstall();
  EXPECT_EQ(machine_.things, (std::map<std::string, std::string>{{"folder", "somebody's"}}));
}

TEST_F(StepListTest, UndoesOnlyWhatThisRunBegan) {
  machine_.FailAt(kCallsAStep + 4, Fault::kError);
  Install();
  const auto begun = *journal_.Records();
  machine_.Heal();
  Install();
  const auto undone = List().UndoSince(begun, [](const StepResult&) {});
  EXPECT_THAT(Of(undone), ElementsAre(Pair("rule", Outcome::kUndone)));
  EXPECT_TRUE(machine_.records.contains("account"));
}

TEST_F(StepListTest, APlanTellsWhatWouldBeDoneAndChangesNothing) {
  machine_.things = {{"folder", "ours"}, {"folder 2", "ours"}};
  const auto things = machine_.things;
  const auto plan = List().Plan();
  EXPECT_THAT(Of(plan), ElementsAre(Pair("folder", Outcome::kWhole), Pair("account", Outcome::kToDo),
                                    Pair("rule", Outcome::kToDo)));
  EXPECT_EQ(plan->steps[1].detail, "make account");
  EXPECT_FALSE(plan->is_complete);
  EXPECT_EQ(machine_.things, things);
  EXPECT_TRUE(machine_.records.empty());
}

TEST_F(StepListTest, AStatusAsksTheSystemAndNotTheRecord) {
  EXPECT_EQ(Of(List().Status())[0].second, Outcome::kNotTried);
  Install();
  EXPECT_TRUE(List().Status()->is_complete);
  machine_.things.erase("account");
  EXPECT_THAT(Of(List().Status()), ElementsAre(Pair("folder", Outcome::kWhole), Pair("account", Outcome::kNoEffect),
                                               Pair("rule", Outcome::kWhole)));
}

TEST_F(StepListTest, WhatAStepThatRemainsNeedsRemainsToo) {
  Install();
  machine_.FailAt(2, Fault::kLie);  // Records, Put, Undo: the rule stays, and says that it went.
  EXPECT_THAT(Uninstall(), ElementsAre(Pair("rule", Outcome::kRemains), Pair("account", Outcome::kRemains),
                                       Pair("folder", Outcome::kUndone)));
  EXPECT_FALSE(is_complete_);
  EXPECT_EQ(machine_.things.at("account"), "ours");
  machine_.Heal();
  EXPECT_THAT(Uninstall(), ElementsAre(Pair("rule", Outcome::kUndone), Pair("account", Outcome::kUndone)));
  EXPECT_TRUE(is_complete_);
}

TEST_F(StepListTest, KeepsWhatItIsToldToAndWhatThatNeeds) {
  Install();
  const auto things = machine_.things;
  const auto report =
      List().Uninstall([](const StepResult&) {}, [](const std::string& name) { return name == "rule"; });
  EXPECT_THAT(Of(report), ElementsAre(Pair("rule", Outcome::kKept), Pair("account", Outcome::kKept),
                                      Pair("folder", Outcome::kUndone)));
  EXPECT_TRUE(report->is_complete);
  EXPECT_EQ(machine_.things.at("rule"), "ours");
  EXPECT_EQ(machine_.things.at("account"), "ours");
  EXPECT_THAT(Install(), ElementsAre(Pair("folder", Outcome::kDone), Pair("account", Outcome::kWhole),
                                     Pair("rule", Outcome::kWhole)));
  Uninstall();
  EXPECT_TRUE(machine_.things.empty());
}

}  // namespace
}  // namespace acledger::setup
