// SPDX-License-Identifier: MIT
// Two accounts with tokens of their own at one daemon, over its pipe and on the live volume: neither learns or changes
// what only the other may.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "daemon/service/service.h"
#include "daemon/snapshot/place.h"
#include "daemon/snapshot/reader.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "security/wtf8.h"
#include "tests/daemon/test_server.h"
#include "tests/win32/scratch_folder.h"
// After windows.h. Of the Wine recipe.
#include <make_account_token.h>

namespace acledger::daemon {
namespace {

using fixtures::InLong;
using fixtures::RawLines;
using fixtures::ScratchFolder;
using security::Sid;

constexpr char kAnn[] = "S-1-5-21-1-2-3-1001";
constexpr char kBob[] = "S-1-5-21-1-2-3-1002";
constexpr char kAnnsBox[] = "S-1-5-21-1-2-3-2001";
constexpr char kBobsBox[] = "S-1-5-21-1-2-3-2002";
constexpr char kAnns[] = "O:S-1-5-21-1-2-3-1001G:BAD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)";
constexpr char kBobs[] = "O:S-1-5-21-1-2-3-1002G:BAD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-1-2-3-1002)";
constexpr char kOfBoth[] =
    "O:BAG:BAD:PAI(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;S-1-5-21-1-2-3-1001)"
    "(A;OICI;0x1200a9;;;S-1-5-21-1-2-3-1002)";
constexpr char kForEveryone[] = "D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x12019b;;;WD)";

win32::TokenHandle TokenOf(const char* user) {
  return win32::TokenHandle(make_account_token(std::wstring(user, user + std::string(user).size()).c_str()));
}

// This thread is somebody else as long as it lives.
class As {
 public:
  explicit As(const char* user) {
    const win32::TokenHandle token = TokenOf(user);
    win32::TokenHandle copy;
    EXPECT_TRUE(DuplicateTokenEx(token.Get(), TOKEN_ALL_ACCESS, nullptr, SecurityImpersonation, TokenImpersonation,
                                 copy.Out()));
    EXPECT_TRUE(SetThreadToken(nullptr, copy.Get()));
  }
  ~As() { RevertToSelf(); }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
};

// The whole daemon but its process.
class Daemon {
 public:
  explicit Daemon(const std::string& ledger) {
    store::OpenOptions how{.volume_serial = fixtures::TestVolume().Info().serial, .volume_name = "C:"};
    for (auto& one : ledgers_) {
      auto opened = store::Ledger::Open(ledger, how);
      if (!opened) throw std::runtime_error(opened.error().ToString());
      one = std::move(*opened);
      how.read_only = true;
    }
    service_ = std::make_unique<Service>(io_, ServiceParts{.volume = fixtures::TestVolume(),
                                                           .writer = *ledgers_[0],
                                                           .reader = *ledgers_[1],
                                                           .explainer = *ledgers_[2],
                                                           .ledger_path = ledger,
                                                           .snapshots = true,
                                                           .polite = false});
    service_->SetPrincipals({{kAnn, {*Sid::FromString(kAnnsBox)}}, {kBob, {*Sid::FromString(kBobsBox)}}});
    server_ = std::make_unique<Server>(io_, *service_);
    service_->Attach(*server_);
    for (const Expected<void>& done : {server_->Listen({endpoint_.Text(), kForEveryone}), service_->Start()})
      if (!done) throw std::runtime_error(done.error().ToString());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Daemon() {
    asio::post(io_, [this] {
      service_->Stop();
      server_->Close();
    });
    work_.reset();
    thread_.join();
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  const std::string& Endpoint() const { return endpoint_.Text(); }

 private:
  fixtures::TestEndpoint endpoint_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<store::Ledger> ledgers_[3];
  std::unique_ptr<Service> service_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

// A connection that was made, and is answered, as this user. Null: as who runs the test.
class Talk {
 public:
  Talk(const Daemon& daemon, const char* user) {
    std::optional<As> somebody;
    if (user) somebody.emplace(user);
    auto opened = OpenConnection(daemon.Endpoint(), InLong());
    if (!opened) throw std::runtime_error(opened.error().ToString());
    connection_ = std::move(*opened);
    lines_.emplace(*connection_);
  }
  // The whole message; notifications before it are kept.
  Json Ask(const char* method, const Json& params = Json::object()) {
    EXPECT_TRUE(connection_->Write(RequestLine(++id_, method, params) + "\n", InLong()).has_value());
    for (;;) {
      Json message = lines_->NextJson();
      if (message.contains("id")) return message;
      heard_.push_back(std::move(message));
    }
  }
  const std::vector<Json>& Heard() const { return heard_; }

 private:
  std::unique_ptr<Connection> connection_;
  std::optional<RawLines> lines_;
  std::vector<Json> heard_;
  std::uint64_t id_ = 0;
};

class TwoUsersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TokenOf(kAnn)) GTEST_SKIP() << "no account tokens here: " << win32::LastError("make one").ToString();
    tree_.MakeFolder(u"anns", kAnns);
    tree_.MakeFile(u"anns\\hers", kAnns);
    tree_.MakeFile(u"anns\\his", kBobs);
    tree_.MakeFile(u"anns\\by entry", "O:BAG:BAD:PAI(A;;FA;;;BA)(A;;WDRC;;;S-1-5-21-1-2-3-1001)");
    tree_.MakeFile(u"anns\\owner rights", "O:S-1-5-21-1-2-3-1001G:BAD:PAI(A;;FA;;;BA)(A;;RC;;;OW)");
    tree_.MakeFolder(u"anns\\secret", kBobs);
    tree_.MakeFile(u"anns\\secret\\name", kBobs);
    tree_.MakeFolder(u"bobs", kBobs);
    tree_.MakeFile(u"bobs\\b", kBobs);
    tree_.MakeFolder(u"both", kOfBoth);
    tree_.MakeFile(u"both\\seen", kOfBoth);
    tree_.MakeFolder(u"both\\hers", kAnns);
    tree_.MakeFile(u"both\\hers\\private", kAnns);
    const std::wstring path = state_.Absolute(u"ledger.db").substr(4);
    ledger_ = ToWtf8(std::u16string(path.begin(), path.end()));
    daemon_ = std::make_unique<Daemon>(ledger_);
  }
  std::string Path(std::u16string_view path) const { return scanner::FormatPath(tree_.Components(path)); }
  std::string SddlAt(std::u16string_view path) const { return fixtures::SddlOf(*fixtures::OpenIn(tree_, path)); }
  Json Grant(Talk& talk, const char* principal, std::u16string_view root) {
    return talk.Ask("grant", {{"principal", principal}, {"roots", {Path(root)}}, {"protected", "grant"}});
  }
  Json Wait(Talk& talk, std::u16string_view path) { return talk.Ask("wait", {{"path", Path(path)}}); }

