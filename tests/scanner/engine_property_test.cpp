// SPDX-License-Identifier: MIT
// Random trees, random descriptors, random grants, random edits of others: the way back is exact all the same.
#include "security/edit.h"
#include "tests/scanner/engine_fixture.h"
#include "tests/security/random_descriptor.h"

namespace acledger::scanner {
namespace {

using security::DescriptorBytes;
using security::Entry;
using security::Random;

constexpr std::uint8_t kShapes[] = {0, 0x10, 0x03, 0x13};

// A volume with a random tree below \work, and what each object held in the beginning.
class World : public EngineTest {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    batch_ = 1 + random_.Below(9);
    volume_.Folder(u"work");
    std::vector<std::u16string> folders = {u"work"};
    for (int i = 0; i < 24; ++i) {
      const std::u16string path =
          folders[random_.Below(static_cast<std::uint32_t>(folders.size()))] + u"/" + NewName(i);
      if (random_.OneIn(3))
        volume_.Folder(path, SomeDescriptor()), folders.push_back(path);
      else
        volume_.File(path, SomeDescriptor());
    }
    request_.protected_policy = random_.OneIn(2) ? store::ProtectedPolicy::kGrant : store::ProtectedPolicy::kReport;
    if (random_.OneIn(2)) request_.rules.excludes = {random_.OneIn(2) ? "**/x*" : "*/secret*"};
    original_ = All();
  }
  void TestBody() override {}

  std::map<std::string, DescriptorBytes> All() const {
    std::map<std::string, DescriptorBytes> all;
    for (const std::string& path : volume_.Paths()) all[path] = volume_.Descriptor(Wide(path));
    return all;
  }

  void ProvisionAll() {
    Provision("\\work");
    ExpectTrueRollUps();
    if (two_) {
      GrantRequest other = RequestFor("\\work");
      other.principal = SidOf(kOtherPrincipal);
      Provision(other);
      ExpectTrueRollUps();
    }
    EXPECT_EQ(Provision("\\work").changes, 0u);
    ExpectTrueRollUps();
  }

  // Adds an entry of somebody else to some objects; tells what they are to hold in the end.
  std::map<std::string, DescriptorBytes> EditSome() {
    std::map<std::string, DescriptorBytes> wanted = original_;
    for (const auto& [path, before] : original_) {
      if (!random_.OneIn(4)) continue;
      const Entry theirs{SidOf("S-1-5-21-9-9-9-9"), 0x1, 0};
      const auto edited = security::AddEntry(volume_.Descriptor(Wide(path)), theirs);
      if (!edited) continue;
      volume_.SetDescriptor(Wide(path), edited->bytes);
      DescriptorBytes end = edited->bytes;
      for (const char* principal : {kPrincipal, kOtherPrincipal})
        for (const std::uint8_t flags : kShapes) {
          const Entry ours{SidOf(principal), security::kFileReadAndExecute, flags};
          const bool was_there = Count(before, ours) > 0;
          if (!was_there) end = Must(security::RemoveEntry(end, ours)).bytes;
        }
      wanted[path] = end;
    }
    return wanted;
  }

  void ExpectHolds(const std::map<std::string, DescriptorBytes>& wanted) {
    for (const auto& [path, bytes] : wanted)
      EXPECT_EQ(volume_.Descriptor(Wide(path)), bytes) << path << ": " << volume_.Sddl(Wide(path));
  }

  // Entries like ours that were there before, where no index tells so: below what is left out.
  std::uint64_t UnknownCopies() {
    const Entry copy{request_.principal, security::kFileReadAndExecute, 0};
    return static_cast<std::uint64_t>(std::ranges::count_if(original_, [&](const auto& one) {
      return Count(one.second, copy) > 0 && VerdictOf(one.first) == "(not in the index)";
    }));
  }

