// SPDX-License-Identifier: MIT
#include "setup/folder_step.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "security/sddl.h"
#include "setup/step_list.h"
#include "tests/setup/fake_folders.h"

namespace acledger::setup {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kPath[] = "C:\\ProgramData\\acledger";
constexpr char kWanted[] = "O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

security::DescriptorBytes Bytes(std::string_view sddl) {
  auto bytes = security::FromSddl(sddl);
  if (!bytes) throw std::runtime_error(bytes.error().ToString());
  return *bytes;
}

class FolderStepTest : public testing::Test {
 protected:
  bool Go(bool install) {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(MakeFolderStep(folders_, kPath, Bytes(kWanted)));
    StepList list(std::move(steps), journal_);
    const auto tell = [this](const StepResult& result) { last_ = result; };
    try {
      const auto done = install ? list.Install(tell) : list.Uninstall(tell);
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }
  bool Has(std::string_view sddl) const {
    return folders_.folders.contains(kPath) &&
           security::SameSecurity(folders_.folders.at(kPath).descriptor, Bytes(sddl));
  }

  FakeMachine machine_;
  FakeFolders folders_{machine_};
  FakeJournal journal_{machine_};
  StepResult last_;
  Expected<void> answer_;
};

TEST_F(FolderStepTest, IsMadeAndTakenAway) {
  EXPECT_TRUE(Go(true));
  EXPECT_TRUE(Has(kWanted));
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(folders_.folders, IsEmpty());
}

TEST_F(FolderStepTest, GivesBackTheDescriptorOfOneThatWasThere) {
  constexpr char kOld[] = "O:BAG:SYD:(A;OICI;FA;;;BA)(A;;FR;;;BU)";
  folders_.folders[kPath] = {true, Bytes(kOld)};
  EXPECT_TRUE(Go(true));
  EXPECT_TRUE(Has(kWanted));
  EXPECT_TRUE(Go(false));
  EXPECT_TRUE(Has(kOld));
}

TEST_F(FolderStepTest, TakesNoneThatAUserMadeAndNoLink) {
  constexpr char kUsers[] = "O:S-1-5-21-1-2-3-1001G:SYD:(A;OICI;FA;;;WD)";
  for (const FolderFacts& facts : {FolderFacts{true, Bytes(kUsers)}, FolderFacts{false, Bytes(kWanted)}}) {
    folders_.folders[kPath] = facts;
    EXPECT_FALSE(Go(true));
    EXPECT_EQ(last_.outcome, Outcome::kFailed);
    ASSERT_TRUE(last_.error);
    EXPECT_EQ(last_.error->kind, ErrorKind::kMismatch);
    EXPECT_EQ(folders_.folders.at(kPath).descriptor, facts.descriptor);
    EXPECT_THAT(machine_.records, IsEmpty());
  }
}

TEST_F(FolderStepTest, StaysWithWhatOthersPutIntoIt) {
  EXPECT_TRUE(Go(true));
  folders_.names = {"somebody's.txt"};
  EXPECT_FALSE(Go(false));
  EXPECT_EQ(last_.outcome, Outcome::kRemains);
  EXPECT_THAT(last_.detail, HasSubstr("somebody's.txt"));
  folders_.names.clear();
  EXPECT_TRUE(Go(false));
}

TEST_F(FolderStepTest, TakesWhatIsItsOwnAlong) {
  std::vector<std::unique_ptr<Step>> steps;
  steps.push_back(MakeFolderStep(folders_, kPath, Bytes(kWanted), [this] { return answer_; }));
  StepList list(std::move(steps), journal_);
  const auto tell = [](const StepResult&) {};
  ASSERT_TRUE(list.Install(tell)->is_complete);
  folders_.names = {"ledger.db"};
  answer_ = Fail(ErrorKind::kBusy, "remove", "grants are left");
  EXPECT_FALSE(list.Uninstall(tell)->is_complete);
  EXPECT_THAT(folders_.folders, SizeIs(1));
  answer_ = {};
  EXPECT_TRUE(list.Uninstall(tell)->is_complete);
  EXPECT_THAT(folders_.folders, IsEmpty());
}

TEST_F(FolderStepTest, EachCallMayGoWrongInEachWay) {
  constexpr char kOld[] = "O:BAG:SYD:(A;OICI;FA;;;BA)";
  for (const bool was_there : {false, true})
    for (const bool uninstall : {false, true})
      for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
        for (int at = 0; at < 12; ++at) {
          SCOPED_TRACE(testing::Message() << was_there << uninstall << int(fault) << " at " << at);
          folders_.folders.clear();
          if (was_there) folders_.folders[kPath] = {true, Bytes(kOld)};
          if (uninstall) {
            ASSERT_TRUE(Go(true));
          }
          machine_.FailAt(at, fault);
          const bool complete = Go(!uninstall);
          if (Has(kWanted)) {
            EXPECT_THAT(machine_.records, SizeIs(1));
          }
          if (complete) {
            EXPECT_EQ(Has(kWanted), !uninstall);
          }
          machine_.Heal();
          EXPECT_TRUE(Go(true));
          EXPECT_TRUE(Has(kWanted));
          ASSERT_TRUE(Go(false));
          EXPECT_EQ(Has(kOld), was_there);
          EXPECT_EQ(folders_.folders.size(), was_there ? 1u : 0u);
        }
}

}  // namespace
}  // namespace acledger::setup
