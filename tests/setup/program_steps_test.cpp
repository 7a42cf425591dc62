// SPDX-License-Identifier: MIT
#include "setup/program_steps.h"

#include <gmock/gmock.h>

#include "setup/step_list.h"
#include "tests/setup/fake_program_files.h"

namespace acledger::setup {
namespace {

class ProgramStepsTest : public testing::Test {
 protected:
  bool Go(bool install, const std::string& from = "D:\\new") {
    const auto stop = [this]() -> Expected<void> {
      ++stops_;
      if (!can_stop_) return Broken();
      return {};
    };
    StepList list(ProgramSteps(files_, {from, "C:\\acledger", {"a.exe"}}, stop, {}), journal_);
    const auto tell = [this](const StepResult& result) { last_ = result; };
    const auto done = install ? list.Install(tell) : list.Uninstall(tell);
    return done && done->is_complete;
  }

  FakeMachine machine_;
  FakeProgramFiles files_{machine_};
  FakeJournal journal_{machine_};
  StepResult last_;
  int stops_ = 0;
  bool can_stop_ = true;
};

TEST_F(ProgramStepsTest, AreCopiedOnceAndTakenAway) {
  files_.files = {{"D:\\new\\a.exe", "1"}};
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(files_.files.at("C:\\acledger\\a.exe"), "1");
  EXPECT_EQ(stops_, 1);
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(stops_, 1);  // Nothing to copy, nothing to stop.
  EXPECT_TRUE(Go(false));
  EXPECT_FALSE(files_.files.contains("C:\\acledger\\a.exe"));
}

TEST_F(ProgramStepsTest, AreNotReplacedWhileTheServiceCannotBeStopped) {
  files_.files = {{"D:\\new\\a.exe", "2"}, {"C:\\acledger\\a.exe", "1"}};
  can_stop_ = false;
  EXPECT_FALSE(Go(true));
  EXPECT_EQ(files_.files.at("C:\\acledger\\a.exe"), "1");
  can_stop_ = true;
  EXPECT_TRUE(Go(true));
  EXPECT_EQ(files_.files.at("C:\\acledger\\a.exe"), "2");
}

TEST_F(ProgramStepsTest, ThatLieInPlaceStay) {
  files_.files = {{"C:\\acledger\\a.exe", "1"}};
  EXPECT_TRUE(Go(true, "C:\\acledger"));
  EXPECT_TRUE(Go(false, "C:\\acledger"));
  EXPECT_TRUE(files_.files.contains("C:\\acledger\\a.exe"));
  files_.files.clear();
  EXPECT_FALSE(Go(true, "C:\\acledger"));
  EXPECT_EQ(last_.error->kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace acledger::setup
