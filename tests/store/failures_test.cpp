// SPDX-License-Identifier: MIT
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

class Failures : public LedgerTest {};

Failure MakeFailure(GrantId grant, std::string path) {
  return {grant,
          std::move(path),
          "WRITE_DAC",
          security::Sid::Users(),
          {ErrorKind::kDenied, "open", "C:\\x", 0xC0000022, "access is denied"}};
}

TEST_F(Failures, ComeBackWhole) {
  ASSERT_THAT(Open()->AddFailure(MakeFailure(3, "\\Users\\dev\\caf\xC3\xA9")), IsOk());

  const auto failures = Take(Open()->Failures());

  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_EQ(failures[0].grant, 3);
  EXPECT_EQ(failures[0].path, "\\Users\\dev\\caf\xC3\xA9");
  EXPECT_EQ(failures[0].right, "WRITE_DAC");
  EXPECT_EQ(failures[0].principal, security::Sid::Users());
  EXPECT_EQ(failures[0].error.kind, ErrorKind::kDenied);
  EXPECT_EQ(failures[0].error.code, 0xC0000022);
  EXPECT_EQ(failures[0].error.ToString(), MakeFailure(3, "").error.ToString());
}

TEST_F(Failures, AreClearedForOneGrant) {
  const auto ledger = Open();
  for (const GrantId grant : {1, 2, 1}) ASSERT_THAT(ledger->AddFailure(MakeFailure(grant, "\\x")), IsOk());
  ASSERT_THAT(ledger->ClearFailures(1), IsOk());
  EXPECT_THAT(Take(ledger->Failures()), ElementsAre(Field(&Failure::grant, 2)));
}

TEST_F(Failures, OfAKindThatIsNeverStoredAreRefused) {
  ASSERT_THAT(Open()->AddFailure(MakeFailure(1, "\\x")), IsOk());
  RunSql("ledger.db", "UPDATE failure SET kind = 99");
  EXPECT_THAT(Open()->Failures(), FailsWith(ErrorKind::kCorrupt, "failure.kind"));
}

}  // namespace
}  // namespace acledger::store
