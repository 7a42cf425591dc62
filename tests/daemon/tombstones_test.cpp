// SPDX-License-Identifier: MIT
// What could not be taken back, as a client sees it: listed, counted, tried again by the daemon itself, given up.
#include <gmock/gmock.h>

#include <thread>

#include "tests/daemon/service_fixture.h"

namespace acledger::daemon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kPrincipal[] = "S-1-9-77-1";

class TombstonesTest : public fixtures::ServiceFixture {
 protected:
  TombstonesTest() {
    volume_.File(u"work/a");
    volume_.File(u"work/b");
    before_ = volume_.SecurityIds();
    Make(Parts());
    MustStart();
  }
  ~TombstonesTest() override { service_.reset(); }  // Before what it uses.

  Json Ask(const std::string& method, Json params = Json::object()) {
    return Must(CallAs(Administrator(), method, std::move(params)));
  }
  void Grant(const char* principal = kPrincipal) {
    Ask("grant", {{"principal", principal}, {"roots", {"\\work"}}});
    Ask("wait", {{"path", "\\work"}});
    WaitUntil([&] { return Ask("status")["queue"].empty(); });
  }
  // Generous: what is waited for comes within milliseconds.
  template <class Condition>
  void WaitUntil(const Condition& is_so) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_so()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      std::this_thread::yield();
    }
  }
  bool HoldsOurs(std::u16string_view path) const { return volume_.Sddl(path).find(kPrincipal) != std::string::npos; }
  void RollBackWithoutA() {
    Grant();
    volume_.TakeAway(u"work/a");
    Ask("rollback", {{"root", "\\work"}});
    WaitUntil([&] { return Ask("status")["roots"].empty(); });
  }

  std::map<std::string, std::uint32_t> before_;
};

