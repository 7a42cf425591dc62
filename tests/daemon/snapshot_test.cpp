// SPDX-License-Identifier: MIT
// The file that tells one user, without the daemon, what the daemon would.
#include <fstream>
#include <random>
#include <thread>

#include "daemon/answers/answer.h"
#include "daemon/snapshot/build.h"
#include "daemon/snapshot/keeper.h"
#include "daemon/snapshot/place.h"
#include "daemon/snapshot/reader.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::daemon {
namespace {

using scanner::Must;
using scanner::SidOf;
using security::Sid;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kAnn[] = "S-1-5-21-11-22-33-2001";
constexpr char kBob[] = "S-1-5-21-11-22-33-2002";
constexpr char kAnns[] = "O:S-1-5-21-11-22-33-2001G:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-11-22-33-2001)";
constexpr char kSeen[] = "O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;FR;;;S-1-5-21-11-22-33-2002)";

security::Token TokenOf(const char* user) { return {.sids = {SidOf(user), Sid::Everyone()}}; }
Viewer ViewerOf(const char* user) { return {user, TokenOf(user)}; }

class SnapshotTest : public scanner::EngineTest {
 protected:
  SnapshotTest() {
    volume_.Folder(u"work", kSeen);
    volume_.File(u"work/plain");
    volume_.File(u"work/MiXed \u00c4");
    volume_.File(u"work/open", "O:BAG:BAD:(A;;FA;;;WD)");
    volume_.File(u"work/no", "O:BAG:BAD:(D;;FR;;;BU)(A;;FA;;;BA)");
    volume_.Folder(u"work/in/ner");
    volume_.File(u"work/in/ner/most");
    volume_.Folder(u"work/\u00e4rger");
    volume_.File(u"work/\u00e4rger/x");
    volume_.ReparsePoint(u"work/link", 0xA0000003);
    volume_.Folder(u"work/hers", kAnns);
    volume_.File(u"work/hers/private", kAnns);
    volume_.Folder(u"anns", kAnns);
    volume_.File(u"anns/a");
    volume_.File(u"anns/admins", "O:BAG:BAD:P(A;;FA;;;BA)");
  }
  void GrantBoth() {
    Provision("\\work");
    scanner::GrantRequest request = RequestFor("\\anns");
    request.requester = store::Requester{kAnn, {SidOf(kAnn), Sid::Everyone()}, {}, 1, 1};
    Provision(request);
  }
  security::DescriptorBytes BytesFor(const char* user) {
    return Must(snapshot::Build(Ledger(), ViewerOf(user), {LedgerPath(), "F:", user, false, 1'000}));
  }
  Snapshot For(const char* user) { return Must(Snapshot::FromBytes(BytesFor(user), "file")); }
  // What a question gives, as text, without what only one of the two sources tells.
  static std::string Text(Expected<Json> answer) {
    if (!answer) return answer.error().ToString();
    for (Json& one : (*answer)["coverage"])
      if (one["verdict"] == "covered" || one["verdict"] == "readable") one.erase("reason");
    return (*answer)["coverage"].dump(1);
  }
  std::vector<std::string> AllPaths() {
    std::vector<std::string> paths = volume_.Paths();
    for (const char* more : {"\\work\\PLAIN", "\\WORK\\mixed \xC3\xA4", "\\work\\\xC3\x84RGER\\X", "\\work\\none",
                             "\\work\\in\\none\\deep", "\\else", "\\"})
      paths.emplace_back(more);
    return paths;
  }
};

TEST_F(SnapshotTest, AnswersForEveryPathAsTheDaemonDoes) {
  GrantBoth();
  for (const char* user : {kAnn, kBob, "S-1-5-21-11-22-33-2009"}) {
    Snapshot snapshot = For(user);
    for (const std::string& path : AllPaths())
      EXPECT_EQ(Text(snapshot.CoverageJson(path)), Text(CoverageJson(Ledger(), path, ViewerOf(user))))
          << user << " " << path;
  }
}

TEST_F(SnapshotTest, HoldsNothingThatTheUserMayNotSee) {
  GrantBoth();
  const auto holds = [this](const char* user, std::string_view text) {
    const security::DescriptorBytes bytes = BytesFor(user);
    return std::ranges::search(bytes, text).begin() != bytes.end();
  };
  EXPECT_TRUE(holds(kAnn, "admins"));
  EXPECT_FALSE(holds(kBob, "admins"));
  EXPECT_FALSE(holds(kBob, "\\anns"));
  EXPECT_TRUE(holds(kBob, "\\work"));
  EXPECT_FALSE(holds("S-1-5-21-11-22-33-2009", "\\work"));
}

TEST_F(SnapshotTest, AnswersWhileAGrantIsHalfDone) {
  Must(scanner::Engine(MakeEnvironment()).Register(RequestFor("\\work"), notes_));
  EXPECT_THAT(Must(For(kBob).Coverage("\\work")), IsEmpty());
  for (unsigned nth = 5; RunAndDie([&] {
         KillBeforeCall(nth);
         Provision("\\work");
       });
       nth += 7) {
    Snapshot snapshot = For(kBob);
    const bool is_complete = Must(Ledger().Grants()).front().state == store::GrantState::kComplete;
    const bool sees_none = Must(snapshot.Coverage("\\work")).empty();  // Then it is complete.
    EXPECT_EQ(snapshot.About().state, is_complete || sees_none ? "complete" : "working");
    for (const std::string& path : AllPaths())
      EXPECT_EQ(Text(snapshot.CoverageJson(path)), Text(CoverageJson(Ledger(), path, ViewerOf(kBob)))) << path;
  }
}

TEST_F(SnapshotTest, SaysUnknownWhereChangesWereMissed) {
  GrantBoth();
  Must(Ledger().SetStale(Must(Ledger().Grants()).front().id, true));
  Snapshot snapshot = For(kBob);
  EXPECT_EQ(snapshot.About().state, "stale");
  EXPECT_EQ(Must(snapshot.Coverage("\\work\\plain")).front().node.verdict, store::Verdict::kUnknown);
  EXPECT_EQ(Must(snapshot.Coverage("\\work")).front().counts[store::Verdict::kCovered], 0u);
}

TEST_F(SnapshotTest, TellsWhatItIsOfAndHowOld) {
  GrantBoth();
  const Snapshot snapshot = For(kAnn);
  EXPECT_EQ(snapshot.About().ledger, LedgerPath());
  EXPECT_EQ(snapshot.About().volume, "F:");
  EXPECT_EQ(snapshot.About().user, kAnn);
  EXPECT_EQ(snapshot.About().written, 1'000);
  EXPECT_EQ(snapshot.About().state, "complete");
  EXPECT_FALSE(snapshot.About().daemon_ended);
}

// Whatever became of the bytes: an error, or what is true; never "covered" for what is not.
TEST_F(SnapshotTest, NeverSaysCoveredByMistakeWhenItIsDamaged) {
  GrantBoth();
  const security::DescriptorBytes whole = BytesFor(kAnn);
  std::map<std::string, store::Verdict> truth;
  for (const std::string& path : AllPaths())
    for (const auto& answer : Must(For(kAnn).Coverage(path))) truth[path] = answer.node.verdict;
  std::mt19937 random(7);
  unsigned refused = 0;
  for (int round = 0; round < 1'500; ++round) {
    security::DescriptorBytes bytes = whole;
    if (round % 5 == 0)
      bytes.resize(random() % bytes.size());
    else
      for (auto flips = 1 + random() % 3; flips > 0; --flips)
        bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << (random() % 8));
    Expected<Snapshot> snapshot = Snapshot::FromBytes(bytes, "file");
    if (!snapshot) {
      ++refused;
      continue;
    }
    for (const std::string& path : AllPaths()) {
      const auto answers = snapshot->Coverage(path);
      if (!answers) {
        ++refused;
        continue;
      }
      for (const auto& answer : *answers)
        EXPECT_TRUE(answer.node.verdict != store::Verdict::kCovered || truth[path] == store::Verdict::kCovered)
            << path << " round " << round;
    }
  }
  EXPECT_GT(refused, 300u);
}

// What a flip of this bit gives is refused, or says of nothing that it is covered. True: refused.
bool IsHarmless(security::DescriptorBytes bytes, std::size_t at, unsigned bit) {
  bytes[at] ^= static_cast<std::uint8_t>(1u << bit);
  Expected<Snapshot> snapshot = Snapshot::FromBytes(bytes, "file");
  bool refused = !snapshot;
  for (const char* path : {"\\work\\open", "\\work\\no", "\\anns\\admins", "\\work\\link", "\\work\\none"}) {
    if (!snapshot) break;
    const auto answers = snapshot->Coverage(path);
    refused |= !answers;
    if (!answers) continue;
    for (const auto& answer : *answers)
      EXPECT_NE(answer.node.verdict, store::Verdict::kCovered) << path << " " << at << " bit " << bit;
  }
  return refused;
}

// Of each byte that is not 0: the lowest bit (among them those that tell covered from readable) and one that goes
// round; of the others, most of which are in no row, one in 61. With ACLEDGER_CASES, as in a full run, all bits of all
// bytes.
TEST_F(SnapshotTest, NoSingleBitMakesAnythingCovered) {
  GrantBoth();
  const security::DescriptorBytes whole = BytesFor(kBob);
  const bool all = std::getenv("ACLEDGER_CASES") != nullptr;
  unsigned refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (whole[at] == 0 && at % 61 != 0 && !all) continue;
    const auto turn = static_cast<unsigned>((at / 61 + at) % 8);
    for (unsigned bit = 0; bit < 8; ++bit)
      if (all || bit == turn || bit == 0) refused += IsHarmless(whole, at, bit);
  }
  EXPECT_GT(refused, 100u);
}

TEST_F(SnapshotTest, RefusesWhatIsNoSnapshot) {
  for (const std::string text : {"", "SQLite format 3", "nonsense that is longer than a header of a file of SQLite"}) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto opened = Snapshot::FromBytes({bytes, text.size()}, "file");
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().path, "file");
  }
  std::ifstream ledger(LedgerPath(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(ledger)), {});
  EXPECT_FALSE(Snapshot::FromBytes({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, "file"));
  EXPECT_EQ(Snapshot::Open((folder_ / "none").string()).error().kind, ErrorKind::kNotFound);
}

TEST_F(SnapshotTest, IsOfOneLedgerAndOneUser) {
  GrantBoth();
  const Snapshot snapshot = Must(Snapshot::FromBytes(BytesFor(kBob), "file"));
  EXPECT_TRUE(snapshot.CheckIsOf(snapshot.About().ledger, kBob));
  EXPECT_EQ(snapshot.CheckIsOf(snapshot.About().ledger + "2", kBob).error().kind, ErrorKind::kMismatch);
  EXPECT_EQ(snapshot.CheckIsOf(snapshot.About().ledger, kAnn).error().kind, ErrorKind::kMismatch);
}

// The keeper over a real ledger, with files of the user who runs the test.
class KeeperTest : public SnapshotTest {
 protected:
  std::string Path() { return snapshot::PathOf(LedgerPath(), Must(snapshot::CurrentUser())); }
  std::unique_ptr<snapshot::Keeper> Start() {
    auto keeper = Must(snapshot::Keeper::Start(
        LedgerPath(), [](const Error& error) { ADD_FAILURE() << "the keeper says: " << error.ToString(); }));
    Ledger().SetOnCommit([raw = keeper.get()] { raw->Wake(); });
    // Bob's eyes, under the name of whoever reads the file here.
    keeper->Know(Must(snapshot::CurrentUser()), TokenOf(kBob));
    return keeper;
  }
  // Asks the file again and again: true as soon as `is_so`.
  bool Soon(const std::function<bool(Snapshot&)>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      Expected<Snapshot> snapshot = Snapshot::Open(Path());
      if (snapshot && is_so(*snapshot)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
};

TEST_F(KeeperTest, WritesSoonAfterEachChangeAndSaysWhenItEnds) {
  const auto keeper = Start();
  EXPECT_TRUE(Soon([](Snapshot& snapshot) { return Must(snapshot.Coverage("\\work\\plain")).empty(); }));
  GrantBoth();
  EXPECT_TRUE(Soon([](Snapshot& snapshot) {
    const auto answers = Must(snapshot.Coverage("\\work\\plain"));
    return !answers.empty() && answers.front().node.verdict == store::Verdict::kCovered;
  }));
  Rollback("\\work");
  EXPECT_TRUE(Soon([](Snapshot& snapshot) { return Must(snapshot.Coverage("\\work\\plain")).empty(); }));
  Ledger().SetOnCommit({});
  keeper->Stop();
  EXPECT_TRUE(Must(Snapshot::Open(Path())).About().daemon_ended);
}

TEST_F(KeeperTest, ReadersFindTheOldFileOrTheNewOneWhole) {
  const auto keeper = Start();
  ASSERT_TRUE(Soon([](Snapshot&) { return true; }));
  Ledger().SetOnCommit({});
  keeper->Stop();  // One writer at a time: from here on the test.
  std::atomic<bool> ending{false};
  std::jthread reading([&] {
    while (!ending) {
      const Expected<Snapshot> snapshot = Snapshot::Open(Path());
      EXPECT_TRUE(snapshot || snapshot.error().kind == ErrorKind::kBusy || snapshot.error().kind == ErrorKind::kDenied)
          << snapshot.error().ToString();
    }
  });
  const std::string user = Must(snapshot::CurrentUser());
  const security::DescriptorBytes bytes = BytesFor(kBob);
  for (int round = 0; round < 200; ++round) {
    const Expected<void> replaced = snapshot::Replace(Path(), user, bytes);
    EXPECT_TRUE(replaced || replaced.error().kind == ErrorKind::kBusy) << replaced.error().ToString();
  }
  ending = true;
}

// Without a further change of the ledger.
TEST_F(KeeperTest, TriesAgainWhatCouldNotBeWritten) {
  GrantBoth();
  Must(snapshot::MakeFolder(snapshot::FolderOf(LedgerPath())));
  std::filesystem::create_directory(Path());  // Where the file should be.
  std::ofstream(Path() + "/x") << "x";
  std::atomic<int> told = 0, rounds = 0;
  const auto keeper = Must(snapshot::Keeper::Start(LedgerPath(), [&](const Error&) { ++told; }, [&] { ++rounds; }));
  keeper->Know(Must(snapshot::CurrentUser()), TokenOf(kBob));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((told == 0 || rounds < 4) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(told, 1);
  EXPECT_LE(told, 2) << "the same error once; one may be of the removal of what is nobody's";
  EXPECT_GE(rounds, 4);
  std::filesystem::remove_all(Path());
  EXPECT_TRUE(Soon([](Snapshot& snapshot) { return !Must(snapshot.Coverage("\\work\\plain")).empty(); }));
}

TEST_F(KeeperTest, RemovesTheFilesOfUsersWhoHaveNoneAnyMore) {
  Must(snapshot::MakeFolder(snapshot::FolderOf(LedgerPath())));
  const std::string old = snapshot::PathOf(LedgerPath(), "S-1-5-21-9-9-9-9");
  std::ofstream(old) << "old";
  const auto keeper = Start();
  ASSERT_TRUE(Soon([](Snapshot&) { return true; }));
  EXPECT_FALSE(std::filesystem::exists(old));
  Ledger().SetOnCommit({});
}

TEST_F(KeeperTest, TakesNoPathFromALedgerForAUser) {
  EXPECT_TRUE(snapshot::IsUser("1000"));
  EXPECT_TRUE(snapshot::IsUser(kAnn));
  for (const char* user : {"", "..", "../x", "S-1-5/../x", "C:x", "root"}) EXPECT_FALSE(snapshot::IsUser(user)) << user;
}

TEST_F(KeeperTest, IsForItsUserAloneAndTrustedOnlyFromTheDaemon) {
  if (Must(snapshot::CurrentUser()).starts_with("S-")) GTEST_SKIP() << "modes are Unix's; see two_users_test.cpp";
  const auto keeper = Start();
  ASSERT_TRUE(Soon([](Snapshot&) { return true; }));
  Ledger().SetOnCommit({});
  keeper->Stop();
  const auto mode = std::filesystem::status(Path()).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read);
  EXPECT_EQ(std::filesystem::status(snapshot::FolderOf(LedgerPath())).permissions() &
                (std::filesystem::perms::others_read | std::filesystem::perms::others_write),
            std::filesystem::perms::none);
  std::filesystem::permissions(Path(), std::filesystem::perms::others_write, std::filesystem::perm_options::add);
  EXPECT_THAT(Snapshot::Open(Path()).error().ToString(), HasSubstr("others than the daemon could have written it"));
  const std::string link = (folder_ / "link").string();
  std::filesystem::create_symlink(Path(), link);
  EXPECT_EQ(Snapshot::Open(link).error().kind, ErrorKind::kDenied);
}

}  // namespace
}  // namespace acledger::daemon
