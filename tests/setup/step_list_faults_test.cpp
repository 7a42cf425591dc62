// SPDX-License-Identifier: MIT
// Each call that an installation and its removal make goes wrong in turn, in each way. Whatever comes of it, nothing is
// there without a record; the next run ends complete, and a removal leaves the machine as it was.
#include <gmock/gmock.h>

#include "setup/step_list.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {
namespace {

constexpr Fault kFaults[] = {Fault::kError, Fault::kErrorAfter, Fault::kLie,
                             Fault::kHalf,  Fault::kKilled,     Fault::kKilledAfter};

using Things = std::map<std::string, std::string>;
const Things kBefore = {{"folder", "somebody's"}, {"other", "somebody's"}};
const Things kWhole = {{"folder", "ours"},    {"folder 2", "ours"},  {"account", "ours"},
                       {"account 2", "ours"}, {"rule", "ours"},      {"rule 2", "ours"},
                       {"service", "ours"},   {"service 2", "ours"}, {"other", "somebody's"}};

StepList Steps(FakeMachine& machine, Journal& journal) {
  std::vector<std::unique_ptr<Step>> steps;
  steps.push_back(std::make_unique<FakeStep>(machine, "folder"));
  steps.push_back(std::make_unique<FakeStep>(machine, "account", std::vector<std::string>{"folder"}));
  steps.push_back(std::make_unique<FakeStep>(machine, "rule", std::vector<std::string>{"account"}));
  steps.push_back(std::make_unique<FakeStep>(machine, "service", std::vector<std::string>{"folder"}));
  return {std::move(steps), journal};
}

void Ignore(const StepResult&) {}

enum class Job { kInstall, kUninstall };

// One process: true if it says that it is complete. A kill and a journal that fails say nothing.
bool Completes(FakeMachine& machine, Job job) {
  FakeJournal journal(machine);
  StepList steps = Steps(machine, journal);
  try {
    const auto report = job == Job::kInstall ? steps.Install(Ignore) : steps.Uninstall(Ignore);
    return report && report->is_complete;
  } catch (const Killed&) {
    return false;
  }
}

void ExpectNothingUnrecorded(const FakeMachine& machine) {
  for (const auto& [thing, value] : machine.things) {
    if (value != "ours") continue;
    const std::string step = thing.substr(0, thing.find(' '));
    EXPECT_TRUE(machine.records.contains(step)) << thing;
  }
}

int CallsOf(Job job) {
  FakeMachine machine;
  if (job == Job::kUninstall) {
    EXPECT_TRUE(Completes(machine, Job::kInstall));
  }
  machine.Heal();
  EXPECT_TRUE(Completes(machine, job));
  return machine.Calls();
}

struct Case {
  Job job;
  Fault fault;
};
class StepListFaults : public testing::TestWithParam<Case> {};

TEST_P(StepListFaults, NothingStaysWithoutARecordAndTheNextRunEndsIt) {
  const int calls = CallsOf(GetParam().job);
  int incomplete = 0;
  for (int at = 0; at < calls; ++at) {
    SCOPED_TRACE(at);
    FakeMachine machine;
    machine.things = kBefore;
    if (GetParam().job == Job::kUninstall) {
      ASSERT_TRUE(Completes(machine, Job::kInstall));
    }
    machine.FailAt(at, GetParam().fault);
    const bool complete = Completes(machine, GetParam().job);
    incomplete += !complete;
    const bool is_install = GetParam().job == Job::kInstall;
    if (complete) {
      EXPECT_EQ(machine.things, is_install ? kWhole : kBefore);
    }
    ExpectNothingUnrecorded(machine);

    FakeMachine again = machine;  // From here on both ways.
    again.Heal(), machine.Heal();
    EXPECT_TRUE(Completes(again, Job::kInstall));
    EXPECT_EQ(again.things, kWhole);
    EXPECT_EQ(again.records.size(), 4u);
    EXPECT_TRUE(Completes(machine, Job::kUninstall));
    EXPECT_EQ(machine.things, kBefore);
    EXPECT_TRUE(machine.records.empty());
    EXPECT_TRUE(Completes(again, Job::kUninstall));
    EXPECT_EQ(again.things, kBefore);
  }
  EXPECT_GT(calls, 16);
  EXPECT_GT(incomplete, 0);
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const Job job : {Job::kInstall, Job::kUninstall})
    for (const Fault fault : kFaults) cases.push_back({job, fault});
  return cases;
}
INSTANTIATE_TEST_SUITE_P(EachFault, StepListFaults, testing::ValuesIn(Cases()));

}  // namespace
}  // namespace acledger::setup
