// SPDX-License-Identifier: MIT
#include "setup/registry_steps.h"

#include <gmock/gmock.h>

#include <functional>

#include "setup/step_list.h"
#include "tests/setup/fake_registry.h"

namespace acledger::setup {
namespace {

using Kind = RegistryValue::Kind;

const ValuePlace kPlace = {"SOFTWARE\\acledger\\deep", "Value", "SOFTWARE\\acledger"};
const ValuePlace kPath = {"SYSTEM\\Environment", "Path", "SYSTEM\\Environment"};
constexpr char kFolder[] = "C:\\Program Files\\acledger";

class RegistryStepsTest : public testing::Test {
 protected:
  using Make = std::function<std::unique_ptr<Step>()>;
  Make value_ = [this] { return MakeValueStep(registry_, "value", kPlace, {Kind::kNumber, {}, 7}); };
  Make listed_ = [this] { return MakeListedFolderStep(registry_, "path", kPath, kFolder); };
  Make sids_ = [this] {
    return MakeSidsStep(registry_, {"SOFTWARE\\acledger", "Sids", "SOFTWARE\\acledger"},
                        [this](std::span<std::uint8_t> bytes) {
                          for (std::uint8_t& byte : bytes) byte = ++random_;
                          return Expected<void>();
                        });
  };

