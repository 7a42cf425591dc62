// SPDX-License-Identifier: MIT
#include "setup/user_condition.h"

#include <gtest/gtest.h>

#include "security/sddl.h"

namespace acledger::setup {
namespace {

const security::Sid kAccount = security::Sid::Make(5, {21, 7, 7, 7, 2000});

std::optional<security::Sid> Read(const char* sddl) { return UserInCondition(security::FromSddl(sddl).value()); }

TEST(UserConditionTest, MeansTheOneAccount) {
  EXPECT_EQ(UserConditionSddl(kAccount), "O:LSD:(A;;CC;;;S-1-5-21-7-7-7-2000)");
  EXPECT_EQ(UserInCondition(UserCondition(kAccount)), kAccount);
}

TEST(UserConditionTest, IsReadInOtherFormsToo) {
  EXPECT_EQ(Read("D:(A;;CC;;;S-1-5-21-7-7-7-2000)"), kAccount);
  EXPECT_EQ(Read("O:SYG:SYD:PAI(A;;0x1;;;S-1-5-21-7-7-7-2000)"), kAccount);
  EXPECT_EQ(Read("O:LSD:(A;;CCRC;;;S-1-5-21-7-7-7-2000)"), kAccount);
  EXPECT_EQ(Read("D:(A;;CC;;;WD)"), security::Sid::Everyone());
}

TEST(UserConditionTest, IsNoneWhereSomebodyElseIsMeantToo) {
  for (const char* sddl :
       {"D:", "O:LSG:LS", "D:NO_ACCESS_CONTROL", "D:(D;;CC;;;S-1-5-21-7-7-7-2000)", "D:(A;;DC;;;S-1-5-21-7-7-7-2000)",
        "D:(A;IOCI;CC;;;S-1-5-21-7-7-7-2000)", "D:(A;;CC;;;S-1-5-21-7-7-7-2000)(A;;CC;;;WD)",
        "D:(D;;CC;;;WD)(A;;CC;;;S-1-5-21-7-7-7-2000)"})
    EXPECT_FALSE(Read(sddl)) << sddl;
  EXPECT_FALSE(UserInCondition({}));
}

}  // namespace
}  // namespace acledger::setup
