// SPDX-License-Identifier: MIT
#include "setup/win32/win32_firewall.h"

#include <gmock/gmock.h>

#include <functional>

#include "setup/identity.h"
#include "tests/setup/win32/fake_netfw.h"

namespace acledger::setup {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const security::Sid kAccount = security::Sid::Make(5, {21, 7, 7, 7, 2000});

// The calls of Win32KeptRules, to a firewall in memory.
class Win32FirewallTest : public testing::Test {
 protected:
  void PutAll() {
    for (const FirewallRule& rule : ours_) ASSERT_TRUE(firewall_.Put(rule)) << rule.name;
  }
  FakeRule& Rule(std::size_t at) { return *netfw_.rules.at(at); }
  void TearDown() override { EXPECT_EQ(netfw_.objects, static_cast<int>(netfw_.rules.size())); }

  const std::vector<FirewallRule> ours_ = OfflineRules("AcledgerOff-1001", kAccount, {3128});
  FakeMachine machine_;
  FakeNetFw netfw_{machine_};
  Win32KeptRules kept_{FakeNetFw::Create};
  KeptFirewall firewall_{kept_};
};

TEST_F(Win32FirewallTest, MakesFindsAndRemovesRules) {
  PutAll();
  ASSERT_THAT(netfw_.rules, SizeIs(4));
  for (const FirewallRule& rule : ours_) EXPECT_EQ(firewall_.Find(rule.name).value(), rule);
  EXPECT_EQ(firewall_.Find("acledger AcledgerOff-1002 inbound").value(), std::nullopt);
  for (const FirewallRule& rule : ours_) ASSERT_TRUE(firewall_.Remove(rule.name));
  EXPECT_THAT(netfw_.rules, IsEmpty());
}

TEST_F(Win32FirewallTest, SaysWhatWindowsIsToDo) {
  PutAll();
  FakeRule& tcp = Rule(3);
  EXPECT_EQ(tcp.texts["Name"], L"acledger AcledgerOff-1001 loopback TCP");
  EXPECT_EQ(tcp.texts["LocalUserAuthorizedList"], L"O:LSD:(A;;CC;;;S-1-5-21-7-7-7-2000)");
  EXPECT_EQ(tcp.texts["RemotePorts"], L"1-3127,3129-65535");
  EXPECT_EQ(tcp.texts["Grouping"], L"acledger");
  EXPECT_EQ(tcp.texts["ApplicationName"], L"");
  EXPECT_EQ(tcp.protocol, NET_FW_IP_PROTOCOL_TCP);
  EXPECT_EQ(tcp.direction, NET_FW_RULE_DIR_OUT);
  EXPECT_EQ(tcp.action, NET_FW_ACTION_BLOCK);
  EXPECT_EQ(tcp.profiles, NET_FW_PROFILE2_ALL);
  EXPECT_NE(tcp.enabled, VARIANT_FALSE);
  EXPECT_EQ(Rule(1).direction, NET_FW_RULE_DIR_IN);
  EXPECT_EQ(Rule(1).protocol, 256);
  EXPECT_EQ(Rule(1).texts["RemoteAddresses"], L"*");
}

TEST_F(Win32FirewallTest, ChangesPortsInPlace) {
  PutAll();
  const FakeRule* before = netfw_.rules[3];
  FirewallRule wide = ours_[3];
  wide.remote_ports.clear();
  ASSERT_TRUE(firewall_.Put(wide));
  EXPECT_EQ(netfw_.rules[3], before);
  EXPECT_EQ(Rule(3).texts["RemotePorts"], L"*");
  EXPECT_EQ(firewall_.Find(wide.name).value(), wide);
  // One without ports is put again.
  ASSERT_TRUE(firewall_.Put(ours_[0]));
  EXPECT_EQ(firewall_.Find(ours_[0].name).value(), ours_[0]);
}

TEST_F(Win32FirewallTest, NoticesWhateverLimitsARule) {
  const std::function<void(FakeRule&)> limits[] = {
      [](FakeRule& rule) { rule.enabled = VARIANT_FALSE; },
      [](FakeRule& rule) { rule.action = NET_FW_ACTION_ALLOW; },
      [](FakeRule& rule) { rule.profiles = NET_FW_PROFILE2_PUBLIC; },
      [](FakeRule& rule) { rule.has_interfaces = true; },
      [](FakeRule& rule) { rule.secure = 2; },
      [](FakeRule& rule) { rule.texts["ApplicationName"] = L"C:\\x.exe"; },
      [](FakeRule& rule) { rule.texts["ServiceName"] = L"x"; },
      [](FakeRule& rule) { rule.texts["LocalPorts"] = L"80"; },
      [](FakeRule& rule) { rule.texts["LocalAddresses"] = L"10.0.0.1"; },
      [](FakeRule& rule) { rule.texts["InterfaceTypes"] = L"Wireless"; },
      [](FakeRule& rule) { rule.texts["LocalAppPackageId"] = L"S-1-15-2-1"; },
      [](FakeRule& rule) { rule.texts["LocalUserOwner"] = L"S-1-5-18"; },
      [](FakeRule& rule) { rule.texts["RemoteUserAuthorizedList"] = L"D:(A;;CC;;;WD)"; },
      [](FakeRule& rule) { rule.texts["RemoteMachineAuthorizedList"] = L"D:(A;;CC;;;WD)"; },
      [](FakeRule& rule) { rule.texts["LocalUserAuthorizedList"] = L""; },
      [](FakeRule& rule) { rule.texts["RemoteAddresses"] = L"LocalSubnet"; },
  };
  for (const auto& limit : limits) {
    PutAll();
    limit(Rule(3));
    const auto found = firewall_.Find(ours_[3].name);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::kMismatch);
    ASSERT_TRUE(firewall_.Put(ours_[3]));
    EXPECT_EQ(firewall_.Find(ours_[3].name).value(), ours_[3]);
    EXPECT_THAT(netfw_.rules, SizeIs(4));
  }
}

