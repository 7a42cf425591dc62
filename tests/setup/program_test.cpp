// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "setup/identity.h"
#include "setup/program/run.h"
#include "tests/setup/fake_system.h"

namespace acledger::setup {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Json = nlohmann::json;

// A host over the fake system, with a real journal.
class FakeHost final : public Host {
 public:
  explicit FakeHost(FakeSystem& system, std::filesystem::path folder) : system_(system), folder_(std::move(folder)) {}
  bool is_elevated = true;
  bool is_refused = false;
  std::optional<security::Sid> starter;
  std::vector<Command> elevated;
  int announced = 0;

  Expected<bool> IsElevated() override { return is_elevated; }
  Expected<std::optional<security::Sid>> StartedBy() override { return starter; }
  Expected<security::Sid> FindUser(const std::string& user) override {
    if (auto sid = security::Sid::FromString(user); sid) return sid;
    return std::unexpected(Error{ErrorKind::kNotFound, "look for the user", user, 0, "there is none"});
  }
  Expected<std::optional<int>> RunElevated(const Command& command, const Show& show) override {
    elevated.push_back(command);
    if (is_refused) return std::optional<int>();
    show("a line of the administrator's process");
    return std::optional(7);
  }
  Expected<std::unique_ptr<FileJournal>> OpenJournal(bool may_make) override {
    if (!may_make && !std::filesystem::exists(folder_)) return std::unique_ptr<FileJournal>();
    std::filesystem::create_directories(folder_);
    return FileJournal::Open((folder_ / "setup.db").string());
  }
  Expected<void> RemoveJournal() override {
    std::filesystem::remove_all(folder_);
    return {};
  }
  Machine& TheMachine() override {
    machine_ = std::make_unique<Machine>(system_.Seams());
    return *machine_;
  }
  const Places& ThePlaces() override { return system_.places; }
  void AnnounceEnvironment() override { ++announced; }

 private:
  FakeSystem& system_;
  const std::filesystem::path folder_;
  std::unique_ptr<Machine> machine_;
};

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override { host_.starter = system_.wishes.users[0]; }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  int Do(const std::vector<std::string>& words) {
    shown_.clear();
    const auto line = ReadWords(words);
    if (!line) return line.error();
    return setup::Run(line->command, host_, [this](const std::string& one) { shown_.push_back(one); });
  }
  std::string ReadLog() const {
    std::ifstream file(folder_ / "log.txt");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      ("acledger-program-" + std::to_string(testing::UnitTest::GetInstance()->random_seed()) + "-" +
       testing::UnitTest::GetInstance()->current_test_info()->name());
  FakeSystem system_;
  FakeHost host_{system_, folder_ / "journal"};
  std::vector<std::string> shown_;
};

TEST_F(ProgramTest, InstallsAndTakesBack) {
  EXPECT_EQ(Do({"install", "--proxy-port", "3128"}), kDone);
  EXPECT_THAT(shown_, Contains("done       account " + OfflineAccountName(*host_.starter)));
  EXPECT_THAT(shown_.back(), HasSubstr("installed, and proved"));
  EXPECT_EQ(host_.announced, 1);
  EXPECT_EQ(Do({"status"}), kDone);
  EXPECT_EQ(Do({"uninstall"}), kDone);
  EXPECT_TRUE(system_.IsAsItWas());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "journal"));
  EXPECT_EQ(Do({"uninstall"}), kDone);
  EXPECT_EQ(Do({"status"}), kNotWhole);
  EXPECT_EQ(Do({"repair"}), kNotWhole);
  EXPECT_THAT(shown_, ElementsAre(HasSubstr("nothing is installed")));
}

TEST_F(ProgramTest, APlanChangesNothingAndNamesEachStep) {
  EXPECT_EQ(Do({"plan"}), kDone);
  EXPECT_TRUE(system_.IsAsItWas());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "journal"));
  EXPECT_THAT(shown_, Contains(HasSubstr("to do      program acledgerd.exe: copy")));
  EXPECT_THAT(shown_, Contains(HasSubstr("to do      launches")));
}

