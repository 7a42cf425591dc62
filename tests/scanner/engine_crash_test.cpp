// SPDX-License-Identifier: MIT
// Killed at every call of the volume, with and without a power cut: the next start ends where an undisturbed run ends.
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

// The tree and one whole life of a grant, in a volume and a ledger of its own.
class Life : public EngineTest {
 public:
  Life() {
    batch_ = 2;
    volume_.File(u"work/a");
    volume_.File(u"work/sub/b");
    volume_.File(u"work/sub/deep/c");
    volume_.Folder(u"work/closed", "O:BAG:BAD:P(A;OICI;FA;;;BA)");
    volume_.File(u"work/readable", "O:BAG:BAD:(A;;FA;;;WD)");
    volume_.HardLink(u"work/a", u"work/sub/a2");
    original_ = volume_.SecurityIds();
  }
  void TestBody() override {}
  std::map<std::string, std::uint32_t> States() { return volume_.SecurityIds(); }
  // A run, killed before the `nth` call; power: and what was not flushed is lost in part. False: it ended before.
  bool ProvisionAndDie(unsigned nth, std::optional<std::uint64_t> power = std::nullopt) {
    KillBeforeCall(nth);
    return Die([this] { Provision("\\work"); }, power);
  }
  bool RollBackAndDie(unsigned nth, std::optional<std::uint64_t> power = std::nullopt) {
    KillBeforeCall(nth);
    return Die([this] { Rollback(); }, power);
  }
  bool Die(const std::function<void()>& work, std::optional<std::uint64_t> power) {
    const bool died = RunAndDie(work);
    if (died && power) volume_.LoseUnflushed(*power);
    return died;
  }
  // Each object's descriptor as bytes, so that volumes can be compared.
  std::map<std::string, std::string> Descriptors() {
    std::map<std::string, std::string> all;
    for (const std::string& path : volume_.Paths()) all[path] = volume_.Sddl(FormatAsWide(path));
    return all;
  }
  std::u16string FormatAsWide(const std::string& path) { return {path.begin(), path.end()}; }
  void ExpectConverged(const std::map<std::string, std::string>& wanted, const store::Counts& counts) {
    Provision("\\work");
    EXPECT_EQ(Descriptors(), wanted);
    EXPECT_EQ(Total(), counts);
    ExpectTrueRollUps();
    EXPECT_EQ(Provision("\\work").changes, 0u);
  }
  void ExpectExactWayBack() {
    const RollbackReport report = Rollback();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.drifted + report.failed + report.remaining, 0u);
    ExpectAsBefore(original_);
  }

  using EngineTest::KillBeforeCall;
  using EngineTest::Provision;
  using EngineTest::Rollback;
  using EngineTest::Total;

 private:
  std::map<std::string, std::uint32_t> original_;
};

class EngineCrashTest : public testing::Test {
 protected:
  EngineCrashTest() {
    Life undisturbed;
    undisturbed.Provision("\\work");
    wanted_ = undisturbed.Descriptors();
    counts_ = undisturbed.Total();
  }
  std::map<std::string, std::string> wanted_;
  store::Counts counts_;
};

TEST_F(EngineCrashTest, AProvisionKilledAtAnyCallIsFinishedByTheNext) {
  for (unsigned nth = 1;; ++nth) {
    SCOPED_TRACE("killed before call " + std::to_string(nth));
    Life life;
    const bool died = life.ProvisionAndDie(nth);
    life.ExpectConverged(wanted_, counts_);
    life.ExpectExactWayBack();
    if (!died || HasFailure()) break;
  }
}

TEST_F(EngineCrashTest, AProvisionKilledAtAnyCallCanBeRolledBackAtOnce) {
  for (unsigned nth = 1;; nth += 3) {
    SCOPED_TRACE("killed before call " + std::to_string(nth));
    Life life;
    const bool died = life.ProvisionAndDie(nth);
    life.ExpectExactWayBack();
    if (!died || HasFailure()) break;
  }
}

TEST_F(EngineCrashTest, APowerCutDuringAProvisionIsSettled) {
  for (unsigned nth = 2;; nth += 2) {
    SCOPED_TRACE("power cut before call " + std::to_string(nth));
    Life life;
    const bool died = life.ProvisionAndDie(nth, nth);
    life.ExpectConverged(wanted_, counts_);
    life.ExpectExactWayBack();
    if (!died || HasFailure()) break;
  }
}

TEST_F(EngineCrashTest, ARollbackKilledAtAnyCallIsFinishedByTheNext) {
  for (unsigned nth = 1;; nth += 2) {
    SCOPED_TRACE("killed before call " + std::to_string(nth));
    Life life;
    life.Provision("\\work");
    const bool died = life.RollBackAndDie(nth, nth % 3 == 0 ? std::optional<std::uint64_t>(nth) : std::nullopt);
    life.ExpectExactWayBack();
    if (!died || HasFailure()) break;
  }
}

TEST_F(EngineCrashTest, TwoKillsInARowAreSettledToo) {
  for (unsigned nth = 5;; nth += 7) {
    SCOPED_TRACE("killed before call " + std::to_string(nth));
    Life life;
    const bool died = life.ProvisionAndDie(nth);
    life.ProvisionAndDie(nth / 2 + 3, nth);
    life.ExpectConverged(wanted_, counts_);
    life.ExpectExactWayBack();
    if (!died || HasFailure()) break;
  }
}

// A new exclusion replaces and removes entries: the steps in between survive a kill as well.
TEST_F(EngineCrashTest, AChangeOfPolicyKilledAtAnyCallIsFinishedByTheNext) {
  const auto change = [](Life& life) {
    GrantRequest request;
    request.principal = SidOf(kPrincipal);
    request.roots = {"\\work"};
    request.rules.excludes = {"sub/deep"};
    return life.Provision(request);
  };
  Life undisturbed;
  undisturbed.Provision("\\work");
  change(undisturbed);
  const auto wanted = undisturbed.Descriptors();
  for (unsigned nth = 2;; nth += 3) {
    SCOPED_TRACE("killed before call " + std::to_string(nth));
    Life life;
    life.Provision("\\work");
    life.KillBeforeCall(nth);
    const bool died = life.Die([&] { change(life); }, nth % 2 ? std::optional<std::uint64_t>(nth) : std::nullopt);
    change(life);
    change(life);
    EXPECT_EQ(life.Descriptors(), wanted);
    EXPECT_EQ(change(life).changes, 0u);
    life.ExpectExactWayBack();
    if (!died || HasFailure()) break;
  }
}

}  // namespace
}  // namespace acledger::scanner