TEST_F(Win32FirewallTest, KnowsSeveralOfOneNameInAnyCase) {
  PutAll();
  ASSERT_TRUE(kept_.Add(ToKept(ours_[0])));
  Rule(4).texts["Name"] = L"ACLEDGER acledgeroff-1001 OUTBOUND";
  const auto found = firewall_.Find(ours_[0].name);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kMismatch);
  EXPECT_FALSE(kept_.SetRemotePorts(ours_[0].name, "1"));
}

TEST_F(Win32FirewallTest, TellsWhetherRulesCount) {
  EXPECT_EQ(firewall_.WhyRulesDoNotCount().value(), "");
  netfw_.modify_state = NET_FW_MODIFY_STATE_GP_OVERRIDE;
  EXPECT_THAT(firewall_.WhyRulesDoNotCount().value(), HasSubstr("group policy"));
  netfw_.modify_state = NET_FW_MODIFY_STATE_OK;
  netfw_.modify_result = S_FALSE;
  EXPECT_THAT(firewall_.WhyRulesDoNotCount().value(), HasSubstr("profile in use"));
  netfw_.modify_result = S_OK;
  netfw_.profiles_on = NET_FW_PROFILE2_DOMAIN | NET_FW_PROFILE2_PUBLIC;
  EXPECT_THAT(firewall_.WhyRulesDoNotCount().value(), HasSubstr("private"));
  for (int at = 0; at < 5; ++at) {
    netfw_.profiles_on = 7;
    machine_.FailAt(at, Fault::kError);
    EXPECT_FALSE(firewall_.WhyRulesDoNotCount()) << at;
    machine_.FailAt(at, Fault::kLie);
    const auto told = firewall_.WhyRulesDoNotCount();
    EXPECT_TRUE(!told || !told->empty()) << at;
  }
}

