// SPDX-License-Identifier: MIT
#include "setup/service_steps.h"

#include <gmock/gmock.h>

#include <map>

#include "setup/step_list.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class FakeServices final : public Services {
 public:
  explicit FakeServices(FakeMachine& machine) : machine_(machine) {}
  struct Service {
    ServiceConfig config;
    bool is_running = false;
  };
  std::map<std::string, Service> services;

  Expected<std::optional<ServiceConfig>> Find(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    const auto found = services.find(name);
    return found == services.end() ? std::nullopt : std::optional(found->second.config);
  }
  Expected<void> Make(const ServiceConfig& config) override {
    return machine_.Do([&] { services[config.name] = {config, false}; });
  }
  Expected<void> Change(const ServiceConfig& config) override {
    return machine_.Do([&] { services.at(config.name).config = config; });
  }
  Expected<void> Remove(const std::string& name) override {
    return machine_.Do([&] { services.erase(name); });
  }
  Expected<bool> IsRunning(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (!services.contains(name)) return Fail(ErrorKind::kNotFound, "ask", "no such service");
    return services.at(name).is_running;
  }
  Expected<void> Start(const std::string& name) override {
    return machine_.Do([&] { services.at(name).is_running = true; });
  }
  Expected<void> Stop(const std::string& name) override {
    return machine_.Do([&] { services.at(name).is_running = false; });
  }

 private:
  FakeMachine& machine_;
};

ServiceConfig Config() {
  ServiceConfig config;
  config.name = "acledger";
  config.description = "Made by acledger-setup.";
  config.command = "\"C:\\Program Files\\acledger\\acledgerd.exe\" --service";
  config.privileges = {"SeBackupPrivilege", "SeRestorePrivilege"};
  config.restarts_after = {std::chrono::seconds(5), std::chrono::seconds(60)};
  config.is_delayed_start = config.has_own_sid = true;
  return config;
}

class ServiceStepsTest : public testing::Test {
 protected:
  bool Go(bool install, std::vector<std::string> needs = {}) {
    StepList list(ServiceSteps(services_, Config(), std::move(needs)), journal_);
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
  EXPECT_EQ(Ours().config, Config());
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
  Ours().config.privileges.emplace_back("SeDebugPrivilege");
  Ours().is_running = false;
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(Ours().config, Config());
  EXPECT_TRUE(Ours().is_running);
}

TEST_F(ServiceStepsTest, LeaveAnothersServiceAlone) {
  ServiceConfig theirs = Config();
  theirs.description = "of somebody else";
  services_.services["acledger"] = {theirs, true};
  EXPECT_FALSE(Go(true));
  EXPECT_EQ(last_[0].outcome, Outcome::kFailed);
  EXPECT_EQ(last_[0].error->kind, ErrorKind::kMismatch);
  EXPECT_TRUE(Go(false));
  EXPECT_EQ(Ours().config, theirs);
  EXPECT_TRUE(Ours().is_running);
}

TEST_F(ServiceStepsTest, EachCallMayGoWrongInEachWay) {
  for (const bool uninstall : {false, true})
    for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
      for (int at = 0; at < 20; ++at) {
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
