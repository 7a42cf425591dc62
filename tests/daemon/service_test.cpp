// SPDX-License-Identifier: MIT
// The methods over a fake volume and a real ledger, called as the server calls them.
#include "daemon/service/service.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/daemon/service_fixture.h"

namespace acledger::daemon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPrincipal = "S-1-9-77-1";

class ServiceTest : public fixtures::ServiceFixture {
 protected:
  ServiceTest() {
    for (int i = 0; i < 40; ++i)
      volume_.File(u"work/f" + std::u16string(1, static_cast<char16_t>(u'a' + i % 26)) +
                   std::u16string(1, static_cast<char16_t>(u'a' + i / 26)));
    volume_.File(u"else/x");
    Make(Parts());
  }
  // As after the end of the process.
  void Restart() {
    Make(Parts());
    MustStart();
  }
  Expected<Json> Call(const std::string& method, Json params = Json::object(), bool is_admin = true) {
    Caller caller = Administrator();
    caller.is_admin = is_admin;
    return CallAs(caller, method, std::move(params));
  }
  Expected<Json> Grant(const std::string& root) {
    return Call("grant", {{"principal", kPrincipal}, {"roots", Json::array({root})}});
  }
};

TEST_F(ServiceTest, GrantsInTheBackgroundAndAnswersWhenAPathIsDecided) {
  ASSERT_TRUE(service_->Start());
  EXPECT_EQ(Must(Grant("\\work"))["grants"][0]["root"], "\\work");
  const Json waited = Must(Call("wait", {{"path", "\\work"}}));
  EXPECT_EQ(waited["coverage"][0]["covered"], 41);
  EXPECT_EQ(Must(Call("status"))["covered"], 41);
}

TEST_F(ServiceTest, SaysWhereAVolumeHasNoTablesThoughTheyWereWanted) {
  std::mutex lock;
  std::vector<std::string> lines;
  service_->SetLog([&](bool, const std::string& line) {
    const std::lock_guard hold(lock);
    lines.push_back(line);
  });
  ASSERT_TRUE(service_->Start());
  const auto notes = [&] {
    const std::lock_guard hold(lock);
    return std::ranges::count_if(lines, [](const std::string& line) { return line.contains("tables are not used"); });
  };
  Must(Call("grant", {{"principal", kPrincipal}, {"roots", {"\\else"}}, {"index", "auto"}}));
  Must(Call("wait", {{"path", "\\else"}}));
  EXPECT_EQ(notes(), 0);
  Must(Call("grant", {{"principal", kPrincipal}, {"roots", {"\\work"}}, {"index", "always"}}));
  Must(Call("wait", {{"path", "\\work"}}));
  EXPECT_GT(notes(), 0);
  EXPECT_FALSE(Call("grant", {{"principal", kPrincipal}, {"roots", {"\\work"}}, {"index", "often"}}));
  End();
}

TEST_F(ServiceTest, RefusesAnIndexOfWhatIsNoNtfsVolume) {
  ASSERT_TRUE(service_->Start());
  EXPECT_FALSE(Call("index", {{"principal", "nobody"}}));
  EXPECT_FALSE(Call("index", {{"glob", "*"}}));
  EXPECT_EQ(Must(Call("index", {{"list", true}}))["indexes"], Json::array());
  EXPECT_EQ(Must(Call("index"))["index"], 1);
  EXPECT_EQ(Must(Call("index"))["index"], 2);
  End();
  EXPECT_FALSE(std::filesystem::exists(LedgerPath() + ".index"));
}

TEST_F(ServiceTest, RollsBackInTheBackground) {
  ASSERT_TRUE(service_->Start());
  const auto before = volume_.SecurityIds();
  Must(Grant("\\work"));
  Must(Call("wait", {{"path", "\\work"}}));
  Must(Call("rollback", {{"all", true}}));
  while (!Must(Call("status"))["roots"].empty()) std::this_thread::yield();
  EXPECT_EQ(volume_.SecurityIds(), before);
}

