// SPDX-License-Identifier: MIT
#include "setup/account_answers.h"

#include <gmock/gmock.h>

#include "setup/account_codes.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {
namespace {

const security::Sid kOne = security::Sid::Make(5, {21, 7, 7, 7, 1001});
const security::Sid kOther = security::Sid::Make(5, {21, 7, 7, 7, 1002});

// "none", the SID, or the kind of the error.
std::string Agree(const std::optional<security::Sid>& by_lookup,
                  const Expected<std::optional<security::Sid>>& by_account) {
  const auto sid = AgreeOnAccount("AcledgerOff-1001", by_lookup, by_account);
  if (!sid) return Name(sid.error().kind);
  return *sid ? (*sid)->ToString() : "none";
}

TEST(AccountAnswersTest, AnAccountIsThereIfBothSaySoAndOfOneSid) {
  EXPECT_EQ(Agree(kOne, kOne), kOne.ToString());
  EXPECT_EQ(Agree(kOne, kOther), "mismatch");
  EXPECT_EQ(Agree(kOne, std::optional<security::Sid>()), "mismatch");
  EXPECT_EQ(Agree(kOne, Broken()), "io");
}

TEST(AccountAnswersTest, NoneIsThereIfTheNameStandsForNobody) {
  EXPECT_EQ(Agree({}, std::optional<security::Sid>()), "none");
  EXPECT_EQ(Agree({}, Broken()), "none");
  EXPECT_EQ(Agree({}, kOne), "mismatch");
}

TEST(AccountAnswersTest, ARemovalIsDoneOnlyIfNothingIsThereAfterIt) {
  for (const Fault fault : {Fault::kNone, Fault::kError, Fault::kErrorAfter, Fault::kLie})
    for (int at = 0; at < 3; ++at) {
      SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << at);
      FakeMachine machine;
      machine.things["profile"] = "there";
      machine.FailAt(at, fault);
      const auto removed = RemoveAndProve(
          [&machine]() -> Expected<bool> {
            if (machine.Next() != Fault::kNone) return Broken();
            return machine.things.contains("profile");
          },
          [&machine] { return machine.Do([&machine] { machine.things.erase("profile"); }); }, "remove it", "S-1-5");
      EXPECT_EQ(removed.has_value(), fault == Fault::kNone);
      if (fault == Fault::kLie && at == 1) {
        EXPECT_EQ(removed.error().kind, ErrorKind::kNoEffect);
      }
    }
}

TEST(AccountAnswersTest, WhatIsNotThereIsNotRemoved) {
  const auto removed = RemoveAndProve([]() -> Expected<bool> { return false; },
                                      []() -> Expected<void> { return Broken(); }, "remove it", "S-1-5");
  EXPECT_TRUE(removed);
}

TEST(AccountCodesTest, KeepToTheKindsThatTheSeamNames) {
  EXPECT_EQ(MeaningOfAccountCode(kNerrPasswordTooShort)->kind, ErrorKind::kDenied);
  EXPECT_EQ(MeaningOfAccountCode(kNerrUserNotFound)->kind, ErrorKind::kNotFound);
  for (const std::uint32_t code : {1316u, 1318u, 1379u, 2223u, 2224u})
    EXPECT_EQ(MeaningOfAccountCode(code)->kind, ErrorKind::kMismatch) << code;
  for (const std::uint32_t code : {1317u, 1319u, 1376u, 1387u, 2220u})
    EXPECT_EQ(MeaningOfAccountCode(code)->kind, ErrorKind::kNotFound) << code;
  EXPECT_FALSE(MeaningOfAccountCode(5));
  EXPECT_FALSE(MeaningOfAccountCode(0));
}

}  // namespace
}  // namespace acledger::setup