TEST_F(TombstonesTest, AreCountedByStatusAndListedWhereAskedFor) {
  RollBackWithoutA();
  EXPECT_EQ(Ask("status")["tombstones"], (Json{{"missing", 1}, {"unreachable", 0}, {"dismissed", 0}}));
  EXPECT_FALSE(Ask("failures").contains("tombstones"));
  const Json listed = Ask("failures", {{"tombstones", true}});
  ASSERT_THAT(listed["tombstones"], SizeIs(1));
  const Json& one = listed["tombstones"][0];
  EXPECT_EQ(one["path"], "\\work\\a");
  EXPECT_EQ(one["state"], "missing");
  EXPECT_EQ(one["principal"], kPrincipal);
  EXPECT_EQ(one["error"]["kind"], "not found");
  EXPECT_THAT(one["id"].get<std::string>(), HasSubstr("0x"));
  EXPECT_GT(one["since"], 1'600'000'000);
}

TEST_F(TombstonesTest, OfWhatReturnedAreTriedByTheDaemonWhenItStarts) {
  RollBackWithoutA();
  volume_.PutBack();
  ASSERT_TRUE(HoldsOurs(u"work/a"));
  Make(Parts());
  MustStart();
  WaitUntil([&] { return !HoldsOurs(u"work/a"); });
  WaitUntil([&] { return Ask("status")["tombstones"]["missing"] == 0; });
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(TombstonesTest, OfWhatReturnedAreTriedAfterAVerify) {
  RollBackWithoutA();
  Ask("grant", {{"principal", "S-1-9-77-2"}, {"roots", {"\\work"}}});
  Ask("wait", {{"path", "\\work"}});
  volume_.PutBack();
  Ask("verify");
  WaitUntil([&] { return !HoldsOurs(u"work/a"); });
}

TEST_F(TombstonesTest, OfWhatReturnedAreTriedByARollbackOfAll) {
  RollBackWithoutA();
  volume_.PutBack();
  const Json answer = Ask("rollback", {{"all", true}});
  EXPECT_EQ(answer["left"]["restored"], 1);
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(TombstonesTest, GivenUpLetARollbackEnd) {
  Grant();
  volume_.Inject({.call = fakes::Call::kOpenWrite,
                  .path = u"work/a",
                  .error = {ErrorKind::kDenied, "open", {}, 5, "access is denied"},
                  .times = fakes::Fault::kAlways});
  Ask("rollback", {{"root", "\\work"}});
  WaitUntil([&] { return Ask("status")["tombstones"]["unreachable"] == 1; });
  EXPECT_FALSE(HoldsOurs(u"work/b"));
  const Json given_up = Ask("dismiss", {{"path", "\\work\\a"}});
  ASSERT_THAT(given_up["dismissed"], SizeIs(1));
  EXPECT_EQ(given_up["dismissed"][0]["state"], "dismissed");
  WaitUntil([&] { return Ask("status")["roots"].empty(); });
  const Json listed = Ask("failures", {{"tombstones", true}, {"dismissed", true}});
  EXPECT_THAT(listed["tombstones"], IsEmpty());
  ASSERT_THAT(listed["dismissed"], SizeIs(1));
  EXPECT_EQ(listed["dismissed"][0]["error"]["reason"], "access is denied");
  EXPECT_GE(listed["dismissed"][0]["dismissed"], listed["dismissed"][0]["since"]);
  EXPECT_TRUE(HoldsOurs(u"work/a"));
}

TEST_F(TombstonesTest, AreGivenUpByIdOrAllOfThem) {
  RollBackWithoutA();
  const std::string id = Ask("failures", {{"tombstones", true}})["tombstones"][0]["id"];
  EXPECT_THAT(Ask("dismiss", {{"id", id}})["dismissed"], SizeIs(1));
  EXPECT_THAT(Ask("dismiss", {{"all_missing", true}})["dismissed"], IsEmpty());
  const auto again = CallAs(Administrator(), "dismiss", {{"id", id}});
  EXPECT_EQ(again.error().kind, ErrorKind::kNotFound);
}

TEST_F(TombstonesTest, AreNamedByOneWordAlone) {
  for (const Json& params : {Json::object(), Json{{"path", "\\work"}, {"all_missing", true}}, Json{{"id", "x"}}}) {
    const auto refused = CallAs(Administrator(), "dismiss", params);
    ASSERT_FALSE(refused) << params;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << params;
  }
}

TEST_F(TombstonesTest, AreNotMadeOfWhatCanBeTakenBack) {
  Grant();
  const auto refused = CallAs(Administrator(), "dismiss", {{"id", volume_.Id(u"work/a").ToString()}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().reason, HasSubstr("acledger rollback does that"));
}

// --- revoke

TEST_F(TombstonesTest, RevokeTakesOnePrincipalsGrantBack) {
  Grant();
  Grant("S-1-9-77-2");
  EXPECT_EQ(CallAs(Administrator(), "revoke", {{"root", "\\work"}, {"principal", "S-1-9-77-3"}}).error().kind,
            ErrorKind::kNotFound);
  EXPECT_EQ(
      CallAs(Administrator(), "revoke", {{"root", "\\work"}, {"principal", kPrincipal}, {"mask", "0x1"}}).error().kind,
      ErrorKind::kNotFound);
  EXPECT_FALSE(CallAs(Administrator(), "revoke", {{"root", "\\work"}}));
  const Json going = Ask("revoke", {{"root", "\\work"}, {"principal", kPrincipal}, {"mask", "0x1200a9"}});
  ASSERT_THAT(going["grants"], SizeIs(1));
  EXPECT_EQ(going["grants"][0]["principal"], kPrincipal);
  WaitUntil([&] { return Ask("status")["roots"].size() == 1; });
  EXPECT_THAT(volume_.Sddl(u"work/a"), Not(HasSubstr(kPrincipal)));
  EXPECT_THAT(volume_.Sddl(u"work/a"), HasSubstr("S-1-9-77-2"));
}

}  // namespace
}  // namespace acledger::daemon