// Whatever goes wrong: who asks afterwards is never told of a rule that is not there as it should be.
TEST_F(Win32FirewallTest, EachCallMayGoWrongInEachWay) {
  machine_.Heal();
  PutAll();
  FirewallRule other = ours_[3];
  other.account = kAccount;
  other.remote_ports = AllPortsBut({8080});
  ASSERT_TRUE(firewall_.Remove(other.name));
  machine_.Heal();
  ASSERT_TRUE(firewall_.Put(ours_[3]));
  ASSERT_TRUE(firewall_.Put(other));
  const int calls = machine_.Calls();
  ASSERT_GT(calls, 60);
  for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie})
    for (int at = 0; at < calls; ++at) {
      SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << at);
      machine_.Heal();
      ASSERT_TRUE(firewall_.Remove(other.name));
      machine_.FailAt(at, fault);
      const bool put = firewall_.Put(ours_[3]) && firewall_.Put(other);
      machine_.Heal();
      const auto found = firewall_.Find(other.name);
      if (put && fault != Fault::kLie) {
        EXPECT_EQ(found.value(), other);
      }
      if (found && *found == other) {
        EXPECT_EQ(netfw_.rules.back()->texts["RemotePorts"], L"1-8079,8081-65535");
        EXPECT_EQ(netfw_.rules.back()->action, NET_FW_ACTION_BLOCK);
        EXPECT_NE(netfw_.rules.back()->enabled, VARIANT_FALSE);
      }
      EXPECT_EQ(netfw_.objects, static_cast<int>(netfw_.rules.size()));
    }
}

// An error of the system is never "there is none".
TEST_F(Win32FirewallTest, PassesErrorsOn) {
  PutAll();
  machine_.Heal();
  ASSERT_TRUE(firewall_.Find(ours_[3].name));
  const int calls = machine_.Calls();
  for (int at = 0; at < calls; ++at) {
    machine_.FailAt(at, Fault::kError);
    const auto found = firewall_.Find(ours_[3].name);
    ASSERT_FALSE(found) << at;
    EXPECT_EQ(found.error().kind, ErrorKind::kDenied) << at;
  }
  // Nor is a list that was given, and is not there: the policy, its rules, their list, the first of them.
  for (int at = 0; at < 4; ++at) {
    machine_.FailAt(at, Fault::kLie);
    EXPECT_FALSE(firewall_.Find(ours_[3].name)) << at;
  }
}

// Nor does a call that reports success and tells nothing make a rule one of ours.
TEST_F(Win32FirewallTest, WhatIsNotToldIsNotTakenForBlocking) {
  const std::function<void(FakeRule&)> damages[] = {
      [](FakeRule& rule) { rule.enabled = VARIANT_FALSE; },
      [](FakeRule& rule) { rule.action = NET_FW_ACTION_ALLOW; },
      [](FakeRule& rule) { rule.direction = NET_FW_RULE_DIR_IN; },
      [](FakeRule& rule) { rule.protocol = NET_FW_IP_PROTOCOL_UDP; },
      [](FakeRule& rule) { rule.profiles = NET_FW_PROFILE2_PUBLIC; },
      [](FakeRule& rule) { rule.secure = 2; },
      [](FakeRule& rule) { rule.texts["LocalUserAuthorizedList"] = L"D:(A;;CC;;;WD)"; },
  };
  for (const auto& damage : damages) {
    machine_.Heal();
    PutAll();
    damage(Rule(3));
    for (int at = 0; at < 60; ++at) {
      machine_.FailAt(at, Fault::kLie);
      const auto found = firewall_.Find(ours_[3].name);
      EXPECT_FALSE(found && *found && **found == ours_[3]) << at;
    }
    machine_.Heal();
    ASSERT_TRUE(firewall_.Remove(ours_[3].name));
  }
}

TEST(ComErrorTest, HasTheKindThatACallerActsOn) {
  EXPECT_EQ(ComError("x", E_ACCESSDENIED).kind, ErrorKind::kDenied);
  EXPECT_EQ(ComError("x", E_INVALIDARG).kind, ErrorKind::kInvalid);
  EXPECT_EQ(ComError("x", E_NOTIMPL).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(ComError("x", REGDB_E_CLASSNOTREG).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(ComError("x", HRESULT_FROM_WIN32(EPT_S_NOT_REGISTERED)).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(ComError("x", HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)).kind, ErrorKind::kNotFound);
  EXPECT_EQ(ComError("x", E_UNEXPECTED).kind, ErrorKind::kIo);
  EXPECT_EQ(ComError("x", E_ACCESSDENIED).code, 0x80070005u);
}

}  // namespace
}  // namespace acledger::setup
