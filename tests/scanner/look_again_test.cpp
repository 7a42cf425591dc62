// SPDX-License-Identifier: MIT
// A look at the changed folders ends where a run over everything ends.
#include <set>

#include "scanner/opener.h"
#include "scanner/unlisted.h"
#include "tests/scanner/engine_fixture.h"
#include "tests/security/random_descriptor.h"

namespace acledger::scanner {
namespace {

using security::DescriptorBytes;
using security::Random;

constexpr const char* kOthersOnly = "O:BAG:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr const char* kProtected = "O:BAG:BAD:PAI(A;OICI;FA;;;SY)";
constexpr const char* kForEveryone = "O:BAG:BAD:(A;OICI;0x1200a9;;;WD)";

PathComponents Components(std::string_view path) { return Must(ParsePath(path)).components; }

// The engine on a fake volume, told which folders changed.
class LookAgain : public EngineTest {
 protected:
  ProvisionReport Look(std::initializer_list<std::string_view> changed) {
    std::vector<PathComponents> paths;
    for (const std::string_view path : changed) paths.push_back(Components(path));
    return Look(paths);
  }
  ProvisionReport Look(const std::vector<PathComponents>& changed) {
    Engine engine(MakeEnvironment());
    Must(engine.Settle());
    ProvisionReport report;
    for (const store::Grant& grant : Must(Ledger().Grants())) report = Must(engine.LookAgain(grant, changed));
    return report;
  }
  // Nothing is left that a run over everything would change.
  void ExpectConverged() {
    ExpectTrueRollUps();
    const auto before = volume_.SecurityIds();
    const auto counts = Total();
    EXPECT_EQ(Provision("\\work").changes, 0u);
    EXPECT_EQ(volume_.SecurityIds(), before);
    EXPECT_EQ(Total(), counts);
  }
  std::uint64_t Written() { return Must(Ledger().Stats()).rows_written; }
};

TEST_F(LookAgain, WritesNothingWhereNothingChanged) {
  volume_.File(u"work/a/b/f");
  Provision("\\work");
  const auto rows = Written();
  const auto writes = volume_.Counters().descriptor_writes.load();
  const ProvisionReport report = Look({"\\work", "\\work\\a", "\\work\\a\\b"});
  EXPECT_TRUE(report.complete);
  EXPECT_FALSE(report.whole);
  EXPECT_EQ(Written(), rows);
  EXPECT_EQ(volume_.Counters().descriptor_writes, writes);
}

TEST_F(LookAgain, ListsNothingButWhatChanged) {
  for (char16_t c = u'a'; c < u'k'; ++c) volume_.File(u"work/" + std::u16string(1, c) + u"/deep/f");
  Provision("\\work");
  volume_.File(u"work/a/new");
  const auto listings = volume_.Counters().listings.load();
  EXPECT_FALSE(Look({"\\work\\a"}).whole);
  EXPECT_EQ(volume_.Counters().listings, listings + 1);
  ExpectConverged();
}

TEST_F(LookAgain, CoversWhatWasMovedInWithAllThatIsBelow) {
  volume_.File(u"work/a/f");
  volume_.File(u"else/tree/one/two/f", kOthersOnly);
  Provision("\\work");
  volume_.Move(u"else/tree", u"work/a/tree");
  const ProvisionReport report = Look({"\\work\\a"});
  EXPECT_FALSE(report.whole);
  EXPECT_EQ(report.changes, 4u);
  EXPECT_EQ(VerdictOf("\\work\\a\\tree\\one\\two\\f"), "covered");
  ExpectConverged();
}

TEST_F(LookAgain, TakesTheEntryOutOfWhatLeft) {
  volume_.File(u"work/a/f");
  volume_.Folder(u"else");
  Provision("\\work");
  volume_.Move(u"work/a/f", u"else/f");
  Look({"\\work\\a"});
  EXPECT_EQ(DaclOf(u"else/f").find("we"), std::string::npos);
  ExpectConverged();
}

TEST_F(LookAgain, LeavesAloneWhatMovedWithinTheGrant) {
  volume_.File(u"work/a/f");
  volume_.Folder(u"work/b");
  Provision("\\work");
  const auto writes = volume_.EffectiveWrites();
  volume_.Move(u"work/a/f", u"work/b/f");
  Look({"\\work\\a"});
  Look({"\\work\\b"});
  EXPECT_EQ(volume_.EffectiveWrites(), writes);
  EXPECT_EQ(VerdictOf("\\work\\b\\f"), "covered");
  ExpectConverged();
}

TEST_F(LookAgain, RepairsAnEntryThatWasLost) {
  volume_.File(u"work/a/f");
  Provision("\\work");
  volume_.SetDescriptor(u"work/a/f", kOthersOnly);
  EXPECT_EQ(Look({"\\work\\a"}).changes, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a\\f"), "covered");
  ExpectConverged();
}

TEST_F(LookAgain, ClosesTheFoldersAboveAnExcludedNewcomer) {
  volume_.File(u"work/a/b/f");
  volume_.File(u"work/c/f");
  Provision("\\work");
  volume_.File(u"work/a/b/.ssh/id");
  EXPECT_FALSE(Look({"\\work\\a\\b"}).whole);
  EXPECT_EQ(VerdictOf("\\work\\a\\b\\.ssh"), "skipped: sensitive name");
  EXPECT_EQ(DaclOf(u"work/a/b/.ssh/id").find("we"), std::string::npos);
  ExpectConverged();
}

TEST_F(LookAgain, PassesOverWhatHappensBelowAnExclusion) {
  volume_.File(u"work/.ssh/id");
  Provision("\\work");
  volume_.File(u"work/.ssh/other");
  const auto listings = volume_.Counters().listings.load();
  Look({"\\work\\.ssh"});
  EXPECT_EQ(volume_.Counters().listings, listings);
  ExpectConverged();
}

TEST_F(LookAgain, FindsTheFolderAboveOneThatIsGone) {
  volume_.File(u"work/a/b/c/f");
  Provision("\\work");
  volume_.Delete(u"work/a");
  EXPECT_FALSE(Look({"\\work\\a\\b\\c"}).whole);
  EXPECT_EQ(VerdictOf("\\work\\a"), "(not in the index)");
  ExpectConverged();
}

TEST_F(LookAgain, IsAWholeRunForAFileWithSeveralNames) {
  volume_.File(u"work/a/f");
  volume_.Folder(u"work/b");
  Provision("\\work");
  volume_.HardLink(u"work/a/f", u"work/b/f");
  EXPECT_TRUE(Look({"\\work\\b"}).whole);
  ExpectConverged();
}

TEST_F(LookAgain, TellsAFailureOnceAndForgetsItWhenItIsOver) {
  volume_.File(u"work/a/f");
  Provision("\\work");
  volume_.File(u"work/a/new", kOthersOnly);
  volume_.Inject({.call = fakes::Call::kWriteDacl,
                  .path = u"\\work\\a\\new",
                  .error = Error{ErrorKind::kDenied, "write DACL", {}, 5, "denied"}});
  Look({"\\work\\a"});
  EXPECT_EQ(Failures().size(), 1u);
  volume_.File(u"work/a/another");
  Look({"\\work\\a"});
  EXPECT_TRUE(Failures().empty());
  ExpectConverged();
}

// Random edits; the changed folders are told. A copy of the world gets a run over everything.
class Edits : public EngineTest {
 public:
  explicit Edits(std::uint64_t seed) : random_(seed) {
    batch_ = 1 + random_.Below(9);
    volume_.Folder(u"work");
    volume_.Folder(u"outside");
    for (int i = 0; i < 30; ++i) AddOne();
    request_.protected_policy = random_.OneIn(2) ? store::ProtectedPolicy::kGrant : store::ProtectedPolicy::kReport;
    if (random_.OneIn(2)) request_.rules.excludes = {random_.OneIn(2) ? "**/x*" : "*/secret*"};
    Provision("\\work");
    changed_.clear();
  }
  void TestBody() override {}

  void Edit() {
    for (unsigned i = 1 + random_.Below(4); i > 0; --i) EditOne();
  }
  ProvisionReport LookAtChanged() {
    std::vector<PathComponents> paths(changed_.begin(), changed_.end());
    changed_.clear();
    Engine engine(MakeEnvironment());
    Must(engine.Settle());
    return Must(engine.LookAgain(Must(Ledger().Grants()).front(), paths));
  }
  void LookAndRunOver() {
    std::vector<PathComponents> paths(changed_.begin(), changed_.end());
    static_cast<void>(Engine(MakeEnvironment()).LookAgain(Must(Ledger().Grants()).front(), paths));
  }
  // Some folders cannot be opened or listed, until the faults are cleared.
  void HideSome() {
    std::vector<std::u16string> folders = Below("\\work");
    std::erase_if(folders, [this](const std::u16string& path) { return !IsFolder(path) || !random_.OneIn(4); });
    for (const std::u16string& path : folders)
      volume_.Inject({.call = random_.OneIn(2) ? fakes::Call::kList : fakes::Call::kOpenRead,
                      .path = path,
                      .error = Error{ErrorKind::kBusy, "by the test", {}, 0, "in use"},
                      .times = fakes::Fault::kAlways});
  }
  ProvisionReport LookAtUnlisted() {
    for (PathComponents& path : Must(UnlistedFolders(Ledger(), Must(Ledger().Grants()).front())))
      changed_.insert(std::move(path));
    return LookAtChanged();
  }
  std::map<std::string, std::string> State() {
    std::map<std::string, std::string> state;
    for (const std::string& path : volume_.Paths())
      state[path] = VerdictOf(path) + " " + volume_.Sddl(std::u16string(path.begin(), path.end()));
    return state;
  }

  using EngineTest::ChangesIn;
  using EngineTest::ExpectTrueRollUps;
  using EngineTest::KillBeforeCall;
  using EngineTest::Provision;
  using EngineTest::RunAndDie;
  using EngineTest::Total;
  using EngineTest::volume_;
  Random random_;

 private:
  static std::u16string Wide(const std::string& path) { return {path.begin(), path.end()}; }

  void Told(const std::u16string& path) {
    const std::u16string parent = path.substr(0, path.rfind(u'\\'));
    changed_.insert(Components(std::string(parent.begin(), parent.end())));
  }
  std::vector<std::u16string> Below(const char* root) const {
    std::vector<std::u16string> paths;
    for (const std::string& path : volume_.Paths())
      if (path.starts_with(root) && path != root) paths.push_back(Wide(path));
    return paths;
  }
  bool IsFolder(const std::u16string& path) {
    const auto object =
        Must(OpenPath(volume_, Must(ParsePath(std::string(path.begin(), path.end()))).components, Access::kRead));
    return Must(object->Info()).IsFolder();
  }
  std::u16string AnyFolder(bool outside_too) {
    std::vector<std::u16string> folders{u"\\work"};
    if (outside_too) folders.emplace_back(u"\\outside");
    for (const std::u16string& path : Below("\\work"))
      if (IsFolder(path)) folders.push_back(path);
    return folders[random_.Below(static_cast<std::uint32_t>(folders.size()))];
  }
  std::u16string NewName() {
    static constexpr const char16_t* kNames[] = {u"file", u"folder", u"x", u"secret", u".ssh"};
    const std::u16string number(1, static_cast<char16_t>(u'A' + next_ / 26));
    return kNames[random_.Below(5)] + number + std::u16string(1, static_cast<char16_t>(u'A' + next_++ % 26));
  }
  fakes::Given SomeDescriptor() {
    switch (random_.Below(6)) {
      case 0:
        return kForEveryone;
      case 1:
        return kProtected;
      case 2:
        return kOthersOnly;
      case 3: {
        const DescriptorBytes bytes = security::RandomTidyDescriptor(random_);
        return Must(fakes::WithDaclOf(bytes, bytes));
      }
      default:
        return {};
    }
  }
  void AddOne() {
    const std::u16string path = AnyFolder(next_ % 5 == 0) + u"\\" + (random_.OneIn(6) ? u".ssh" : NewName());
    if (volume_.Exists(path)) return;
    if (random_.OneIn(2))
      volume_.Folder(path, SomeDescriptor());
    else
      volume_.File(path, SomeDescriptor());
    Told(path);
  }
  void EditOne() {
    const std::vector<std::u16string> all = Below(random_.OneIn(5) ? "\\outside" : "\\work");
    if (all.empty() || random_.OneIn(3)) return AddOne();
    const std::u16string& path = all[random_.Below(static_cast<std::uint32_t>(all.size()))];
    switch (random_.Below(3)) {
      case 0: {
        const std::u16string to = AnyFolder(true) + u"\\" + NewName();
        if (to.starts_with(path)) return;
        volume_.Move(path, to);
        Told(path);
        Told(to);
        return;
      }
      case 1:
        volume_.Delete(path);
        return Told(path);
      default:
        volume_.SetDescriptor(path, random_.OneIn(2) ? kOthersOnly : random_.OneIn(2) ? kForEveryone : kProtected);
        Told(path);
    }
  }

  std::set<PathComponents> changed_;
  int next_ = 0;
};

class LookAgainProperty : public testing::TestWithParam<int> {
 protected:
  std::uint64_t Seed() const { return static_cast<std::uint64_t>(GetParam()) * 104729 + 7; }
  static void ExpectSame(const std::map<std::string, std::string>& part,
                         const std::map<std::string, std::string>& whole, int round) {
    ASSERT_EQ(part.size(), whole.size());
    for (const auto& [path, state] : whole) ASSERT_EQ(part.at(path), state) << path << " in round " << round;
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, LookAgainProperty, testing::Range(0, 60));

TEST_P(LookAgainProperty, EndsWhereARunOverEverythingEnds) {
  Edits part(Seed()), whole(Seed());
  int parts = 0;
  for (int round = 0; round < 6; ++round) {
    part.Edit();
    whole.Edit();
    parts += !part.LookAtChanged().whole;
    whole.Provision("\\work");
    part.ExpectTrueRollUps();
    ExpectSame(part.State(), whole.State(), round);
    ASSERT_EQ(part.Total(), whole.Total()) << "round " << round;
  }
  EXPECT_GT(parts, 0);
  EXPECT_EQ(part.Provision("\\work").changes, 0u);
}

TEST_P(LookAgainProperty, EndsThereTooWhereSomeFoldersCouldNotBeLookedAtForAWhile) {
  Edits part(Seed());
  for (int round = 0; round < 5; ++round) {
    part.Edit();
    part.HideSome();
    const bool undecided = part.LookAtChanged().undecided > 0;
    part.ExpectTrueRollUps();
    part.volume_.ClearFaults();
    part.LookAtUnlisted();
    if (undecided) part.Provision("\\work");
    part.ExpectTrueRollUps();
    const auto state = part.State();
    EXPECT_EQ(part.Provision("\\work").changes, 0u) << "round " << round;
    ExpectSame(state, part.State(), round);
  }
}

TEST_P(LookAgainProperty, EndsThereTooWhereItIsKilledAndStartedAnew) {
  Edits part(Seed()), whole(Seed());
  for (int round = 0; round < 4; ++round) {
    part.Edit();
    whole.Edit();
    part.KillBeforeCall(1 + part.random_.Below(40));
    whole.random_.Below(40);
    part.RunAndDie([&] { part.LookAndRunOver(); });
    part.Provision("\\work");  // What was not looked at is found by the verify after the start.
    whole.Provision("\\work");
    ExpectSame(part.State(), whole.State(), round);
    part.ExpectTrueRollUps();
  }
}

}  // namespace
}  // namespace acledger::scanner
