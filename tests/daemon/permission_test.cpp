// SPDX-License-Identifier: MIT
// Two users and an administrator at one daemon: none of the users learns or changes what only the other may.
#include "daemon/service/permission.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <map>
#include <thread>

#include "tests/daemon/service_fixture.h"

namespace acledger::daemon {
namespace {

using security::Sid;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kAnn[] = "S-1-5-21-11-22-33-2001";
constexpr char kBob[] = "S-1-5-21-11-22-33-2002";
constexpr char kAnnsBox[] = "S-1-5-21-11-22-33-3001";
constexpr char kBobsBox[] = "S-1-5-21-11-22-33-3002";
constexpr char kAnns[] = "O:S-1-5-21-11-22-33-2001G:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-11-22-33-2001)";
constexpr char kBobs[] = "O:S-1-5-21-11-22-33-2002G:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-11-22-33-2002)";
constexpr char kBobsOpen[] = "O:S-1-5-21-11-22-33-2002G:BAD:(A;;FA;;;BA)(A;;FA;;;S-1-5-21-11-22-33-2002)";
constexpr char kSeen[] =
    "O:BAG:BAD:(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;S-1-5-21-11-22-33-2001)"
    "(A;OICI;0x1200a9;;;S-1-5-21-11-22-33-2002)";

Sid SidOf(const char* text) { return Sid::FromString(text).value(); }

Caller User(const char* user, ClientId client = 7) {
  Caller caller;
  caller.client = client;
  caller.user = user;
  caller.process = 4711;
  caller.token.sids = {SidOf(user), Sid::Users(), Sid::Everyone()};
  return caller;
}

// Every process runs.
class AllRun final : public ProcessTable {
 public:
  Expected<std::int64_t> CreationTime(std::uint32_t) override { return 1; }
  std::unique_ptr<Watch> WhenEnded(asio::io_context&, std::uint32_t, std::function<void()>) override { return {}; }
};

class PermissionTest : public fixtures::ServiceFixture {
 protected:
  PermissionTest() {
    volume_.Folder(u"ann", kAnns);
    volume_.File(u"ann/a1");
    volume_.File(u"ann/bobs", kBobsOpen);
    volume_.Folder(u"bob", kBobs);
    volume_.File(u"bob/b1");
    volume_.Folder(u"both", kSeen);
    volume_.File(u"both/seen");
    volume_.Folder(u"both/hers", kAnns);
    volume_.File(u"both/hers/private");
    ServiceParts parts = Parts();
    parts.processes = &processes_;
    Make(parts);
    service_->SetPrincipals({{kAnn, {SidOf(kAnnsBox)}}, {kBob, {SidOf(kBobsBox)}}});
    MustStart();
  }
  ~PermissionTest() override { service_.reset(); }  // Before what it uses.

  Expected<Json> Call(const Caller& caller, const std::string& method, Json params = Json::object()) {
    return CallAs(caller, method, std::move(params));
  }
  Expected<Json> Grant(const Caller& caller, const char* principal, const std::string& root) {
    return Call(caller, "grant", {{"principal", principal}, {"roots", Json::array({root})}});
  }
  void GrantAll() {
    Must(Grant(User(kAnn), kAnnsBox, "\\ann"));
    Must(Grant(User(kBob), kBobsBox, "\\bob"));
    Must(Grant(Administrator(), "S-1-9-77-1", "\\both"));
    for (const char* path : {"\\ann", "\\bob", "\\both"}) Must(Call(Administrator(), "wait", {{"path", path}}));
    while (!Must(Call(Administrator(), "status"))["queue"].empty()) {
    }  // Decided is not yet done, and a status tells of it.
  }

