// SPDX-License-Identifier: MIT
#include "setup/identity.h"

#include <gtest/gtest.h>

#include <set>

namespace acledger::setup {
namespace {

security::Sid User(std::uint32_t rid) { return security::Sid::Make(5, {21, 1, 2, 3, rid}); }

TEST(IdentityTest, NamesFitIntoWhatWindowsTakesAndDiffer) {
  EXPECT_EQ(GroupName(User(1001)), "AcledgerSandboxUsers-1001");
  EXPECT_EQ(OfflineAccountName(User(99'999'999)), "AcledgerOff-99999999");
  EXPECT_EQ(OfflineAccountName(User(100'000'000)), "AcledgerOff-x1njchs");
  std::set<std::string> names;
  for (const std::uint32_t rid : {0u, 1u, 500u, 1001u, 99'999'999u, 100'000'000u, 2'147'483'648u, 4'294'967'295u})
    for (const std::string& name : {OfflineAccountName(User(rid)), OnlineAccountName(User(rid))}) {
      EXPECT_LE(name.size(), 20u) << name;
      EXPECT_TRUE(names.insert(name).second) << name;
    }
}

TEST(IdentityTest, TheMarkNamesTheUser) {
  EXPECT_NE(OwnershipMark(User(1001)), OwnershipMark(User(1002)));
  EXPECT_NE(OwnershipMark(User(1001)).find("S-1-5-21-1-2-3-1001"), std::string::npos);
}

}  // namespace
}  // namespace acledger::setup