TEST_F(ServiceTest, WorksOnNothingWhilePausedAndGoesOnWhenResumed) {
  ASSERT_TRUE(service_->Start());
  Must(Call("pause"));
  Must(Grant("\\work"));
  const auto waited = Call("wait", {{"path", "\\work"}, {"timeout_ms", 50}});
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().kind, ErrorKind::kBusy);
  EXPECT_EQ(volume_.Counters().descriptor_writes, 0u);
  Must(Call("resume"));
  EXPECT_EQ(Must(Call("wait", {{"path", "\\work"}}))["coverage"][0]["covered"], 41);
}

TEST_F(ServiceTest, TakesAGrantThatWasNotFinishedUpAgain) {
  ASSERT_TRUE(service_->Start());
  Must(Call("pause"));
  Must(Grant("\\work"));
  End();
  ASSERT_TRUE(writer_->SetSetting("paused", ""));
  Restart();
  EXPECT_EQ(Must(Call("wait", {{"path", "\\work"}}))["coverage"][0]["covered"], 41);
}

TEST_F(ServiceTest, StaysPausedWhenItStartsAnew) {
  ASSERT_TRUE(service_->Start());
  Must(Call("pause"));
  Must(Grant("\\work"));
  Restart();
  EXPECT_EQ(Must(Call("status"))["paused"], true);
  EXPECT_EQ(volume_.Counters().descriptor_writes, 0u);
  Must(Call("resume"));
  EXPECT_EQ(Must(Call("wait", {{"path", "\\work"}}))["coverage"][0]["covered"], 41);
  Restart();
  EXPECT_EQ(Must(Call("status"))["paused"], false);
}

TEST_F(ServiceTest, ResumesWhatWasCancelled) {
  ASSERT_TRUE(service_->Start());
  Must(Call("pause"));
  Must(Grant("\\work"));
  Must(Call("cancel", {{"root", "\\work"}}));
  EXPECT_THAT(Must(Call("status"))["queue"], IsEmpty());
  Must(Call("resume"));
  EXPECT_EQ(Must(Call("wait", {{"path", "\\work"}}))["coverage"][0]["covered"], 41);
}

TEST_F(ServiceTest, GoesOnWithACancelledGrantOnlyWhenItIsWishedForAgain) {
  ASSERT_TRUE(service_->Start());
  Must(Call("pause"));
  Must(Grant("\\work"));
  Must(Call("cancel", {{"root", "\\work"}}));
  End();
  ASSERT_TRUE(writer_->SetSetting("paused", ""));
  Restart();
  EXPECT_EQ(Must(Call("status"))["queue"][0]["on_hold"], true);
  EXPECT_EQ(volume_.Counters().descriptor_writes, 0u);
  Must(Grant("\\work"));
  EXPECT_EQ(Must(Call("wait", {{"path", "\\work"}}))["coverage"][0]["covered"], 41);
}

// Both are sent before the first is answered.
TEST_F(ServiceTest, KeepsToWhatWasSaidLast) {
  MustStart();
  Must(Grant("\\work"));
  for (const auto& [first, last] : {std::pair("pause", "resume"), std::pair("resume", "pause")}) {
    for (const Json& params : {Json::object(), Json{{"root", "\\work"}}}) {
      std::atomic<int> answers{0};
      for (const char* method : {first, last})
        service_->Call(Administrator(), method, params, Reply([&answers](const Expected<Json>& answer) {
                         EXPECT_TRUE(answer);
                         ++answers;
                       }));
      while (answers < 2) {
        io_.restart();
        io_.run_for(std::chrono::milliseconds(1));
      }
      const bool held = std::string_view(last) == "pause";
      if (params.empty())
        EXPECT_EQ(Must(Call("status"))["paused"], held);
      else
        EXPECT_EQ((*reader_->Grants())[0].on_hold, held);
    }
  }
}

TEST_F(ServiceTest, ForgetsWhatIsCancelled) {
  ASSERT_TRUE(service_->Start());
  Must(Call("pause"));
  Must(Grant("\\work"));
  Must(Call("cancel", {{"root", "\\work"}}));
  EXPECT_THAT(Must(Call("status"))["queue"], IsEmpty());
}

