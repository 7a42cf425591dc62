// SPDX-License-Identifier: MIT
#include "setup/service_steps.h"

#include <gmock/gmock.h>

#include <set>

#include "setup/step_list.h"
#include "tests/setup/fake_services.h"

namespace acledger::setup {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

ServiceEntry Entry() {
  ServiceEntry entry;
  entry.name = "acledger";
  entry.description = "Made by acledger-setup.";
  entry.command = "\"C:\\Program Files\\acledger\\acledgerd.exe\" --service";
  return entry;
}
std::vector<ServiceTrait> Traits() {
  return {RequiredPrivileges{{"SeBackupPrivilege", "SeRestorePrivilege"}},
          RestartsAfter{{std::chrono::seconds(5), std::chrono::seconds(60)}}, DelayedStart{true}, OwnSid{true}};
}

class ServiceStepsTest : public testing::Test {
 protected:
  bool Go(bool install, std::vector<std::string> needs = {}) {
    StepList list(ServiceSteps(services_, Entry(), Traits(), std::move(needs)), journal_);
    last_.clear();
    const auto tell = [this](const StepResult& result) { last_.push_back(result); };
    try {
      const auto done = install ? list.Install(tell) : list.Uninstall(tell);
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }
  FakeServices::Service& Ours() { return services_.services.at("acledger"); }

  FakeMachine machine_;
  FakeServices services_{machine_};
  FakeJournal journal_{machine_};
  std::vector<StepResult> last_;
};

TEST_F(ServiceStepsTest, MakeStartStopAndRemoveIt) {
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(Ours().entry, Entry());
  EXPECT_TRUE(Ours().is_running);
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(services_.services, IsEmpty());
}

TEST_F(ServiceStepsTest, WaitForWhatTheyNeed) {
  EXPECT_FALSE(Go(true, {"programs"}));
  EXPECT_EQ(last_[0].outcome, Outcome::kNotTried);
  EXPECT_EQ(last_[1].outcome, Outcome::kNotTried);
  EXPECT_THAT(services_.services, IsEmpty());
}

TEST_F(ServiceStepsTest, RepairSettingsThatWereChangedAndWhatWasStopped) {
  EXPECT_TRUE(Go(true));
  Ours().entry.command += " --full-speed";
  Ours().traits[0] = RequiredPrivileges{{"SeDebugPrivilege"}};
  Ours().is_running = false;
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(Ours().entry, Entry());
  EXPECT_EQ(Ours().traits[0], Traits()[0]);
  EXPECT_TRUE(Ours().is_running);
}

TEST_F(ServiceStepsTest, ReportEachTraitThatIsNotTakenByItsName) {
  EXPECT_TRUE(Go(true));
  const int calls = machine_.Calls();
  ASSERT_TRUE(Go(false));
  std::set<std::string> named;
  for (int at = 0; at < calls; ++at) {
    machine_.FailAt(at, Fault::kLie);
    Go(true);
    for (const StepResult& result : last_)
      if (result.outcome == Outcome::kNoEffect) named.insert(result.name);
    machine_.Heal();
    ASSERT_TRUE(Go(false));
  }
  EXPECT_THAT(named, testing::UnorderedElementsAre("service acledger", "service acledger: required privileges",
                                                   "service acledger: restarts after a failure",
                                                   "service acledger: delayed start", "service acledger: own SID",
                                                   "running acledger"));
}

TEST_F(ServiceStepsTest, LeaveAnothersServiceAlone) {
  ServiceEntry theirs = Entry();
  theirs.description = "of somebody else";
  services_.services["acledger"] = {theirs, {}, true};
  EXPECT_FALSE(Go(true));
  EXPECT_EQ(last_[0].outcome, Outcome::kFailed);
  EXPECT_EQ(last_[0].error->kind, ErrorKind::kMismatch);
  EXPECT_TRUE(Go(false));
  EXPECT_EQ(Ours().entry, theirs);
  EXPECT_TRUE(Ours().is_running);
}

TEST_F(ServiceStepsTest, TakeOneThatWasNotYetDescribedForOurs) {
  ASSERT_TRUE(Go(true));
  Ours().entry.description.clear();
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(Ours().entry, Entry());
  Ours().entry.description.clear();
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(services_.services, IsEmpty());
}

TEST_F(ServiceStepsTest, EachCallMayGoWrongInEachWay) {
  for (const bool uninstall : {false, true})
    for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
      for (int at = 0; at < 60; ++at) {
        SCOPED_TRACE(testing::Message() << uninstall << int(fault) << " at " << at);
        services_.services.clear();
        if (uninstall) {
          ASSERT_TRUE(Go(true));
        }
        machine_.FailAt(at, fault);
        if (Go(!uninstall)) {
          EXPECT_EQ(services_.services.size(), uninstall ? 0u : 1u);
        }
        EXPECT_LE(services_.services.size(), machine_.records.size());
        machine_.Heal();
        EXPECT_TRUE(Go(true));
        EXPECT_TRUE(Ours().is_running);
        ASSERT_TRUE(Go(false));
        EXPECT_THAT(services_.services, SizeIs(0));
      }
}

}  // namespace
}  // namespace acledger::setup
