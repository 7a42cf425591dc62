// SPDX-License-Identifier: MIT
#include "setup/win32/win32_filters.h"

#include <gmock/gmock.h>

#include "setup/filter_steps.h"
#include "setup/identity.h"
#include "setup/step_list.h"
#include "tests/setup/fake_accounts.h"
#include "tests/setup/win32/fake_engine.h"

namespace acledger::setup {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const security::Sid kUser = security::Sid::Make(5, {21, 7, 7, 7, 1001});
const security::Sid kAccount = security::Sid::Make(5, {21, 7, 7, 7, 2000});
constexpr std::size_t kCount = 12;

// The calls of Win32Filters, to an engine in memory.
class Win32FiltersTest : public testing::Test {
 protected:
  std::vector<Filter> Ours() const { return OfflineFilters(kUser, OfflineAccountName(kUser), kAccount); }
  bool IsThere(const std::vector<Filter>& filters) {
    const auto found = filters_.Find(OfflineFilterKeys(kUser));
    return found && *found == filters;
  }
  template <class T>
  static ErrorKind KindOf(const Expected<T>& result) {
    return result ? ErrorKind{} : result.error().kind;
  }
  void MakeAll() {
    ASSERT_TRUE(filters_.MakeHome({"acledgerd"}));
    ASSERT_TRUE(filters_.Replace(OfflineFilterKeys(kUser), Ours()));
  }
  void TearDown() override {
    EXPECT_EQ(engine_.open_sessions, 0);
    EXPECT_EQ(engine_.unfreed, 0);
  }