TEST_F(ProgramTest, KnowsLaterWhatWasInstalled) {
  EXPECT_EQ(Do({"install", "--proxy-port", "3128", "--workspace", "C:\\work", "--principal", "synthetic"}), kDone);
  EXPECT_THAT(system_.provisioning.roots, SizeIs(3));
  system_.firewall.rules.clear();
  system_.accounts.state.kept.clear();
  host_.starter.reset();
  EXPECT_EQ(Do({"status"}), kNotWhole);
  EXPECT_EQ(Do({"repair"}), kDone);
  EXPECT_THAT(system_.firewall.rules, Not(IsEmpty()));
  EXPECT_EQ(Do({"install", "--user", "S-1-5-21-7-7-7-1002"}), kDone);
  EXPECT_THAT(system_.accounts.state.groups, SizeIs(2));
  const auto rules = system_.firewall.rules;
  EXPECT_EQ(Do({"repair", "--no-proxies"}), kDone);
  EXPECT_NE(system_.firewall.rules, rules);
  EXPECT_EQ(Do({"uninstall"}), kDone);
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(ProgramTest, InstallsWithoutAUserWhereNobodyIsOne) {
  host_.starter.reset();
  EXPECT_EQ(Do({"install", "--quiet", "--log", (folder_ / "log.txt").string()}), kDone);
  EXPECT_THAT(shown_, IsEmpty());
  EXPECT_THAT(ReadLog(), HasSubstr("done       running acledger"));
  EXPECT_THAT(system_.accounts.state.users, IsEmpty());
  EXPECT_TRUE(system_.IsServing());
}

TEST_F(ProgramTest, SaysInJsonWhatEachStepCameTo) {
  system_.accounts.least_password = 1000;  // No password is long enough.
  EXPECT_EQ(Do({"install", "--json"}), kNotWhole);
  ASSERT_THAT(shown_, SizeIs(1));
  const Json json = Json::parse(shown_[0]);
  EXPECT_EQ(json.at("exit_code"), 1);
  EXPECT_EQ(json.at("complete"), false);
  bool is_told = false;
  for (const Json& step : json.at("steps"))
    if (step.at("step") == "account " + OfflineAccountName(*host_.starter)) {
      is_told = true;
      EXPECT_EQ(step.at("outcome"), "failed");
      EXPECT_EQ(step.at("error").at("kind"), "denied");
    }
  EXPECT_TRUE(is_told);
}

TEST_F(ProgramTest, UndoesWhatItMadeWhereThatIsWanted) {
  system_.accounts.least_password = 1000;
  EXPECT_EQ(Do({"install", "--undo-on-failure"}), kNotWhole);
  EXPECT_TRUE(system_.IsAsItWas());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "journal"));
}

