// SPDX-License-Identifier: MIT
#include "setup/kept_rules.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "setup/firewall_steps.h"
#include "setup/identity.h"
#include "setup/step_list.h"
#include "tests/setup/fake_accounts.h"

namespace acledger::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const security::Sid kUser = security::Sid::Make(5, {21, 7, 7, 7, 1001});
const security::Sid kAccount = security::Sid::Make(5, {21, 7, 7, 7, 2000});
const std::string kName = OfflineAccountName(kUser);

// Other words for the same, as Windows gives back what it was given.
std::string AsWindowsSays(const std::string& addresses) {
  static const std::map<std::string, std::string> texts = {
      {"127.0.0.0/8,::/127", "127.0.0.0/255.0.0.0,::/127"},
      {"0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,::,::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,::/128,::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"*", "*"}};
  return texts.at(addresses);
}

// INetFwRules of a machine in memory; calls go wrong as the FakeMachine says.
class FakeKeptRules final : public KeptRules {
 public:
  explicit FakeKeptRules(FakeMachine& machine) : machine_(machine) {}
  std::vector<KeptRule> rules;
  FirewallState state{0, true, true, true, true};
  bool removes_all_of_a_name = true;
  std::vector<std::size_t> history;  // How many rules there were after each change.

  Expected<std::vector<KeptRule>> Named(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    std::vector<KeptRule> found;
    std::ranges::copy_if(rules, std::back_inserter(found), [&](const KeptRule& rule) { return rule.name == name; });
    return found;
  }
  Expected<void> Add(const KeptRule& rule) override {
    return machine_.Do([&] {
      rules.push_back(rule);
      rules.back().remote_addresses = AsWindowsSays(rule.remote_addresses);
      history.push_back(rules.size());
    });
  }
  Expected<void> SetRemotePorts(const std::string& name, const std::string& ports) override {
    return machine_.Do([&] {
      const auto found = std::ranges::find(rules, name, &KeptRule::name);
      if (found == rules.end()) throw std::out_of_range("no such rule");
      found->remote_ports = ports;
      history.push_back(rules.size());
    });
  }
  Expected<void> Remove(const std::string& name) override {
    return machine_.Do([&] {
      if (removes_all_of_a_name)
        std::erase_if(rules, [&](const KeptRule& rule) { return rule.name == name; });
      else if (const auto found = std::ranges::find(rules, name, &KeptRule::name); found != rules.end())
        rules.erase(found);
      history.push_back(rules.size());
    });
  }
  Expected<FirewallState> State() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return state;
  }

 private:
  FakeMachine& machine_;
};

std::string WhyNot(const KeptRule& rule) {
  const auto read = FromKept(rule);
  return read ? "" : read.error().kind == ErrorKind::kMismatch ? read.error().reason : "another error";
}

TEST(KeptRuleTest, IsReadBackAsTheRuleThatItWasMadeFrom) {
  for (const std::vector<std::uint16_t>& proxies : {std::vector<std::uint16_t>{}, {3128}, {1, 8080, 65535}})
    for (const FirewallRule& rule : OfflineRules(kName, kAccount, proxies)) {
      KeptRule kept = ToKept(rule);
      EXPECT_EQ(FromKept(kept).value(), rule) << rule.name;
      kept.remote_addresses = AsWindowsSays(kept.remote_addresses);
      EXPECT_EQ(FromKept(kept).value(), rule) << rule.name;
    }
}

TEST(KeptRuleTest, IsHandedOverInWordsThatWindowsTakes) {
  const KeptRule rule = ToKept(OfflineRules(kName, kAccount, {3128}).back());
  EXPECT_EQ(rule.name, "acledger AcledgerOff-1001 loopback TCP");
  EXPECT_EQ(rule.local_user, "O:LSD:(A;;CC;;;S-1-5-21-7-7-7-2000)");
  EXPECT_EQ(rule.direction, 2);
  EXPECT_EQ(rule.protocol, 6);
  EXPECT_EQ(rule.remote_addresses, "127.0.0.0/8,::/127");
  EXPECT_EQ(rule.remote_ports, "1-3127,3129-65535");
  EXPECT_EQ(rule.action, 0);
  EXPECT_TRUE(rule.is_enabled);
  EXPECT_EQ(rule.profiles, 0x7fffffff);
  const KeptRule inbound = ToKept(OfflineRules(kName, kAccount, {})[1]);
  EXPECT_EQ(inbound.direction, 1);
  EXPECT_EQ(inbound.protocol, 256);
  EXPECT_EQ(inbound.remote_addresses, "*");
  EXPECT_EQ(inbound.remote_ports, "*");
}

TEST(KeptRuleTest, HasOneMeaningInSeveralForms) {
  const FirewallRule rule = OfflineRules(kName, kAccount, {3128}).back();
  KeptRule kept = ToKept(rule);
  kept.remote_ports = "3129-40000,40001-65535,1-3127";
  kept.local_user = "D:(A;;0x1;;;S-1-5-21-7-7-7-2000)";
  kept.profiles = 7;
  kept.limits = {{"application", ""}, {"local ports", "*"}, {"interface types", "All"}};
  EXPECT_EQ(FromKept(kept).value(), rule);
  KeptRule any = ToKept(OfflineRules(kName, kAccount, {})[1]);
  any.remote_ports = any.remote_addresses = "";
  EXPECT_EQ(FromKept(any).value(), OfflineRules(kName, kAccount, {})[1]);
}

TEST(KeptRuleTest, IsNotOursWhereItBlocksLess) {
  const KeptRule good = ToKept(OfflineRules(kName, kAccount, {3128}).back());
  const auto altered = [&good](const std::function<void(KeptRule&)>& alter) {
    KeptRule rule = good;
    alter(rule);
    return WhyNot(rule);
  };
  EXPECT_EQ(WhyNot(good), "");
  EXPECT_THAT(altered([](auto& rule) { rule.is_enabled = false; }), HasSubstr("disabled"));
  EXPECT_THAT(altered([](auto& rule) { rule.action = 1; }), HasSubstr("does not block"));
  EXPECT_THAT(altered([](auto& rule) { rule.profiles = 5; }), HasSubstr("every profile"));
  EXPECT_THAT(altered([](auto& rule) { rule.profiles = 0; }), HasSubstr("every profile"));
  EXPECT_THAT(altered([](auto& rule) { rule.limits = {{"application", "x.exe"}}; }), HasSubstr("application"));
  EXPECT_THAT(altered([](auto& rule) { rule.local_user = ""; }), HasSubstr("others"));
  EXPECT_THAT(altered([](auto& rule) { rule.local_user = "nonsense"; }), HasSubstr("whom"));
  EXPECT_THAT(altered([](auto& rule) { rule.local_user += "(A;;CC;;;WD)"; }), HasSubstr("others"));
  EXPECT_THAT(altered([](auto& rule) { rule.direction = 0; }), HasSubstr("direction"));
  EXPECT_THAT(altered([](auto& rule) { rule.protocol = 1; }), HasSubstr("protocol 1"));
  EXPECT_THAT(altered([](auto& rule) { rule.remote_addresses = "LocalSubnet"; }), HasSubstr("LocalSubnet"));
  for (const char* ports : {"RPC", "1-", "-1", "7-3", "1,,2", "65536", "1-2-3"})
    EXPECT_THAT(altered([&](auto& rule) { rule.remote_ports = ports; }), HasSubstr("for the ports")) << ports;
}

TEST(KeptRuleTest, DiffersFromOursWhereItIsForLess) {
  const FirewallRule rule = OfflineRules(kName, kAccount, {3128}).back();
  KeptRule kept = ToKept(rule);
  kept.remote_addresses = "127.0.0.1/255.255.255.255";
  EXPECT_NE(FromKept(kept).value(), rule);
  kept = ToKept(rule);
  kept.remote_ports = "1-3127,3130-65535";
  EXPECT_NE(FromKept(kept).value(), rule);
  kept = ToKept(rule);
  kept.local_user = "O:LSD:(A;;CC;;;WD)";
  EXPECT_NE(FromKept(kept).value(), rule);
}

TEST(FirewallStateTest, SaysWhyRulesDoNotCount) {
  EXPECT_EQ(WhyRulesDoNotCount({0, true, true, true, true}), "");
  EXPECT_EQ(WhyRulesDoNotCount({2, true, true, true, true}), "");  // What is blocked stays so.
  EXPECT_THAT(WhyRulesDoNotCount({1, true, true, true, true}), HasSubstr("group policy"));
  EXPECT_THAT(WhyRulesDoNotCount({0, false, true, true, true}), HasSubstr("group policy"));
  EXPECT_THAT(WhyRulesDoNotCount({3, true, true, true, true}), HasSubstr("3"));
  EXPECT_THAT(WhyRulesDoNotCount({0, true, false, true, false}), HasSubstr("domain, public"));
  EXPECT_THAT(WhyRulesDoNotCount({0, true, true, false, true}), HasSubstr("private"));
}

class KeptFirewallTest : public testing::Test {
 protected:
  const std::vector<FirewallRule> ours_ = OfflineRules(kName, kAccount, {3128});
  FakeMachine machine_;
  FakeKeptRules kept_{machine_};
  KeptFirewall firewall_{kept_};
};

TEST_F(KeptFirewallTest, FindsWhatItHasPut) {
  for (const FirewallRule& rule : ours_) {
    EXPECT_EQ(firewall_.Find(rule.name).value(), std::nullopt);
    ASSERT_TRUE(firewall_.Put(rule));
    EXPECT_EQ(firewall_.Find(rule.name).value(), rule);
  }
  EXPECT_THAT(kept_.rules, SizeIs(4));
  for (const FirewallRule& rule : ours_) ASSERT_TRUE(firewall_.Remove(rule.name));
  EXPECT_THAT(kept_.rules, IsEmpty());
}

TEST_F(KeptFirewallTest, NarrowsARuleWithoutTakingItAway) {
  FirewallRule wide = ours_.back();
  wide.remote_ports.clear();
  ASSERT_TRUE(firewall_.Put(wide));
  ASSERT_TRUE(firewall_.Put(ours_.back()));
  ASSERT_TRUE(firewall_.Put(wide));
  EXPECT_EQ(firewall_.Find(wide.name).value(), wide);
  EXPECT_THAT(kept_.history, ElementsAre(1, 1, 1));
}

TEST_F(KeptFirewallTest, ReplacesARuleThatDoesSomethingElse) {
  ASSERT_TRUE(firewall_.Put(ours_[0]));
  kept_.rules[0].is_enabled = false;
  ASSERT_FALSE(firewall_.Find(ours_[0].name));
  ASSERT_TRUE(firewall_.Put(ours_[0]));
  EXPECT_EQ(firewall_.Find(ours_[0].name).value(), ours_[0]);
  kept_.rules[0].local_user = "O:LSD:(A;;CC;;;WD)";
  ASSERT_TRUE(firewall_.Put(ours_[0]));
  EXPECT_EQ(firewall_.Find(ours_[0].name).value(), ours_[0]);
  EXPECT_THAT(kept_.rules, SizeIs(1));
}

TEST_F(KeptFirewallTest, KnowsThatSeveralHaveOneNameAndRemovesAll) {
  for (const bool all : {true, false}) {
    kept_.removes_all_of_a_name = all;
    kept_.rules = {ToKept(ours_[0]), ToKept(ours_[1]), ToKept(ours_[0]), ToKept(ours_[0])};
    const auto found = firewall_.Find(ours_[0].name);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::kMismatch);
    EXPECT_THAT(found.error().reason, HasSubstr("there are 3"));
    ASSERT_TRUE(firewall_.Put(ours_[0]));
    EXPECT_THAT(kept_.rules, SizeIs(2));
    ASSERT_TRUE(firewall_.Remove(ours_[0].name));
    EXPECT_THAT(kept_.rules, SizeIs(1));
  }
}

