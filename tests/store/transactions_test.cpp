// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Copying : public LedgerTest {};

TEST_F(Copying, KeepsWhatWasThereAtThatMoment) {
  const auto ledger = Open();
  Take(ledger->AddGrant(MakeGrant("\\before")));
  Take(Open(Reader())->CopyTo(PathTo("copy.db")));
  Take(ledger->AddGrant(MakeGrant("\\after")));
  path_ = PathTo("copy.db");
  EXPECT_THAT(Take(Open()->Grants()), SizeIs(1));
}

TEST_F(Copying, RefusesToReplaceAFile) {
  WriteFile("copy.db", "somebody's");
  EXPECT_THAT(Open()->CopyTo(PathTo("copy.db")), FailsWith(ErrorKind::kInvalid, "there already"));
  EXPECT_EQ(ReadFile("copy.db"), "somebody's");
}

#ifndef _WIN32
TEST_F(Copying, KeepsTheCopyForItsOwnerAlone) {
  using std::filesystem::perms;
  Take(Open()->CopyTo(PathTo("copy.db")));
  EXPECT_EQ(std::filesystem::status(folder_ / "copy.db").permissions(), perms::owner_read | perms::owner_write);
}
#endif

class Transactions : public LedgerTest {
 protected:
  Transactions() : ledger_(Open()) {}

  std::size_t Grants() const { return Take(ledger_->Grants()).size(); }
  Expected<void> Add() const {
    auto added = ledger_->AddGrant(MakeGrant());
    return added ? Expected<void>() : std::unexpected(added.error());
  }
  static Expected<void> Fails() { return Fail(ErrorKind::kIo, "do it", "as the test wants"); }

  std::unique_ptr<Ledger> ledger_;
};

TEST_F(Transactions, AreToldOfOnlyWhereTheyWroteMoreThanSettings) {
  int told = 0;
  ledger_->SetOnCommit([&told] { ++told; });
  Take(ledger_->InTransaction([] { return Expected<void>{}; }));
  Take(ledger_->SetSetting("usn", "1"));
  EXPECT_EQ(told, 0);
  const GrantId grant = Take(ledger_->AddGrant(MakeGrant()));
  EXPECT_EQ(told, 1);
  Take(ledger_->InTransaction([&]() -> Expected<void> {
    Take(ledger_->SetSetting("usn", "2"));
    return ledger_->SetStale(grant, true);
  }));
  EXPECT_EQ(told, 2);
}

TEST_F(Transactions, KeepEverythingOrNothing) {
  const auto result = ledger_->InTransaction([&]() -> Expected<void> {
    EXPECT_THAT(Add(), IsOk());
    EXPECT_THAT(Add(), IsOk());
    return Fails();
  });
  EXPECT_THAT(result, FailsWith(ErrorKind::kIo, "as the test wants"));
  EXPECT_EQ(Grants(), 0u);
}

TEST_F(Transactions, JoinTheOuterOne) {
  const auto before = Take(ledger_->Stats()).transactions;
  EXPECT_THAT(ledger_->InTransaction([&]() -> Expected<void> {
    EXPECT_THAT(ledger_->InTransaction([&] { return Add(); }), IsOk());
    return Add();
  }),
              IsOk());
  EXPECT_EQ(Take(ledger_->Stats()).transactions - before, 1u);
  EXPECT_EQ(Grants(), 2u);
}

TEST_F(Transactions, AreDoomedByAnInnerFailureThatTheBodyIgnores) {
  const auto result = ledger_->InTransaction([&]() -> Expected<void> {
    EXPECT_THAT(Add(), IsOk());
    EXPECT_THAT(ledger_->InTransaction(Fails), FailsWith(ErrorKind::kIo));
    EXPECT_THAT(Add(), FailsWith(ErrorKind::kIo, "as the test wants"));
    return {};
  });
  EXPECT_THAT(result, FailsWith(ErrorKind::kIo, "as the test wants"));
  EXPECT_EQ(Grants(), 0u);
}

TEST_F(Transactions, AreNotDoomedByAnUpdateOfNothing) {
  EXPECT_THAT(ledger_->InTransaction([&]() -> Expected<void> {
    EXPECT_THAT(Add(), IsOk());
    EXPECT_THAT(ledger_->UpdateNode(1, MakeNode("none", 1)), FailsWith(ErrorKind::kNotFound));
    EXPECT_THAT(ledger_->SetAfter(1, 1), FailsWith(ErrorKind::kNotFound));
    return Add();
  }),
              IsOk());
  EXPECT_EQ(Grants(), 2u);
}

TEST_F(Transactions, EndWhenTheBodyThrows) {
  EXPECT_THROW((void)ledger_->InTransaction([&]() -> Expected<void> {
    EXPECT_THAT(Add(), IsOk());
    throw std::runtime_error("a bug");
  }),
               std::runtime_error);
  EXPECT_EQ(Grants(), 0u);
  EXPECT_THAT(Add(), IsOk());
  EXPECT_EQ(Grants(), 1u);
}

TEST_F(Transactions, LeaveTheLedgerUsableAfterAFailure) {
  EXPECT_THAT(ledger_->InTransaction(Fails), FailsWith(ErrorKind::kIo));
  EXPECT_THAT(ledger_->InTransaction([&] { return Add(); }), IsOk());
  ledger_.reset();
  EXPECT_THAT(Take(Open()->Grants()), SizeIs(1));
}

TEST_F(Transactions, TakeTheirDescriptorsBackWithThem) {
  const auto bytes = SomeBytes(100, 1);
  DescriptorId lost = 0;
  (void)ledger_->InTransaction([&]() -> Expected<void> {
    lost = Take(ledger_->Intern(bytes));
    return Fails();
  });
  EXPECT_THAT(ledger_->Descriptor(lost), FailsWith(ErrorKind::kNotFound));

  const DescriptorId kept = Take(ledger_->Intern(bytes));
  ledger_.reset();
  EXPECT_EQ(Take(Open()->Descriptor(kept)), bytes);
}

TEST_F(Transactions, OfAReaderSeeOneMoment) {
  ASSERT_THAT(Add(), IsOk());
  const auto reader = Open(Reader());
  EXPECT_THAT(reader->InTransaction([&]() -> Expected<void> {
    EXPECT_THAT(Take(reader->Grants()), SizeIs(1));
    EXPECT_THAT(Add(), IsOk());
    EXPECT_THAT(Take(reader->Grants()), SizeIs(1));
    return {};
  }),
              IsOk());
  EXPECT_THAT(Take(reader->Grants()), SizeIs(2));
}

TEST_F(Transactions, OfAReaderWriteNothing) {
  const auto reader = Open(Reader());
  EXPECT_THAT(reader->AddGrant(MakeGrant()), FailsWith(ErrorKind::kReadOnly));
  EXPECT_THAT(reader->Intern(SomeBytes(20, 1)), FailsWith(ErrorKind::kReadOnly));
  EXPECT_THAT(reader->RemoveIndex(1), FailsWith(ErrorKind::kReadOnly));
  EXPECT_THAT(Take(reader->Grants()), IsEmpty());
}

}  // namespace
}  // namespace acledger::store
