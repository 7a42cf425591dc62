// SPDX-License-Identifier: MIT
#include "setup/password_check.h"

#include <gmock/gmock.h>

#include <optional>

#include "setup/account_codes.h"

namespace acledger::setup {
namespace {

constexpr std::uint32_t kWrong = 1326, kDisabled = 1331, kLocked = 1909;

// An account of a system that answers as the test says.
struct FakeLogon {
  std::uint32_t to_right = 0, to_wrong = kWrong;
  int tries = 0, wrong_tries = 0;
  std::optional<ErrorKind> error = {};

  // "fits", "not", or the kind of the error.
  std::string Ask(const char* password) {
    const PasswordFits fits = CheckByLogon([this](const std::string&, const Secret& tried) -> Expected<std::uint32_t> {
      ++tries;
      if (error) return Fail(*error, "log on", "it fails");
      if (tried == Secret("right")) return to_right;
      ++wrong_tries;
      return to_wrong;
    });
    const auto answer = fits("AcledgerOff-1001", Secret(password));
    if (!answer) return Name(answer.error().kind);
    return *answer ? "fits" : "not";
  }
};

TEST(PasswordCheckTest, TakesTheSystemsWordForAnEnabledAccountWithOneTry) {
  FakeLogon logon;
  EXPECT_EQ(logon.Ask("right"), "fits");
  EXPECT_EQ(logon.wrong_tries, 0);
  EXPECT_EQ(logon.Ask("wrong"), "not");
  EXPECT_EQ(logon.tries, 2);
}

TEST(PasswordCheckTest, TakesADisabledAccountsPasswordIfAWrongOneIsToldApart) {
  FakeLogon logon{.to_right = kDisabled};
  EXPECT_EQ(logon.Ask("right"), "fits");
  EXPECT_EQ(logon.wrong_tries, 1);
  EXPECT_EQ(logon.Ask("wrong"), "not");
}

TEST(PasswordCheckTest, BelievesNoSystemThatTakesAnyPassword) {
  FakeLogon says_disabled_to_all{.to_right = kDisabled, .to_wrong = kDisabled};
  EXPECT_EQ(says_disabled_to_all.Ask("right"), "unsupported");
  EXPECT_EQ(says_disabled_to_all.Ask("wrong"), "unsupported");
  FakeLogon lets_all_in{.to_right = kDisabled, .to_wrong = 0};
  EXPECT_EQ(lets_all_in.Ask("right"), "unsupported");
}

TEST(PasswordCheckTest, SaysWhereItCannotTell) {
  EXPECT_EQ((FakeLogon{.to_right = kLocked}.Ask("right")), "busy");
  EXPECT_EQ((FakeLogon{.to_right = kDisabled, .to_wrong = kLocked}.Ask("right")), "busy");
  EXPECT_EQ((FakeLogon{.to_right = 1311}.Ask("right")), "denied");  // ERROR_NO_LOGON_SERVERS
}

TEST(PasswordCheckTest, PassesOnThatTheTryFailed) {
  FakeLogon logon;
  logon.error = ErrorKind::kIo;
  EXPECT_EQ(logon.Ask("right"), "io");
  logon.error = ErrorKind::kMismatch;
  EXPECT_EQ(logon.Ask("right"), "mismatch");
}

TEST(PasswordCheckTest, FitsNoAccountThatIsNotThere) {
  FakeLogon logon;
  logon.error = ErrorKind::kNotFound;
  EXPECT_EQ(logon.Ask("right"), "not");
}

TEST(PasswordCheckTest, JudgesEachCodeByWhetherThePasswordWasRight) {
  for (const std::uint32_t code : {0u, 1328u, 1329u, 1385u, 1793u})
    EXPECT_EQ(JudgeLogon(code), PasswordVerdict::kFits) << code;
  for (const std::uint32_t code : {1323u, 1326u, 1330u, 1907u})
    EXPECT_EQ(JudgeLogon(code), PasswordVerdict::kWrong) << code;
  for (const std::uint32_t code : {5u, 1314u, 1327u, 1909u, 1311u, 87u})
    EXPECT_EQ(JudgeLogon(code), PasswordVerdict::kCannotTell) << code;
}

}  // namespace
}  // namespace acledger::setup