  ScratchFolder tree_, state_;
  std::string ledger_;
  std::unique_ptr<Daemon> daemon_;
};

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST_F(TwoUsersTest, EachObjectIsCheckedAgainstWhoAskedForIt) {
  Talk ann(*daemon_, kAnn);
  const Json granted = Grant(ann, kAnnsBox, u"anns");
  ASSERT_TRUE(granted.contains("result")) << granted;
  const Json waited = Wait(ann, u"anns");
  ASSERT_TRUE(waited.contains("result")) << waited;
  EXPECT_TRUE(Has(SddlAt(u"anns\\hers"), kAnnsBox));
  EXPECT_TRUE(Has(SddlAt(u"anns\\by entry"), kAnnsBox));
  EXPECT_FALSE(Has(SddlAt(u"anns\\his"), kAnnsBox));
  EXPECT_FALSE(Has(SddlAt(u"anns\\owner rights"), kAnnsBox));
  EXPECT_FALSE(Has(SddlAt(u"anns\\secret"), kAnnsBox));
  EXPECT_FALSE(Has(SddlAt(u"anns\\secret\\name"), kAnnsBox));
  const Json his = ann.Ask("coverage", {{"path", Path(u"anns\\his")}});
  EXPECT_EQ(his["result"]["coverage"][0]["reason"], "the requester may not change it");
  EXPECT_TRUE(ann.Ask("coverage", {{"path", Path(u"anns\\secret\\name")}}).contains("error"));
}

TEST_F(TwoUsersTest, NeitherUserGrantsWhatIsTheOthers) {
  Talk bob(*daemon_, kBob);
  const Json anns = Grant(bob, kBobsBox, u"anns"), none = Grant(bob, kBobsBox, u"none");
  ASSERT_TRUE(anns.contains("error")) << anns;
  EXPECT_EQ(anns["error"]["data"]["reason"], none["error"]["data"]["reason"]);
  EXPECT_EQ(anns["error"]["code"], none["error"]["code"]);
  EXPECT_TRUE(Grant(bob, kAnnsBox, u"bobs").contains("error"));
  EXPECT_TRUE(Grant(bob, kBobsBox, u"bobs").contains("result"));
}

TEST_F(TwoUsersTest, NeitherUserSeesHearsOrStopsTheOther) {
  Talk ann(*daemon_, kAnn), bob(*daemon_, kBob);
  ASSERT_TRUE(bob.Ask("subscribe").contains("result"));
  ASSERT_TRUE(ann.Ask("subscribe").contains("result"));
  ASSERT_TRUE(Grant(ann, kAnnsBox, u"anns").contains("result"));
  ASSERT_TRUE(Wait(ann, u"anns").contains("result"));
  EXPECT_EQ(bob.Ask("status")["result"]["roots"].size(), 0u);
  EXPECT_EQ(ann.Ask("status")["result"]["roots"].size(), 1u);
  const Json hers = bob.Ask("coverage", {{"path", Path(u"anns\\hers")}});
  const Json none = bob.Ask("coverage", {{"path", Path(u"anns\\none")}});
  EXPECT_EQ(hers["error"]["code"], none["error"]["code"]);
  EXPECT_EQ(hers["error"]["data"]["reason"], none["error"]["data"]["reason"]);
  for (const char* method : {"rollback", "pause", "cancel", "verify", "resume"})
    EXPECT_TRUE(bob.Ask(method, {{"root", Path(u"anns")}}).contains("error")) << method;
  EXPECT_TRUE(bob.Ask("rollback", {{"all", true}}).contains("error"));
  EXPECT_TRUE(bob.Ask("pause").contains("error"));
  EXPECT_TRUE(Has(SddlAt(u"anns\\hers"), kAnnsBox));
  EXPECT_TRUE(bob.Heard().empty());
  EXPECT_FALSE(ann.Heard().empty());
}

TEST_F(TwoUsersTest, OfAnAdministratorsGrantEachSeesWhatHeMayList) {
  Talk admin(*daemon_, nullptr), ann(*daemon_, kAnn), bob(*daemon_, kBob);
  const Json granted = Grant(admin, "S-1-9-77-1", u"both");
  ASSERT_TRUE(granted.contains("result")) << granted;
  ASSERT_TRUE(Wait(admin, u"both").contains("result"));
  const auto verdict = [&](Talk& talk, std::u16string_view path) {
    const Json answer = talk.Ask("coverage", {{"path", Path(path)}});
    return answer.contains("result") ? answer["result"]["coverage"][0]["verdict"].get<std::string>() : "none";
  };
  EXPECT_EQ(verdict(ann, u"both\\seen"), "covered");
  EXPECT_EQ(verdict(bob, u"both\\seen"), "covered");
  EXPECT_EQ(verdict(ann, u"both\\hers\\private"), "covered");
  EXPECT_EQ(verdict(bob, u"both\\hers\\private"), "none");
}

TEST_F(TwoUsersTest, ASnapshotIsItsUsersAlone) {
  Talk ann(*daemon_, kAnn);
  ASSERT_TRUE(Grant(ann, kAnnsBox, u"anns").contains("result"));
  ASSERT_TRUE(Wait(ann, u"anns").contains("result"));
  const std::string path = snapshot::PathOf(ledger_, kAnn);
  const auto covered = [&] {
    const As her(kAnn);
    Expected<Snapshot> snapshot = Snapshot::Open(path);
    if (!snapshot) return false;
    const auto answers = snapshot->Coverage(Path(u"anns\\hers"));
    return answers && !answers->empty() && answers->front().node.verdict == store::Verdict::kCovered;
  };
  const auto deadline = InLong();
  while (!covered() && std::chrono::steady_clock::now() < deadline) Sleep(20);
  EXPECT_TRUE(covered());
  const As him(kBob);
  const Expected<Snapshot> refused = Snapshot::Open(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied) << refused.error().ToString();
  EXPECT_FALSE(snapshot::Replace(path, kBob, {}));
}

}  // namespace
}  // namespace acledger::daemon
