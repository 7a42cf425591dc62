// SPDX-License-Identifier: MIT
#include "setup/filters.h"

#include <gmock/gmock.h>

#include <set>

#include "setup/filter_steps.h"
#include "setup/identity.h"
#include "setup/step_list.h"
#include "tests/setup/fake_accounts.h"
#include "tests/setup/fake_filters.h"

namespace acledger::setup {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const security::Sid kUser = security::Sid::Make(5, {21, 7, 7, 7, 1001});
const security::Sid kOther = security::Sid::Make(5, {21, 7, 7, 7, 1002});
const security::Sid kAccount = security::Sid::Make(5, {21, 7, 7, 7, 2000});
constexpr std::size_t kCount = 12;

std::vector<Filter> Wanted(const security::Sid& user = kUser, const security::Sid& account = kAccount) {
  return OfflineFilters(user, OfflineAccountName(user), account);
}

// Whether one of the filters blocks this.
bool Blocks(FilterLayer layer, std::uint8_t protocol, std::uint16_t port) {
  return std::ranges::any_of(Wanted(), [&](const Filter& filter) {
    return filter.layer == layer && filter.protocol.value_or(protocol) == protocol &&
           (!filter.remote_ports || (filter.remote_ports->first <= port && port <= filter.remote_ports->last));
  });
}

TEST(OfflineFiltersTest, BlockTheseAndNoOther) {
  constexpr std::uint8_t kTcp = 6, kUdp = 17;
  for (const FilterLayer layer : {FilterLayer::kConnectV4, FilterLayer::kConnectV6})
    for (const std::uint8_t protocol : {kTcp, kUdp}) {
      std::set<unsigned> ports;
      for (unsigned port = 0; port <= 65535; ++port)
        if (Blocks(layer, protocol, static_cast<std::uint16_t>(port))) ports.insert(port);
      EXPECT_EQ(ports, (std::set<unsigned>{53, 137, 138, 139, 445, 853}));
    }
  EXPECT_TRUE(Blocks(FilterLayer::kConnectV4, 1, 0) && Blocks(FilterLayer::kEndpointV4, 1, 0));
  EXPECT_TRUE(Blocks(FilterLayer::kConnectV6, 58, 0) && Blocks(FilterLayer::kEndpointV6, 58, 0));
  for (const Filter& filter : Wanted()) {
    EXPECT_EQ(filter.account, kAccount);
    if (filter.layer == FilterLayer::kEndpointV4 || filter.layer == FilterLayer::kEndpointV6) {
      EXPECT_TRUE(filter.protocol && !filter.remote_ports) << filter.name;  // A socket's local end has no remote port.
    }
    EXPECT_TRUE(filter.protocol || filter.remote_ports) << filter.name << " would block everything";
  }
}

// An installed filter is found again by a later version: these never change.
TEST(OfflineFiltersTest, HaveTheSameKeysForGood) {
  const auto filters = Wanted();
  ASSERT_THAT(filters, SizeIs(kCount));
  EXPECT_EQ(ToText(filters[0].key), "000003e9-0001-8ac1-9ed6-e50ff117e501");
  EXPECT_EQ(filters[0].name, "acledger AcledgerOff-1001 ICMP");
  EXPECT_EQ(ToText(filters[11].key), "000003e9-000c-8ac1-9ed6-e50ff117e501");
  EXPECT_EQ(filters[11].name, "acledger AcledgerOff-1001 NetBIOS (IPv6)");
  const security::Sid azure = security::Sid::Make(12, {1, 2, 3, 4, 4000000000u});
  EXPECT_EQ(ToText(Wanted(azure)[4].key), "ee6b2800-0005-8ac1-9ed6-e50ff117e501");
}

TEST(OfflineFiltersTest, AreOfOneUserAndAmongTheKeysThatAreUndone) {
  const auto keys = OfflineFilterKeys(kUser);
  for (const Filter& filter : Wanted()) EXPECT_THAT(keys, Contains(filter.key)) << filter.name;
  for (const Filter& filter : Wanted(kOther)) EXPECT_THAT(keys, Not(Contains(filter.key))) << filter.name;
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_EQ((std::set<Guid>(keys.begin(), keys.end()).size()), keys.size());
  // Whatever the account's SID becomes.
  EXPECT_EQ(Wanted(kUser, kOther).front().key, Wanted().front().key);
}

// An account that is there, and filters for it.
class FilterStepsTest : public testing::Test {
 protected:
  FilterStepsTest() {
    for (const security::Sid& user : {kUser, kOther})
      accounts_.state.users[OfflineAccountName(user)] = {{kAccount, OwnershipMark(user), true, false}, ""};
  }
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
  StepList Steps() {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(std::make_unique<AccountIsThere>());
    steps.push_back(FilterHomeStep(filters_, "acledgerd"));
    steps.push_back(FilterStep(accounts_, filters_, kUser));
    return {std::move(steps), journal_};
  }
  // One process.
  bool Go(bool install) {
    last_.clear();
    const auto tell = [this](const StepResult& result) { last_.push_back(result); };
    try {
      StepList steps = Steps();
      const auto done = install ? steps.Install(tell) : steps.Uninstall(tell);
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }
  FakeAccounts::User& Account() { return accounts_.state.users.at(OfflineAccountName(kUser)); }

  FakeMachine machine_;
  FakeAccounts accounts_{machine_};
  FakeFilters filters_{machine_};
  FakeJournal journal_{machine_};
  std::vector<StepResult> last_;
};

TEST_F(FilterStepsTest, MakeThemOnceAndTakeThemBack) {
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(filters_.home->service, "acledgerd");
  for (const Filter& wanted : Wanted()) EXPECT_EQ(filters_.filters.at(wanted.key), wanted);
  EXPECT_EQ(filters_.writes, 2);
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(filters_.writes, 2);
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(filters_.filters, IsEmpty());
  EXPECT_FALSE(filters_.home);
  EXPECT_THAT(machine_.records, IsEmpty());
}

TEST_F(FilterStepsTest, RepairWhatWasAlteredRemovedOrAdded) {
  const std::function<void()> damages[] = {
      [this] { filters_.filters.erase(Wanted()[3].key); },
      [this] { filters_.filters.clear(); },
      [this] { filters_.filters.begin()->second.account = kOther; },
      [this] { filters_.filters.begin()->second.remote_ports = PortRange{1, 1}; },
      [this] { filters_.altered.insert(Wanted()[7].key); },
      // Of a version that had one more.
      [this] { filters_.filters[OfflineFilterKeys(kUser)[20]] = {OfflineFilterKeys(kUser)[20], "", {}, {}, 1, {}}; },
      [this] { Account().facts.sid = kOther; },
      [this] { filters_.filters.clear(), filters_.home.reset(); },
      [this] { filters_.home_is_half = true, filters_.filters.clear(); },
  };
  for (const auto& damage : damages) {
    EXPECT_TRUE(Go(true));
    damage();
    EXPECT_FALSE(Steps().Status()->is_complete);
    EXPECT_TRUE(Go(true));
    EXPECT_TRUE(Steps().Status()->is_complete);
    EXPECT_THAT(filters_.filters, SizeIs(kCount));
  }
}

TEST_F(FilterStepsTest, UndoWhatWasAlteredAndWhatAnotherVersionMade) {
  EXPECT_TRUE(Go(true));
  const Guid other = OfflineFilterKeys(kUser)[40];
  filters_.filters[other] = {other, "of another version", kAccount, {}, 1, {}};
  filters_.altered = {Wanted()[0].key};
  accounts_.state.users.clear();  // The account is gone: its filters are found without it.
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(filters_.filters, IsEmpty());
}

TEST_F(FilterStepsTest, LeaveAnotherUsersFiltersAndTheirHome) {
  EXPECT_TRUE(Go(true));
  for (const Filter& filter : Wanted(kOther)) filters_.filters[filter.key] = filter;
  EXPECT_FALSE(Go(false));
  EXPECT_THAT(filters_.filters, SizeIs(kCount));
  EXPECT_TRUE(filters_.filters.contains(Wanted(kOther)[0].key));
  EXPECT_TRUE(filters_.home);
  EXPECT_EQ(last_[1].name, "network filters' home");
  EXPECT_EQ(last_[1].outcome, Outcome::kRemains);
  ASSERT_TRUE(last_[1].error);
  EXPECT_EQ(last_[1].error->kind, ErrorKind::kBusy);
}

TEST_F(FilterStepsTest, StayWhereTheAccountCouldNotBeDisabled) {
  EXPECT_TRUE(Go(true));
  Account().facts.is_disabled = false;
  EXPECT_FALSE(Go(false));
  EXPECT_THAT(filters_.filters, SizeIs(kCount));
  ASSERT_TRUE(last_[0].error);
  EXPECT_EQ(last_[0].error->kind, ErrorKind::kBusy);
  EXPECT_TRUE(machine_.records.contains("network filters of " + OfflineAccountName(kUser)));
  Account().facts.is_disabled = true;
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(filters_.filters, IsEmpty());
}

TEST_F(FilterStepsTest, SayThatWindowsHasTurnedThemOff) {
  EXPECT_TRUE(Go(true));
  filters_.home->is_off = true;
  EXPECT_FALSE(Go(true));
  EXPECT_EQ(last_[1].outcome, Outcome::kNoEffect);
  EXPECT_THAT(last_[1].detail, HasSubstr("does not start by itself"));
}

TEST_F(FilterStepsTest, AreMadeAnewInTheNameOfAnotherServiceWhereThereAreNone) {
  filters_.home = FilterHome{"somebody"};
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(filters_.home->service, "acledgerd");
  filters_.home->service = "somebody";
  EXPECT_FALSE(Go(true));
  ASSERT_TRUE(last_[1].error);
  EXPECT_EQ(last_[1].error->kind, ErrorKind::kBusy);
  EXPECT_EQ(last_[2].outcome, Outcome::kNotTried);
  EXPECT_THAT(filters_.filters, SizeIs(kCount));
}

TEST_F(FilterStepsTest, EachCallMayGoWrongInEachWay) {
  machine_.Heal();
  ASSERT_TRUE(Go(true));
  const int calls = machine_.Calls();
  ASSERT_GT(calls, 15);
  for (const bool uninstall : {false, true})
    for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
      for (int at = 0; at < calls; ++at) {
        SCOPED_TRACE(testing::Message() << "uninstall " << uninstall << " fault " << int(fault) << " at " << at);
        machine_.Heal();
        ASSERT_TRUE(Go(false));
        if (uninstall) {
          ASSERT_TRUE(Go(true));
        }
        machine_.FailAt(at, fault);
        if (Go(!uninstall)) {
          EXPECT_THAT(filters_.filters, SizeIs(uninstall ? 0 : kCount));
          EXPECT_NE(filters_.home.has_value(), uninstall);
        }
        // All of them or none, and none without a record.
        if (!filters_.filters.empty()) {
          EXPECT_THAT(filters_.filters, SizeIs(kCount));
          EXPECT_TRUE(machine_.records.contains("network filters of " + OfflineAccountName(kUser)));
        }
        if (filters_.home) {
          EXPECT_TRUE(machine_.records.contains("network filters' home"));
        }
        machine_.Heal();
        ASSERT_TRUE(Go(true));
        EXPECT_THAT(filters_.filters, SizeIs(kCount));
      }
}

}  // namespace
}  // namespace acledger::setup