  bool Go(bool install, const Make& make) {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(make());
    StepList list(std::move(steps), journal_);
    const auto tell = [this](const StepResult& result) { last_ = result; };
    try {
      const auto done = install ? list.Install(tell) : list.Uninstall(tell);
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }
  void SetPath(const std::string& text) { registry_.keys[kPath.key][kPath.name] = {Kind::kExpandText, text, 0}; }
  std::string Path() { return registry_.keys.at(kPath.key).at(kPath.name).text; }

  // Whatever goes wrong, nothing is there without a record, and the next runs make it whole and take it away.
  void TryEachFault(const Make& make) {
    const auto before = registry_.keys;
    for (const bool uninstall : {false, true})
      for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
        for (int at = 0; at < 40; ++at) {
          SCOPED_TRACE(testing::Message() << uninstall << int(fault) << " at " << at);
          if (uninstall) {
            ASSERT_TRUE(Go(true, make));
          }
          machine_.FailAt(at, fault);
          const bool complete = Go(!uninstall, make);
          machine_.Heal();
          if (registry_.keys != before) {
            EXPECT_FALSE(machine_.records.empty());
          }
          if (complete) {
            EXPECT_EQ(registry_.keys == before, uninstall);
          }
          EXPECT_TRUE(Go(true, make));
          EXPECT_TRUE(make()->Check()->is_whole);
          ASSERT_TRUE(Go(false, make));
          ASSERT_EQ(registry_.keys, before);
        }
  }

  FakeMachine machine_;
  FakeRegistry registry_{machine_};
  FakeJournal journal_{machine_};
  StepResult last_;
  std::uint8_t random_ = 0;
};

TEST_F(RegistryStepsTest, AValueAndItsKeysComeAndGo) {
  const auto before = registry_.keys;
  EXPECT_TRUE(Go(true, value_));
  EXPECT_EQ(registry_.keys.at(kPlace.key).at("Value").number, 7u);
  EXPECT_TRUE(Go(false, value_));
  EXPECT_EQ(registry_.keys, before);
}

TEST_F(RegistryStepsTest, AKeyThatSomebodyElseUsesSinceStays) {
  EXPECT_TRUE(Go(true, value_));
  registry_.keys["SOFTWARE\\acledger"]["Theirs"] = {Kind::kText, "x", 0};
  EXPECT_TRUE(Go(false, value_));
  EXPECT_FALSE(registry_.keys.contains(kPlace.key));
  EXPECT_TRUE(registry_.keys.contains("SOFTWARE\\acledger"));
}

// Whichever of them was made first.
TEST_F(RegistryStepsTest, AKeyThatTwoShareGoesWithTheLastOfThem) {
  const auto before = registry_.keys;
  const auto one = sids_();
  const auto other = MakeValueStep(registry_, "value", kPlace, {Kind::kNumber, {}, 7});
  ASSERT_TRUE(other->Apply("{}"));
  ASSERT_TRUE(one->Apply("{}"));
  ASSERT_TRUE(other->Undo("{}"));
  EXPECT_TRUE(other->CheckUndone("{}")->is_whole);
  ASSERT_TRUE(one->Undo("{}"));
  EXPECT_EQ(registry_.keys, before);
}

TEST_F(RegistryStepsTest, AValueThatWasThereComesBack) {
  const RegistryValue old = {Kind::kText, "old", 0};
  registry_.keys[kPlace.key]["Value"] = old;
  EXPECT_TRUE(Go(true, value_));
  EXPECT_TRUE(Go(false, value_));
  EXPECT_EQ(registry_.keys.at(kPlace.key).at("Value"), old);
}

TEST_F(RegistryStepsTest, AValueThatSomebodyChangedSinceStays) {
  EXPECT_TRUE(Go(true, value_));
  const RegistryValue theirs = {Kind::kNumber, {}, 8};
  registry_.keys[kPlace.key]["Value"] = theirs;
  EXPECT_TRUE(Go(false, value_));
  EXPECT_EQ(registry_.keys.at(kPlace.key).at("Value"), theirs);
}

TEST_F(RegistryStepsTest, AFolderIsAddedAndTheRestOfTheListStaysAsItIsWritten) {
  for (const std::string list : {"%SystemRoot%;C:\\a b\\", "C:\\x;;\"C:\\y\";", "", ";", "C:\\x"}) {
    SCOPED_TRACE(list);
    SetPath(list);
    EXPECT_TRUE(Go(true, listed_));
    EXPECT_THAT(Path(), testing::StartsWith(list));
    EXPECT_THAT(Path(), testing::EndsWith(kFolder));
    EXPECT_TRUE(Go(false, listed_));
    EXPECT_EQ(Path(), list);
    EXPECT_EQ(registry_.keys.at(kPath.key).at(kPath.name).kind, Kind::kExpandText);
  }
}

TEST_F(RegistryStepsTest, AFolderGoesOutOfAListThatOthersHaveChangedSince) {
  SetPath("C:\\x");
  EXPECT_TRUE(Go(true, listed_));
  SetPath("C:\\new;C:\\x;c:\\program files\\ACLEDGER\\;C:\\other");
  EXPECT_TRUE(Go(false, listed_));
  EXPECT_EQ(Path(), "C:\\new;C:\\x;C:\\other");
}

TEST_F(RegistryStepsTest, AFolderThatSomebodyElseListedStays) {
  const std::string list = std::string("C:\\x;") + kFolder + "\\";
  SetPath(list);
  EXPECT_TRUE(Go(true, listed_));
  EXPECT_EQ(Path(), list);
  EXPECT_TRUE(Go(false, listed_));
  EXPECT_EQ(Path(), list);
}

TEST_F(RegistryStepsTest, AListIsMadeWhereThereIsNone) {
  const auto before = registry_.keys;
  EXPECT_TRUE(Go(true, listed_));
  EXPECT_EQ(Path(), kFolder);
  EXPECT_TRUE(Go(false, listed_));
  EXPECT_EQ(registry_.keys, before);
}

TEST_F(RegistryStepsTest, SidsAreMadeOnce) {
  EXPECT_TRUE(Go(true, sids_));
  const ValuePlace place = {"SOFTWARE\\acledger", "Sids", "SOFTWARE\\acledger"};
  const auto sids = ReadSids(registry_, place);
  ASSERT_TRUE(sids);
  EXPECT_EQ(sids->ToString(), "S-1-5-21-67305985-134678021-202050057");
  EXPECT_TRUE(Go(true, sids_));
  EXPECT_EQ(*ReadSids(registry_, place), *sids);
  EXPECT_TRUE(Go(false, sids_));
  EXPECT_EQ(ReadSids(registry_, place).error().kind, ErrorKind::kNotFound);
}

TEST_F(RegistryStepsTest, SidsThatAreNoneAreNotReplaced) {
  const ValuePlace place = {"SOFTWARE\\acledger", "Sids", "SOFTWARE\\acledger"};
  for (const std::string bad : {"", "S-1-5-21-1-2", "S-1-5-32-1-2-3", "x", "S-1-5-21-1-2-3-4"}) {
    registry_.keys[place.key][place.name] = {Kind::kText, bad, 0};
    EXPECT_FALSE(Go(true, sids_));
    ASSERT_TRUE(last_.error);
    EXPECT_EQ(last_.error->kind, ErrorKind::kCorrupt);
    EXPECT_EQ(registry_.keys.at(place.key).at(place.name).text, bad);
  }
}

TEST_F(RegistryStepsTest, EachCallOfAValueMayGoWrong) { TryEachFault(value_); }
TEST_F(RegistryStepsTest, EachCallOfSidsMayGoWrong) { TryEachFault(sids_); }
TEST_F(RegistryStepsTest, EachCallOfAListMayGoWrong) {
  SetPath("%SystemRoot%;C:\\x;");
  TryEachFault(listed_);
}

}  // namespace
}  // namespace acledger::setup