  FakeMachine machine_;
  FakeEngine engine_{machine_};
  Win32Filters filters_{FakeEngine::Api()};
};

TEST_F(Win32FiltersTest, MakeAndRemoveTheirHome) {
  EXPECT_EQ(filters_.FindHome().value().has_value(), false);
  ASSERT_TRUE(filters_.MakeHome({"acledgerd"}));
  EXPECT_EQ(engine_.state.provider->flags, 1u);
  EXPECT_EQ(engine_.state.sublayer->flags, 1u);
  const auto home = filters_.FindHome().value();
  EXPECT_EQ(home->service, "acledgerd");
  EXPECT_FALSE(home->is_off);
  ASSERT_TRUE(filters_.MakeHome({"acledgerd"}));  // What is there stays.
  engine_.state.provider->flags |= 0x10;
  EXPECT_TRUE(filters_.FindHome().value()->is_off);
  ASSERT_TRUE(filters_.RemoveHome());
  EXPECT_FALSE(engine_.state.provider || engine_.state.sublayer);
  EXPECT_TRUE(filters_.RemoveHome());
  EXPECT_EQ(engine_.writes_outside, 0);
}

TEST_F(Win32FiltersTest, SayWhatIsWrongWithTheirHome) {
  const std::function<void()> damages[] = {
      [this] { engine_.state.provider.reset(); },
      [this] { engine_.state.sublayer.reset(); },
      [this] { engine_.state.provider->flags = 0; },
      [this] { engine_.state.sublayer->flags = 0; },
      [this] { engine_.state.sublayer->provider = kSublayerKey; },
  };
  for (const auto& damage : damages) {
    ASSERT_TRUE(filters_.MakeHome({"acledgerd"}));
    damage();
    EXPECT_EQ(KindOf(filters_.FindHome()), ErrorKind::kMismatch);
    ASSERT_TRUE(filters_.RemoveHome());
    EXPECT_FALSE(engine_.state.provider || engine_.state.sublayer);
  }
}

TEST_F(Win32FiltersTest, AddFindAndRemoveFilters) {
  MakeAll();
  EXPECT_TRUE(IsThere(Ours()));
  EXPECT_EQ(KindOf(filters_.RemoveHome()), ErrorKind::kBusy);
  EXPECT_TRUE(engine_.state.provider && engine_.state.sublayer);
  ASSERT_TRUE(filters_.Replace(OfflineFilterKeys(kUser), Ours()));
  EXPECT_TRUE(IsThere(Ours()));
  engine_.state.filters.begin()->second->record.action.type = FWP_ACTION_PERMIT;
  EXPECT_EQ(KindOf(filters_.Find(OfflineFilterKeys(kUser))), ErrorKind::kMismatch);
  ASSERT_TRUE(filters_.Replace(OfflineFilterKeys(kUser), {}));
  EXPECT_TRUE(IsThere({}));
  EXPECT_EQ(engine_.writes_outside, 0);
}

TEST_F(Win32FiltersTest, AddNoneWithoutTheirHome) {
  EXPECT_EQ(KindOf(filters_.Replace({}, Ours())), ErrorKind::kNotFound);
  EXPECT_THAT(engine_.state.filters, IsEmpty());
}

// All or nothing, whichever call fails.
TEST_F(Win32FiltersTest, AreAllReplacedOrNone) {
  MakeAll();
  std::vector<Filter> others = Ours();
  for (Filter& filter : others) filter.account = kUser;
  machine_.Heal();
  ASSERT_TRUE(filters_.Replace(OfflineFilterKeys(kUser), others));
  const int calls = machine_.Calls();
  ASSERT_GT(calls, 70);
  for (int at = 0; at < calls; ++at) {
    machine_.Heal();
    ASSERT_TRUE(filters_.Replace(OfflineFilterKeys(kUser), Ours()));
    machine_.FailAt(at, Fault::kError);
    const auto replaced = filters_.Replace(OfflineFilterKeys(kUser), others);
    EXPECT_EQ(KindOf(replaced), ErrorKind::kDenied) << at;
    machine_.Heal();
    EXPECT_TRUE(IsThere(Ours())) << at;
  }
}

// An error of the system is never "there is none".
TEST_F(Win32FiltersTest, PassErrorsAndEmptySuccessesOn) {
  MakeAll();
  for (const Fault fault : {Fault::kError, Fault::kLie})
    for (int at = 0; at < 3; ++at) {
      machine_.FailAt(at, fault);
      EXPECT_FALSE(filters_.FindHome()) << at;
    }
  for (const Fault fault : {Fault::kError, Fault::kLie})
    for (int at = 0; at < 1 + static_cast<int>(kCount); ++at) {
      machine_.FailAt(at, fault);
      EXPECT_FALSE(filters_.Find(OfflineFilterKeys(kUser))) << at;
    }
}

TEST_F(Win32FiltersTest, ServeTheStepsWithEachCallGoingWrong) {
  FakeMachine records;
  FakeAccounts accounts(records);
  FakeJournal journal(records);
  accounts.state.users[OfflineAccountName(kUser)] = {{kAccount, OwnershipMark(kUser), true, false}, ""};
  struct AccountIsThere final : Step {
    std::string name = "account " + OfflineAccountName(kUser);
    const std::string& Name() const override { return name; }
    std::string Intent() const override { return ""; }
    Expected<Standing> Check() override { return Standing{true, {}}; }
    Expected<std::string> Before() override { return std::string(); }
    Expected<void> Apply(const std::string&) override { return {}; }
    Expected<void> Undo(const std::string&) override { return {}; }
    Expected<Standing> CheckUndone(const std::string&) override { return Standing{true, {}}; }
  };
  const auto go = [&](bool install) {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(std::make_unique<AccountIsThere>());
    steps.push_back(FilterHomeStep(filters_, "acledgerd"));
    steps.push_back(FilterStep(accounts, filters_, kUser));
    StepList list(std::move(steps), journal);
    const auto done = install ? list.Install([](const StepResult&) {}) : list.Uninstall([](const StepResult&) {});
    return done && done->is_complete;
  };
  machine_.Heal();
  ASSERT_TRUE(go(true));
  const int calls = machine_.Calls();
  for (const bool uninstall : {false, true})
    for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie})
      for (int at = 0; at < calls; ++at) {
        SCOPED_TRACE(testing::Message() << "uninstall " << uninstall << " fault " << int(fault) << " at " << at);
        machine_.Heal();
        ASSERT_TRUE(go(false));
        if (uninstall) {
          ASSERT_TRUE(go(true));
        }
        machine_.FailAt(at, fault);
        if (go(!uninstall)) {
          EXPECT_THAT(engine_.state.filters, SizeIs(uninstall ? 0 : kCount));
        }
        if (!engine_.state.filters.empty()) {
          EXPECT_TRUE(records.records.contains("network filters of " + OfflineAccountName(kUser)));
        }
        machine_.Heal();
        ASSERT_TRUE(go(true));
        EXPECT_TRUE(IsThere(Ours()));
      }
}

TEST(FwpErrorTest, HasTheKindThatACallerActsOn) {
  EXPECT_EQ(FwpError("x", static_cast<DWORD>(FWP_E_FILTER_NOT_FOUND)).kind, ErrorKind::kNotFound);
  EXPECT_EQ(FwpError("x", static_cast<DWORD>(FWP_E_IN_USE)).kind, ErrorKind::kBusy);
  EXPECT_EQ(FwpError("x", static_cast<DWORD>(FWP_E_TIMEOUT)).kind, ErrorKind::kBusy);
  EXPECT_EQ(FwpError("x", static_cast<DWORD>(FWP_E_OUT_OF_BOUNDS)).kind, ErrorKind::kInvalid);
  EXPECT_EQ(FwpError("x", ERROR_ACCESS_DENIED).kind, ErrorKind::kDenied);
  EXPECT_EQ(FwpError("x", EPT_S_NOT_REGISTERED).kind, ErrorKind::kUnsupported);  // Its service does not run.
  EXPECT_EQ(FwpError("x", static_cast<DWORD>(FWP_E_IN_USE)).code, 0x8032000Au);
  EXPECT_THAT(FwpError("add", static_cast<DWORD>(FWP_E_IN_USE)).ToString(), HasSubstr("8032000a"));
}

}  // namespace
}  // namespace acledger::setup