TEST_F(ProgramTest, ExitsWithFourWhereSomethingRemains) {
  EXPECT_EQ(Do({"install"}), kDone);
  system_.provisioning.is_stuck = true;
  EXPECT_EQ(Do({"uninstall"}), kRemains);
  EXPECT_THAT(shown_, Contains(HasSubstr("remains    provisioning of")));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "journal"));
  system_.provisioning.is_stuck = false;
  EXPECT_EQ(Do({"uninstall"}), kDone);
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(ProgramTest, KeepsAccountsAndTheirRecords) {
  EXPECT_EQ(Do({"install"}), kDone);
  EXPECT_EQ(Do({"uninstall", "--keep-accounts"}), kDone);
  EXPECT_THAT(system_.accounts.state.users, SizeIs(2));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "journal"));
  EXPECT_EQ(Do({"uninstall"}), kDone);
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(ProgramTest, ASecondSetUpIsToldThatOneRuns) {
  const auto journal = host_.OpenJournal(true);
  ASSERT_TRUE(journal);
  EXPECT_EQ(Do({"install"}), kNotPossible);
  EXPECT_THAT(shown_, ElementsAre(HasSubstr("acledger-setup: ")));
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(ProgramTest, AsksForAnAdministratorForWhoeverStartedIt) {
  host_.is_elevated = false;
  EXPECT_EQ(Do({"install", "--proxy-port", "8080", "--log", (folder_ / "log.txt").string()}), 7);
  ASSERT_THAT(host_.elevated, SizeIs(1));
  EXPECT_THAT(host_.elevated[0].users, IsEmpty());
  EXPECT_EQ(host_.elevated[0].starter, host_.starter->ToString());
  EXPECT_THAT(host_.elevated[0].proxy_ports, ElementsAre(8080));
  EXPECT_EQ(host_.elevated[0].log, "");  // Written on this side.
  EXPECT_THAT(shown_, ElementsAre("a line of the administrator's process"));
  EXPECT_THAT(ReadLog(), HasSubstr("a line of the administrator's process"));
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(ProgramTest, TakesWhoeverAskedForTheUserOfAFirstInstallationOnly) {
  Command command;
  command.verb = Verb::kInstall;
  command.starter = "S-1-5-21-7-7-7-1005";
  const auto show = [](const std::string&) {};
  EXPECT_EQ(setup::Run(command, host_, show), kDone);
  EXPECT_TRUE(system_.accounts.state.groups.contains("AcledgerSandboxUsers-1005"));
  command.starter = "S-1-5-21-7-7-7-1006";
  for (const Verb verb : {Verb::kInstall, Verb::kRepair, Verb::kStatus}) {
    command.verb = verb;
    EXPECT_EQ(setup::Run(command, host_, show), kDone);
    EXPECT_THAT(system_.accounts.state.groups, SizeIs(1));
  }
}

TEST_F(ProgramTest, AFailedRunThatWasUndoneLeavesTheWishesAsTheyWere) {
  ASSERT_EQ(Do({"install"}), kDone);
  system_.provisioning.missing = "C:\\mistyped";
  EXPECT_EQ(Do({"install", "--workspace", "C:\\mistyped", "--undo-on-failure"}), kNotWhole);
  EXPECT_EQ(Do({"status"}), kDone);
  EXPECT_EQ(Do({"repair"}), kDone);
}

TEST_F(ProgramTest, TellsThatTheUserSaidNo) {
  host_.is_elevated = false;
  host_.is_refused = true;
  EXPECT_EQ(Do({"install"}), kCancelled);
  EXPECT_THAT(shown_, ElementsAre(HasSubstr("not allowed")));
  EXPECT_EQ(Do({"install", "--quiet"}), kNotPossible);
  EXPECT_THAT(host_.elevated, SizeIs(1));  // Nobody was asked.
}

TEST_F(ProgramTest, NeverTellsAPassword) {
  const std::string log = (folder_ / "log.txt").string();
  std::filesystem::create_directories(folder_);
  std::string all;
  const auto take = [&] {
    for (const std::string& line : shown_) all += line + "\n";
  };
  EXPECT_EQ(Do({"install", "--log", log}), kDone);
  take();
  const auto kept = system_.accounts.state.kept;
  ASSERT_THAT(kept, SizeIs(2));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"status", "--json", "--log", log}, {"plan", "--json", "--log", log}, {"repair", "--log", log}}) {
    Do(words);
    take();
  }
  {
    std::ifstream journal(folder_ / "journal" / "setup.db", std::ios::binary);
    all += std::string(std::istreambuf_iterator<char>(journal), {});
  }
  EXPECT_EQ(Do({"uninstall", "--json", "--log", log}), kDone);
  take();
  all += ReadLog();
  ASSERT_THAT(all, HasSubstr("password of " + OfflineAccountName(*host_.starter)));
  for (const auto& [account, password] : kept) EXPECT_THAT(all, Not(HasSubstr(password))) << account;
}

TEST_F(ProgramTest, RefusesAWrongCommandLineAndDoesNothing) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"other"},
                                             {"install", "uninstall"},
                                             {"install", "--proxy-port", "0"},
                                             {"install", "--proxy-port", "65536"},
                                             {"install", "--proxy-port", "1", "--no-proxies"},
                                             {"install", "--manual", "--provision"},
                                             {"install", "--principal", "other"},
                                             {"install", "--keep-accounts"},
                                             {"uninstall", "--user", "x"},
                                             {"--sha256", "0"},
                                             {"install", "--request", "x"}})
    EXPECT_EQ(Do(words), kUsage) << testing::PrintToString(words);
  EXPECT_EQ(Do({"install", "--user", "nobody"}), kNotPossible);
  EXPECT_EQ(Do({"--help"}), kDone);
  EXPECT_TRUE(system_.IsAsItWas());
  EXPECT_THAT(host_.elevated, IsEmpty());
}

}  // namespace
}  // namespace acledger::setup
