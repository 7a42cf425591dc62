// SPDX-License-Identifier: MIT
// Every call of every step of a whole installation goes wrong in turn, in each way, while it is made and while it is
// taken back.
#include <gmock/gmock.h>

#include "tests/setup/fake_system.h"

namespace acledger::setup {
namespace {

// What is on the machine has a record.
bool IsAccountedFor(const FakeSystem& system) { return system.IsAsItWas() || !system.machine.records.empty(); }

class InstallationFaultsTest : public testing::TestWithParam<Fault> {};

TEST_P(InstallationFaultsTest, OfInstallEndWholeOrCanBeMadeWholeOrUndone) {
  FakeSystem counting;
  ASSERT_TRUE(counting.Install());
  const int calls = counting.machine.Calls();
  ASSERT_GT(calls, 200);
  for (int at = 0; at < calls; ++at) {
    SCOPED_TRACE(at);
    for (const bool goes_on : {true, false}) {
      FakeSystem system;
      system.machine.FailAt(at, GetParam());
      const bool is_complete = system.Install();
      system.machine.Heal();
      ASSERT_TRUE(IsAccountedFor(system));
      if (is_complete) {
        ASSERT_TRUE(system.Install());
        for (const StepResult& result : system.last) ASSERT_EQ(result.outcome, Outcome::kWhole) << result.name;
      }
      if (goes_on) {
        ASSERT_TRUE(system.Install());
      }
      ASSERT_TRUE(system.Uninstall());
      ASSERT_TRUE(system.IsAsItWas());
      ASSERT_TRUE(system.machine.records.empty());
    }
  }
  RecordProperty("calls", calls);
}

TEST_P(InstallationFaultsTest, OfUninstallEndUndoneOrSayWhatRemains) {
  FakeSystem counting;
  ASSERT_TRUE(counting.Install());
  counting.machine.Heal();
  ASSERT_TRUE(counting.Uninstall());
  const int calls = counting.machine.Calls();
  ASSERT_GT(calls, 150);
  for (int at = 0; at < calls; ++at) {
    SCOPED_TRACE(at);
    FakeSystem system;
    ASSERT_TRUE(system.Install());
    system.machine.FailAt(at, GetParam());
    const bool is_complete = system.Uninstall();
    system.machine.Heal();
    ASSERT_TRUE(IsAccountedFor(system));
    if (is_complete) {
      ASSERT_TRUE(system.IsAsItWas());
    }
    // A grant is never left without the service, the ledger's folder and the group that it names.
    if (!system.provisioning.roots.empty()) {
      ASSERT_TRUE(system.services.services.contains(kServiceName));
      ASSERT_TRUE(system.folders.folders.contains(system.places.state));
      ASSERT_FALSE(system.accounts.state.groups.empty());
    }
    ASSERT_TRUE(system.Uninstall());
    ASSERT_TRUE(system.IsAsItWas());
    ASSERT_TRUE(system.machine.records.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Each, InstallationFaultsTest,
                         testing::Values(Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kHalf, Fault::kKilled,
                                         Fault::kKilledAfter));

}  // namespace
}  // namespace acledger::setup