  // No object that is left out is readable through an entry of ours.
  void ExpectLeftOutIsClosed() {
    const Policy policy = Must(Policy::Make({u"work"}, {.excludes = request_.rules.excludes}));
    for (const auto& [path, before] : original_) {
      const PathComponents components = Must(ParsePath(path)).components;
      if (components.size() < 2 || policy.ExcludedAnywhere(components, false) == Exclusion::kNone) continue;
      for (const std::uint8_t flags : kShapes) {
        const Entry ours{request_.principal, security::kFileReadAndExecute, flags};
        EXPECT_EQ(Count(volume_.Descriptor(Wide(path)), ours), Count(before, ours)) << path;
      }
    }
  }

  static unsigned Count(const DescriptorBytes& bytes, const Entry& entry) {
    const auto view = security::DescriptorView::Parse(bytes);
    return view ? security::CountEntries(*view, entry) : 0;
  }
  std::u16string NewName(int i) {
    static constexpr const char16_t* kNames[] = {u"file", u"folder", u"x", u"secret", u".ssh"};
    return kNames[random_.Below(5)] + std::u16string(1, static_cast<char16_t>('A' + i));
  }
  fakes::Given SomeDescriptor() {
    if (random_.OneIn(3)) return {};
    DescriptorBytes bytes =
        random_.OneIn(4) ? security::RandomDescriptor(random_) : security::RandomTidyDescriptor(random_);
    if (random_.OneIn(12)) {
      const auto added = security::AddEntry(bytes, {request_.principal, security::kFileReadAndExecute, 0});
      if (added) bytes = added->bytes;
    }
    // As the volume would lay it out: then equal meaning is equal bytes.
    return Must(fakes::WithDaclOf(bytes, bytes));
  }
  static std::u16string Wide(const std::string& path) { return {path.begin(), path.end()}; }

  using EngineTest::ExpectTrueRollUps;
  using EngineTest::Provision;
  using EngineTest::readers_;
  using EngineTest::Rollback;
  using EngineTest::volume_;
  Random random_;
  bool two_ = false;
  std::map<std::string, DescriptorBytes> original_;
};

class EnginePropertyTest : public testing::TestWithParam<int> {
 protected:
  std::uint64_t Seed() const { return static_cast<std::uint64_t>(GetParam()) * 7919 + 1; }
};
INSTANTIATE_TEST_SUITE_P(Seeds, EnginePropertyTest, testing::Range(0, 40));

TEST_P(EnginePropertyTest, RollbackIsExactAndKeepsTheEditsOfOthers) {
  World world(Seed());
  world.ProvisionAll();
  const auto wanted = world.EditSome();
  const std::uint64_t unknown = world.UnknownCopies();
  const RollbackReport report = world.Rollback();
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(report.remaining, unknown);  // Told, and left alone.
  world.ExpectHolds(wanted);
}

TEST_P(EnginePropertyTest, TwoPrincipalsComeBackExactlyToo) {
  World world(Seed());
  world.two_ = true;
  world.ProvisionAll();
  world.Rollback();
  world.ExpectHolds(world.original_);
}

TEST_P(EnginePropertyTest, PropagatingInheritanceAnywhereOpensNothingThatIsLeftOut) {
  World world(Seed());
  world.ProvisionAll();
  world.ExpectLeftOutIsClosed();
  for (const std::string& path : world.volume_.Paths())
    if (world.random_.OneIn(5)) world.volume_.Repropagate(World::Wide(path));
  world.volume_.Repropagate(u"");
  world.ExpectLeftOutIsClosed();
}

TEST_P(EnginePropertyTest, TheNumberOfReadersMakesNoDifference) {
  std::optional<std::map<std::string, DescriptorBytes>> wanted;
  for (const unsigned readers : {0u, 1u, 4u}) {
    World world(Seed());
    world.readers_ = readers;
    world.ProvisionAll();
    if (!wanted) wanted = world.All();
    world.ExpectHolds(*wanted);
  }
}

}  // namespace
}  // namespace acledger::scanner
