// SPDX-License-Identifier: MIT
#include "daemon/server/pipe_sddl.h"

#include <gtest/gtest.h>

#include <vector>

#include "security/access_check.h"
#include "security/sddl.h"

namespace acledger::daemon {
namespace {

using security::AccessMask;
using security::Sid;

constexpr AccessMask kCreatePipeInstance = 0x4, kUse = 0x12019b;

const Sid kDaemon = Sid::Make(5, {21, 1, 2, 3, 1001});
const Sid kPerson = Sid::Make(5, {21, 1, 2, 3, 1002});
const Sid kSandbox = Sid::Make(9, {77, 1});

bool May(std::vector<Sid> sids, AccessMask rights) {
  const auto descriptor = security::FromSddl("O:BA" + PipeSddl(kDaemon.ToString(), std::vector<Sid>{kSandbox}));
  if (!descriptor) throw std::runtime_error(descriptor.error().ToString());
  return security::CheckAccess(*security::DescriptorView::Parse(*descriptor), {.sids = std::move(sids)}, rights)
      .granted;
}

TEST(PipeSddlTest, LetsADaemonThatIsNotElevatedMakeEachInstance) {
  EXPECT_TRUE(May({kDaemon, Sid::Users()}, kUse | kCreatePipeInstance));
  EXPECT_TRUE(May({Sid::System()}, kUse | kCreatePipeInstance));
  EXPECT_TRUE(May({kPerson, Sid::Administrators()}, kUse | kCreatePipeInstance));
}

TEST(PipeSddlTest, LetsInteractiveUsersCallAndNotServe) {
  EXPECT_TRUE(May({kPerson, Sid::Interactive()}, kUse));
  EXPECT_FALSE(May({kPerson, Sid::Interactive()}, kCreatePipeInstance));
  EXPECT_FALSE(May({kPerson, Sid::Users()}, kUse));
}

TEST(PipeSddlTest, LetsNoSandboxIn) {
  EXPECT_FALSE(May({kPerson, kSandbox, Sid::Interactive()}, 1));
  EXPECT_FALSE(May({kSandbox, Sid::Interactive()}, 1));
  EXPECT_FALSE(May({kDaemon, kSandbox, Sid::Administrators()}, 1));
}

TEST(PipeSddlTest, NeverDeniesTheDaemonItself) {
  const std::string text = PipeSddl(kDaemon.ToString(), std::vector<Sid>{kDaemon, kSandbox});
  EXPECT_EQ(text.find("(D;;FA;;;" + kDaemon.ToString() + ")"), std::string::npos);
}

}  // namespace
}  // namespace acledger::daemon