  AllRun processes_;
};

// What Bob gets from each method about his own, about Ann's, and about what is nobody's. "" for an answer; else the
// kind of the error. Ann's and nobody's must be the same, word for word: see the test.
struct Row {
  const char* own;
  const char* others;
  const char* parameter;  // Which takes the path; null: the method is not about one.
};
const std::map<std::string_view, Row> kRows{
    {"reload", {"denied", "denied", nullptr}},
    {"acquire", {"", "denied", "roots"}},
    {"release", {"", "not found", "holder"}},
    {"holders", {"", "", "path"}},
    {"plan", {"denied", "denied", "path"}},
    {"index", {"denied", "denied", nullptr}},  // It names every file of the volume.
    {"version", {"", "", nullptr}},
    {"status", {"", "", nullptr}},
    {"failures", {"", "", nullptr}},
    {"subscribe", {"", "", nullptr}},
    {"coverage", {"", "not found", "path"}},
    {"explain", {"", "", "path"}},
    {"wait", {"", "not found", "path"}},
    {"prioritise", {"", "", "path"}},
    {"verify", {"", "not found", "root"}},
    {"pause", {"", "not found", "root"}},
    {"resume", {"", "not found", "root"}},
    {"cancel", {"", "not found", "root"}},
    {"rollback", {"", "not found", "root"}},
    {"revoke", {"", "not found", "root"}},
    {"dismiss", {"not found", "not found", "path"}},  // Nothing failed.
    {"grant", {"", "denied", "roots"}},
};

// What the caller asked about, taken out of the answer.
std::string Told(const Expected<Json>& answer, const std::string& path) {
  std::string text = answer ? answer->dump() : answer.error().ToString();
  for (const std::string& name : {Json(path).dump(), path})
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name)) text.replace(at, name.size(), "*");
  return text;
}

TEST_F(PermissionTest, EveryMethodTellsAndChangesOnlyWhatIsTheCallers) {
  GrantAll();
  const Json held = Must(Call(User(kAnn), "acquire", {{"principal", kAnnsBox}, {"roots", {"\\ann"}}}));
  const std::int64_t anns_holder = held["holders"][0]["holder"];
  const auto before = volume_.SecurityIds();
  for (const std::string_view method : Service::MethodNames()) {
    ASSERT_TRUE(kRows.contains(method)) << method << " is new: say here what a user gets from it";
    const Row& row = kRows.at(method);
    const auto ask = [&](const std::string& path) {
      Json params = Json::object();
      if (row.parameter) params[row.parameter] = path;
      if (method == "release")
        params["holder"] = path == "\\ann" ? anns_holder : path == "\\bob" ? anns_holder + 1 : 999;
      if (method == "revoke") params["principal"] = kBobsBox;
      if (method == "grant" || method == "acquire") params = {{"principal", kBobsBox}, {"roots", Json::array({path})}};
      return Call(User(kBob), std::string(method), params);
    };
    const auto kind = [](const Expected<Json>& answer) { return answer ? "" : Name(answer.error().kind); };
    const Expected<Json> anns = ask("\\ann"), nobodys = ask("\\none");
    EXPECT_STREQ(kind(anns), row.others) << method;
    EXPECT_EQ(Told(anns, "\\ann"), Told(nobodys, "\\none")) << method;
    EXPECT_THAT(Told(anns, "\\ann"), Not(HasSubstr(kAnnsBox))) << method;
    const Expected<Json> anns_file = ask("\\ann\\a1"), nobodys_file = ask("\\ann\\none");
    EXPECT_EQ(Told(anns_file, "\\ann\\a1"), Told(nobodys_file, "\\ann\\none")) << method;
    if (method == "rollback" || method == "revoke") continue;  // Below, since it ends what the others are about.
    EXPECT_STREQ(kind(ask("\\bob")), row.own) << method;
  }
  EXPECT_EQ(volume_.SecurityIds(), before);
  EXPECT_THAT(Must(Call(Administrator(), "status"))["roots"], SizeIs(3));
  EXPECT_STREQ(Call(User(kBob), "rollback", {{"root", "\\bob"}}) ? "" : "refused", kRows.at("rollback").own);
  while (Must(Call(Administrator(), "status"))["roots"].size() == 3) std::this_thread::yield();
  EXPECT_THAT(volume_.Sddl(u"ann/a1"), HasSubstr(kAnnsBox));
  EXPECT_THAT(volume_.Sddl(u"bob/b1"), Not(HasSubstr(kBobsBox)));
}

TEST_F(PermissionTest, ServesNobodyWhoRunsInASandbox) {
  Caller sandboxed = User(kBob);
  sandboxed.token.sids.push_back(SidOf(kBobsBox));
  EXPECT_TRUE(Call(sandboxed, "version")) << "nothing was ever granted to it";
  GrantAll();
  const auto refused = Call(sandboxed, "version");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_TRUE(Call(User(kBob), "version"));
  Make(Parts());
  MustStart();
  EXPECT_FALSE(Call(sandboxed, "version")) << "known from the ledger";
}