TEST_F(ServiceTest, RefusesBadParametersByName) {
  ASSERT_TRUE(service_->Start());
  EXPECT_THAT(Call("coverage").error().ToString(), HasSubstr("\"path\" is missing"));
  EXPECT_THAT(Call("coverage", {{"path", 1}}).error().ToString(), HasSubstr("a string is wanted"));
  EXPECT_THAT(Call("status", {{"pth", 1}}).error().ToString(), HasSubstr("no parameter \"pth\""));
  EXPECT_THAT(Call("grant", {{"principal", "S-1-1-0"}, {"roots", Json::array({"\\work"})}}).error().ToString(),
              HasSubstr("stands for many people"));
  EXPECT_THAT(Call("rollback", {{"root", "\\nothing"}}).error().ToString(), HasSubstr("no grant has this root"));
  EXPECT_FALSE(Call("no such method"));
}

TEST_F(ServiceTest, ExplainsFromTheIndexAndTheVolume) {
  ASSERT_TRUE(service_->Start());
  Must(Grant("\\else"));
  Must(Call("wait", {{"path", "\\else"}}));
  const Json explained = Must(Call("explain", {{"path", "\\else\\x"}}));
  EXPECT_EQ(explained["grants"][0]["verdict"], "covered");
  EXPECT_EQ(explained["grants"][0]["now"]["granted"], true);
}

TEST_F(ServiceTest, WritesDownSoManyTroublesAndNoMore) {
  std::vector<std::string> lines;
  service_->SetLog([&](bool, const std::string& line) { lines.push_back(line); });
  for (int i = 0; i < 500; ++i) service_->Trouble(Error{ErrorKind::kDenied, "serve", {}, 0, "a stranger"});
  EXPECT_EQ(lines.size(), 20u);
}

TEST_F(ServiceTest, ReadsItsConfigurationAgainForAdministrators) {
  int read = 0;
  service_->SetReload([&]() -> Expected<Json> { return Json{{"read", ++read}}; });
  EXPECT_EQ(Call("reload", Json::object(), false).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(read, 0);
  EXPECT_EQ(Must(Call("reload"))["read"], 1);
  EXPECT_FALSE(Call("reload", {{"file", "x"}}));
  EXPECT_EQ(read, 1);
}

TEST_F(ServiceTest, HasNothingToReloadWhereNobodySaysWhat) {
  EXPECT_EQ(Call("reload").error().kind, ErrorKind::kUnsupported);
}

TEST_F(ServiceTest, TellsItsSpeed) {
  EXPECT_EQ(Must(Call("status"))["speed"], "full");
  service_->SetPace({});
  EXPECT_EQ(Must(Call("status"))["speed"], "polite");
}

TEST_F(ServiceTest, SaysWhenAClientPausesOrResumes) {
  std::vector<bool> told;
  service_->SetOnPaused([&](bool paused) { told.push_back(paused); });
  ASSERT_TRUE(service_->Start());
  Must(Call("pause"));
  Must(Call("resume"));
  service_->SetPaused(true);
  EXPECT_EQ(told, (std::vector<bool>{true, false})) << "who pauses from inside knows it";
}

TEST_F(ServiceTest, LooksAgainAtWhatIsGranted) {
  ASSERT_TRUE(service_->Start());
  Must(Grant("\\work"));
  Must(Call("wait", {{"path", "\\work"}}));
  while (!Must(Call("status"))["queue"].empty()) std::this_thread::yield();
  service_->SetPaused(true);
  ASSERT_TRUE(service_->LookAgain());
  ASSERT_TRUE(service_->LookAgain());
  const Json queue = Must(Call("status"))["queue"];
  ASSERT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue[0]["work"], "verify");
  EXPECT_EQ(queue[0]["urgency"], "rest");
}

TEST_F(ServiceTest, LeavesOnHoldWhatSomebodyPutThere) {
  ASSERT_TRUE(service_->Start());
  service_->SetPaused(true);
  Must(Grant("\\work"));
  Must(Call("pause", {{"root", "\\work"}}));
  ASSERT_TRUE(service_->LookAgain());
  EXPECT_EQ(Must(Call("status"))["queue"][0]["on_hold"], true);
}

}  // namespace
}  // namespace acledger::daemon