TEST_F(KeptFirewallTest, SaysThatARemovalHadNoEffectAndAddsNothing) {
  ASSERT_TRUE(firewall_.Put(ours_[0]));
  kept_.rules[0].action = 1;
  machine_.FailAt(2, Fault::kLie);
  const auto put = firewall_.Put(ours_[0]);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, ErrorKind::kNoEffect);
  EXPECT_THAT(kept_.rules, SizeIs(1));
}

// An error of the system is no answer.
TEST_F(KeptFirewallTest, PassesErrorsOn) {
  ASSERT_TRUE(firewall_.Put(ours_[0]));
  const auto fails = [this](auto call) {
    machine_.FailAt(0, Fault::kError);
    const auto result = call();
    return !result && result.error().kind == ErrorKind::kIo;
  };
  EXPECT_TRUE(fails([this] { return firewall_.Find(ours_[0].name); }));
  EXPECT_TRUE(fails([this] { return firewall_.Put(ours_[0]); }));
  EXPECT_TRUE(fails([this] { return firewall_.Remove(ours_[0].name); }));
  EXPECT_TRUE(fails([this] { return firewall_.WhyRulesDoNotCount(); }));
  EXPECT_THAT(kept_.rules, SizeIs(1));
}

// The steps over such a firewall: what is blocked once never opens again while it is repaired.
TEST_F(KeptFirewallTest, ServesTheStepsWithEachCallGoingWrong) {
  FakeAccounts accounts(machine_);
  accounts.state.users[kName] = {{kAccount, OwnershipMark(kUser), true, false}, ""};
  const auto is_whole = [](const Expected<Standing>& now) { return now && now->is_whole; };
  const auto go = [&](bool install, std::uint16_t proxy) {
    try {
      return std::ranges::all_of(FirewallSteps(accounts, firewall_, kUser, {proxy}), [&](const auto& step) {
        return install ? step->Apply("") && is_whole(step->Check()) : step->Undo("") && is_whole(step->CheckUndone(""));
      });
    } catch (const Killed&) {
      return false;
    }
  };
  machine_.Heal();
  ASSERT_TRUE(go(true, 3128));
  const int calls = machine_.Calls();
  for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
    for (int at = 0; at < calls; ++at) {
      SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << at);
      kept_.history.clear();
      machine_.FailAt(at, fault);
      go(true, at % 2 == 0 ? 8080 : 3128);
      EXPECT_THAT(kept_.history, testing::Each(4u));
      machine_.Heal();
      ASSERT_TRUE(go(true, 9999));
      EXPECT_THAT(kept_.rules, SizeIs(4));
    }
  EXPECT_TRUE(go(false, 9999));
  EXPECT_THAT(kept_.rules, IsEmpty());
}

}  // namespace
}  // namespace acledger::setup