TEST_F(PermissionTest, TakesNothingAwayFromAnAdministratorWhoHoldsIt) {
  Must(Grant(User(kBob), kBobsBox, "\\bob"));
  Caller administrator = Administrator();
  administrator.user = "S-1-5-21-11-22-33-500";
  administrator.token.sids = {SidOf("S-1-5-21-11-22-33-500"), Sid::Administrators()};
  administrator.process = 815;
  const Json held = Must(Call(administrator, "acquire", {{"principal", kBobsBox}, {"roots", {"\\bob"}}}));
  Must(Call(User(kBob), "acquire", {{"principal", kBobsBox}, {"roots", {"\\bob"}}}));
  for (const bool forced : {false, true}) {
    const auto refused = Call(User(kBob), "rollback", {{"root", "\\bob"}, {"force", forced}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
    EXPECT_THAT(refused.error().ToString(), Not(HasSubstr("815")));
    EXPECT_THAT(refused.error().ToString(), Not(HasSubstr("-500")));
  }
  Must(Call(administrator, "release", {{"holder", held["holders"][0]["holder"]}}));
  EXPECT_THAT(Call(User(kBob), "rollback", {{"root", "\\bob"}}).error().ToString(), HasSubstr("process 4711"));
  EXPECT_TRUE(Call(User(kBob), "rollback", {{"root", "\\bob"}, {"force", true}})) << "his own he may";
}

TEST_F(PermissionTest, LetsAUserHoldSoManyRootsAndNoMore) {
  Must(Call(Administrator(), "pause"));
  const auto acquire = [this](const char* user, const char* box, const char* root) {
    return Call(User(user), "acquire", {{"principal", box}, {"roots", Json::array({root})}});
  };
  Json last;
  for (int i = 0; i < 256; ++i) last = Must(acquire(kBob, kBobsBox, "\\bob"));
  const auto refused = acquire(kBob, kBobsBox, "\\bob");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().reason, HasSubstr("release some"));
  EXPECT_TRUE(acquire(kAnn, kAnnsBox, "\\ann"));
  Must(Call(User(kBob), "release", {{"holder", last["holders"][0]["holder"]}}));
  EXPECT_TRUE(acquire(kBob, kBobsBox, "\\bob"));
}

TEST_F(PermissionTest, AMethodWithoutALineIsForAdministrators) {
  EXPECT_EQ(Permission::AudienceOf("something new"), Audience::kAdministrators);
  EXPECT_FALSE(Permission::MayCall(User(kAnn), "something new"));
  EXPECT_TRUE(Permission::MayCall(Administrator(), "something new"));
}

TEST_F(PermissionTest, ShowsAUserHisOwnRootsQueueAndFailures) {
  volume_.FailNext(fakes::Call::kWriteDacl, u"ann/a1", {ErrorKind::kIo, "write DACL", {}, 5, "broken"});
  GrantAll();
  const Json anns = Must(Call(User(kAnn), "status"));
  ASSERT_THAT(anns["roots"], SizeIs(1));
  EXPECT_EQ(anns["roots"][0]["path"], "\\ann");
  EXPECT_EQ(anns["objects"], 3);
  EXPECT_EQ(anns["denied"], 1);
  Must(Call(Administrator(), "pause"));
  Must(Call(Administrator(), "verify"));
  EXPECT_THAT(Must(Call(Administrator(), "status"))["queue"], SizeIs(3));
  EXPECT_THAT(Must(Call(User(kBob), "status"))["queue"], SizeIs(1));
  EXPECT_THAT(Must(Call(User(kAnn), "failures"))["failures"], SizeIs(1));
  EXPECT_THAT(Must(Call(User(kBob), "failures"))["failures"], IsEmpty());
}

// Users give up what is theirs; of others' tombstones they neither hear nor decide.
TEST_F(PermissionTest, AUserGivesUpWhatIsHisAlone) {
  GrantAll();
  const std::string id = volume_.Id(u"ann/a1").ToString(), none = FileId{99, 0}.ToString();
  volume_.TakeAway(u"ann/a1");
  Must(Call(User(kAnn), "rollback", {{"root", "\\ann"}}));
  while (Must(Call(Administrator(), "status"))["roots"].size() == 3) std::this_thread::yield();
  EXPECT_EQ(Must(Call(User(kBob), "status"))["tombstones"]["missing"], 0);
  EXPECT_EQ(Must(Call(User(kAnn), "status"))["tombstones"]["missing"], 1);
  const Json asked{{"tombstones", true}, {"dismissed", true}};
  EXPECT_THAT(Must(Call(User(kBob), "failures", asked))["tombstones"], IsEmpty());
  EXPECT_THAT(Must(Call(User(kAnn), "failures", asked))["tombstones"], SizeIs(1));
  EXPECT_EQ(Told(Call(User(kBob), "dismiss", {{"id", id}}), id),
            Told(Call(User(kBob), "dismiss", {{"id", none}}), none));
  EXPECT_EQ(Told(Call(User(kBob), "dismiss", {{"path", "\\ann\\a1"}}), "\\ann\\a1"),
            Told(Call(User(kBob), "dismiss", {{"path", "\\ann\\none"}}), "\\ann\\none"));
  EXPECT_THAT(Must(Call(User(kBob), "dismiss", {{"all_missing", true}}))["dismissed"], IsEmpty());
  EXPECT_THAT(Must(Call(User(kAnn), "dismiss", {{"all_missing", true}}))["dismissed"], SizeIs(1));
  EXPECT_THAT(Must(Call(User(kBob), "failures", asked))["dismissed"], IsEmpty());
  EXPECT_EQ(Must(Call(Administrator(), "failures", asked))["dismissed"][0]["dismissed_by"], kAnn);
}

TEST_F(PermissionTest, WritesNothingThatTheRequesterMayNotChange) {
  GrantAll();
  EXPECT_THAT(volume_.Sddl(u"ann/a1"), HasSubstr(kAnnsBox));
  EXPECT_THAT(volume_.Sddl(u"ann/bobs"), Not(HasSubstr(kAnnsBox)));
  const Json bobs = Must(Call(User(kAnn), "coverage", {{"path", "\\ann\\bobs"}}))["coverage"][0];
  EXPECT_EQ(bobs["verdict"], "denied");
  EXPECT_EQ(bobs["reason"], "the requester may not change it");
}

TEST_F(PermissionTest, ShowsOfAnotherGrantWhatTheAskerMayList) {
  GrantAll();
  EXPECT_EQ(Must(Call(User(kBob), "coverage", {{"path", "\\both\\seen"}}))["coverage"][0]["verdict"], "covered");
  // He sees that there is a folder, and nothing of what is in it.
  EXPECT_EQ(Must(Call(User(kBob), "coverage", {{"path", "\\both\\hers"}}))["coverage"][0]["objects"], 1);
  EXPECT_EQ(Must(Call(User(kBob), "coverage", {{"path", "\\both"}}))["coverage"][0]["objects"], 3);
  EXPECT_EQ(Must(Call(User(kAnn), "coverage", {{"path", "\\both"}}))["coverage"][0]["objects"], 4);
  const auto hidden = Call(User(kBob), "coverage", {{"path", "\\both\\hers\\private"}});
  ASSERT_FALSE(hidden);
  EXPECT_EQ(Told(hidden, "\\both\\hers\\private"),
            Told(Call(User(kBob), "coverage", {{"path", "\\both\\hers\\none"}}), "\\both\\hers\\none"));
  EXPECT_TRUE(Call(User(kAnn), "coverage", {{"path", "\\both\\hers\\private"}}));
  EXPECT_TRUE(Call(User(kBob), "wait", {{"path", "\\both\\seen"}}));
  EXPECT_FALSE(Call(User(kBob), "wait", {{"path", "\\both\\hers\\private"}}));
}

TEST_F(PermissionTest, ExplainsDescriptorsOnlyToWhoMayReadThem) {
  GrantAll();
  const Json seen = Must(Call(User(kBob), "explain", {{"path", "\\both\\seen"}}))["grants"];
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_TRUE(seen[0].contains("now"));
  const Json hers = Must(Call(User(kBob), "explain", {{"path", "\\both\\hers"}}))["grants"];
  ASSERT_THAT(hers, SizeIs(1));
  EXPECT_FALSE(hers[0].contains("now"));
  EXPECT_FALSE(hers[0].contains("before"));
  EXPECT_THAT(Must(Call(User(kBob), "explain", {{"path", "\\both\\hers\\private"}}))["grants"], IsEmpty());
}

TEST_F(PermissionTest, GrantsAUserOnlyToPrincipalsOfHis) {
  const auto refused = Grant(User(kAnn), kBobsBox, "\\ann");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(refused.error().ToString(), HasSubstr("[users] in acledger.toml"));
  EXPECT_FALSE(Grant(User("S-1-5-21-11-22-33-2009"), kAnnsBox, "\\ann"));
  EXPECT_TRUE(reader_->Grants()->empty());
}

TEST_F(PermissionTest, TakesPrincipalsThatTheSetUpWroteIntoTheLedger) {
  End();
  ASSERT_TRUE(writer_->SetSetting(std::string("principals.") + kAnn, std::string(kAnnsBox) + " S-1-9-77-5"));
  Make(Parts());
  MustStart();
  EXPECT_TRUE(Grant(User(kAnn), "S-1-9-77-5", "\\ann"));
  EXPECT_FALSE(Grant(User(kBob), "S-1-9-77-5", "\\bob"));
}

TEST_F(PermissionTest, RefusesAUserWhatIsAboutAll) {
  GrantAll();
  EXPECT_EQ(Call(User(kBob), "rollback", {{"all", true}}).error().kind, ErrorKind::kDenied);
  for (const char* method : {"pause", "resume", "verify"})
    EXPECT_EQ(Call(User(kBob), method).error().kind, ErrorKind::kDenied) << method;
  EXPECT_EQ(Must(Call(Administrator(), "status"))["paused"], false);
}

TEST_F(PermissionTest, KeepsWhoAskedWithTheGrant) {
  Caller ann = User(kAnn);
  ann.process = 4711;
  ann.token.deny_only = {SidOf("S-1-5-32-544")};
  Must(Grant(ann, kAnnsBox, "\\ann"));
  const store::Grant grant = reader_->Grants()->front();
  ASSERT_TRUE(grant.requester);
  EXPECT_EQ(grant.requester->user, kAnn);
  EXPECT_EQ(grant.requester->process, 4711u);
  EXPECT_EQ(grant.requester->sids, ann.token.sids);
  EXPECT_EQ(grant.requester->deny_only, ann.token.deny_only);
  EXPECT_GT(grant.requester->asked, 1'600'000'000);
}

TEST_F(PermissionTest, NotifiesAUserOfHisOwnGrantsAlone) {
  GrantAll();
  const Permission permission(*reader_);
  const auto id = [&](const char* root) {
    const std::vector<store::Grant> grants = reader_->AllGrants().value();
    for (const store::Grant& grant : grants)
      if (grant.root == root) return grant.id;
    return store::GrantId{0};
  };
  const Viewer ann = Permission::ViewerOf(User(kAnn));
  EXPECT_TRUE(permission.MayHear(ann, {{"grant", id("\\ann")}}));
  EXPECT_FALSE(permission.MayHear(ann, {{"grant", id("\\bob")}}));
  EXPECT_FALSE(permission.MayHear(ann, {{"grant", id("\\both")}}));
  EXPECT_FALSE(permission.MayHear(ann, {{"grant", 99}}));
  EXPECT_FALSE(permission.MayHear(ann, {{"root", "\\ann"}}));
  EXPECT_TRUE(permission.MayHear(Viewer(), {{"root", "\\ann"}}));
  Must(Call(User(kAnn), "rollback", {{"root", "\\ann"}}));
  const auto anns = id("\\ann");
  while (Must(Call(Administrator(), "status"))["roots"].size() == 3) std::this_thread::yield();
  EXPECT_TRUE(permission.MayHear(ann, {{"grant", anns}}));
}

TEST_F(PermissionTest, RefusesACallerWhoseTokenContradictsWhatIsSaidOfHim) {
  const auto refused = [&](const char* what, const std::function<void(Caller&)>& lie) {
    Caller liar = User(kAnn);
    lie(liar);
    const auto answer = Call(liar, "version");
    EXPECT_FALSE(answer) << what;
    if (!answer) {
      EXPECT_EQ(answer.error().kind, ErrorKind::kDenied) << what;
    }
  };
  refused("no token", [](Caller& liar) { liar.token.sids.clear(); });
  refused("another's token", [](Caller& liar) { liar.token = User(kBob).token; });
  refused("another's name", [](Caller& liar) { liar.user = kBob; });
  refused("no name", [](Caller& liar) { liar.user.clear(); });
  refused("an administrator by word", [](Caller& liar) { liar.is_admin = true; });
  refused("an administrator by group", [](Caller& liar) { liar.token.sids.push_back(Sid::Administrators()); });
  refused("restricted", [](Caller& liar) { liar.token.restricting = {Sid::Everyone()}; });
  refused("low", [](Caller& liar) { liar.token.integrity = 0x1000; });
}

TEST_F(PermissionTest, AUserOfASystemWithoutTokensSeesNothingAndGrantsNothing) {
  GrantAll();
  Caller caller;
  caller.client = 9;
  caller.user = "1000";
  EXPECT_THAT(Must(Call(caller, "status"))["roots"], IsEmpty());
  EXPECT_FALSE(Call(caller, "coverage", {{"path", "\\both\\seen"}}));
  EXPECT_THAT(Grant(caller, kAnnsBox, "\\ann").error().reason, HasSubstr("nobody else has a token"));
}

}  // namespace
}  // namespace acledger::daemon
