// SPDX-License-Identifier: MIT
// The promise of Policy that files created later rest on: whatever is left out, no folder above it carries an entry
// that it could inherit. And the other way round: no folder is kept from one without a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <span>

#include "scanner/policy.h"

namespace acledger::scanner {
namespace {

class RandomNames {
 public:
  explicit RandomNames(unsigned seed) : random_(seed) {}

  std::size_t Below(std::size_t bound) { return random_() % bound; }
  PathComponents Path(std::span<const char16_t* const> names, std::size_t least, std::size_t most) {
    PathComponents path(least + Below(most - least + 1));
    for (std::u16string& name : path) name = names[Below(names.size())];
    return path;
  }
  std::string Glob(std::span<const char16_t* const> patterns) { return FormatPath(Path(patterns, 1, 4)).substr(1); }

 private:
  std::mt19937 random_;
};

PathComponents Join(PathComponents path, const PathComponents& below) {
  path.insert(path.end(), below.begin(), below.end());
  return path;
}

constexpr const char16_t* kPatterns[] = {u"**", u"*", u"a", u"b", u"a*", u"?", u"*b", u"ab", u"*.x", u"c.x"};
// Every pattern above matches one of these, so a pattern that could match below a folder does so by one of them.
constexpr const char16_t* kNames[] = {u"a", u"B", u"ab", u"c.x", u"Aab", u"d"};
const PathComponents kRoot = {u"work", u"r"};

class GlobPolicy : public testing::TestWithParam<unsigned> {
 protected:
  GlobPolicy() : random_(GetParam()) {}
  void MakePolicy() {
    Policy::Options options{.no_default_exclusions = true};
    for (std::size_t i = 0; i <= random_.Below(3); ++i) options.excludes.push_back(random_.Glob(kPatterns));
    globs_ = testing::PrintToString(options.excludes);
    policy_.emplace(Policy::Make(kRoot, options).value());
  }

  RandomNames random_;
  std::optional<Policy> policy_;
  std::string globs_;
};

TEST_P(GlobPolicy, KeepsInheritableEntriesAwayAboveWhateverIsCreatedLater) {
  int left_out = 0;
  for (int round = 0; round < 1500; ++round) {
    MakePolicy();
    for (int i = 0; i < 10; ++i) {
      PathComponents path = Join(kRoot, random_.Path(kNames, 1, 6));
      if (policy_->ExcludedAnywhere(path, i % 2 == 0) == Exclusion::kNone) continue;
      ++left_out;
      for (PathComponents folder = path; folder.size() > kRoot.size();) {
        folder.pop_back();
        ASSERT_TRUE(policy_->RulesFor(folder).no_inheritable_entry)
            << globs_ << " leaves out " << FormatPath(path) << ", above it " << FormatPath(folder);
      }
    }
  }
  EXPECT_GT(left_out, 1000);
}

// Whether some path of up to `depth` further names below `folder` is left out.
bool SomethingCouldBeLeftOut(const Policy& policy, const PathComponents& folder, int depth) {
  for (const char16_t* name : kNames) {
    PathComponents path = Join(folder, {name});
    if (policy.Excluded(path, true) != Exclusion::kNone) return true;
    if (depth > 1 && SomethingCouldBeLeftOut(policy, path, depth - 1)) return true;
  }
  return false;
}

TEST_P(GlobPolicy, KeepsNoEntryAwayWithoutAReason) {
  int with_reason = 0, without = 0;
  for (int round = 0; round < 400; ++round) {
    MakePolicy();
    PathComponents folder = Join(kRoot, random_.Path(kNames, 0, 3));
    if (policy_->ExcludedAnywhere(folder, true) != Exclusion::kNone) continue;
    // Patterns have at most four components, so four names tell.
    bool reason = SomethingCouldBeLeftOut(*policy_, folder, 4);
    ++(reason ? with_reason : without);
    ASSERT_EQ(policy_->RulesFor(folder).no_inheritable_entry, reason) << globs_ << " at " << FormatPath(folder);
    ASSERT_FALSE(policy_->RulesFor(folder).no_entry);
  }
  EXPECT_GT(with_reason, 20);
  EXPECT_GT(without, 20);
}

INSTANTIATE_TEST_SUITE_P(Seeds, GlobPolicy, testing::Values(1u, 2u, 3u));

// The built-in lists. A sensitive name is left out at any depth and expected in advance only in a profile, so the
// promise is checked for what a policy leaves out whose every entry is tied to the profile.
std::vector<std::string> TiedToProfile(std::vector<std::string> entries) {
  for (std::string& entry : entries) {
    if (!entry.starts_with('\\') && !entry.starts_with('~')) entry = "~\\" + entry;
  }
  return entries;
}

// Names that the lists are made of, and some that mean nothing.
constexpr const char16_t* kFirst[] = {
    u"Users", u"users",       u"Windows",      u"ProgramData",  u"Program Files",
    u"work",  u"Windows.old", u"pagefile.sys", u"$Recycle.Bin", u"System Volume Information"};
constexpr const char16_t* kLater[] = {u"Users",
                                      u"dev",
                                      u"Public",
                                      u"AppData",
                                      u"appdata",
                                      u"Local",
                                      u"Roaming",
                                      u"LocalLow",
                                      u"Microsoft",
                                      u"Windows",
                                      u"Credentials",
                                      u"Programs",
                                      u"Google",
                                      u"Chrome",
                                      u"User Data",
                                      u"npm",
                                      u"npm-cache",
                                      u"WinGet",
                                      u"Packages",
                                      u"MSTeams_8we",
                                      u".ssh",
                                      u".aws",
                                      u".npmrc",
                                      u".cargo",
                                      u"credentials",
                                      u".m2",
                                      u"settings.xml",
                                      u"NTUSER.DAT",
                                      u"UsrClass.dat",
                                      u"System32",
                                      u"config",
                                      u"SAM",
                                      u"WindowsApps",
                                      u"acledger",
                                      u"ServiceProfiles",
                                      u"Mozilla",
                                      u"Documents",
                                      u"Outlook Files",
                                      u"x"};

TEST(DefaultPolicy, KeepsInheritableEntriesAwayAboveWhateverIsCreatedInItsPlace) {
  RandomNames random(7);
  int left_out = 0, not_allowed = 0;
  for (int round = 0; round < 120; ++round) {
    PathComponents root = Join(random.Path(kFirst, 0, 1), random.Path(kLater, 0, 3));
    if (Policy::RefusedRoot(root, true)) continue;
    Policy policy = Policy::Make(root, {}).value();
    Policy tied = Policy::Make(root, {.sensitive_names = TiedToProfile(Policy::DefaultSensitiveNames())}).value();
    for (int i = 0; i < 400; ++i) {
      PathComponents below = root.empty() ? random.Path(kFirst, 1, 1) : PathComponents();
      PathComponents path = Join(Join(root, below), random.Path(kLater, 1, 6));
      Exclusion exclusion = tied.ExcludedAnywhere(path, i % 2 == 0);
      if (exclusion == Exclusion::kNone) continue;
      ++left_out;
      not_allowed += exclusion == Exclusion::kNotAllowed;
      ASSERT_NE(policy.ExcludedAnywhere(path, i % 2 == 0), Exclusion::kNone) << FormatPath(path);
      for (PathComponents folder = path; folder.size() > root.size();) {
        folder.pop_back();
        ASSERT_TRUE(policy.RulesFor(folder).no_inheritable_entry)
            << FormatPath(path) << " is left out, above it " << FormatPath(folder) << ", root " << FormatPath(root);
      }
    }
  }
  EXPECT_GT(left_out, 1000);
  EXPECT_GT(not_allowed, 100);
}

TEST(DefaultPolicy, LeavesOutEveryEntryOfItsListInItsPlace) {
  Policy policy = Policy::Make({}, {}).value();
  for (std::string entry : Policy::DefaultSensitiveNames()) {
    if (entry.starts_with("~\\")) entry = entry.substr(2);
    std::string text = entry.starts_with('\\') ? entry : "\\Users\\dev\\" + entry;
    std::ranges::replace(text, '*', 'z');
    EXPECT_EQ(policy.Excluded(ParsePath(text)->components, true), Exclusion::kSensitive) << text;
  }
}

TEST(DefaultPolicy, AllowsEveryToolPlaceAndNothingSensitiveAmongThem) {
  Policy policy = Policy::Make({u"Users", u"dev"}, {}).value();
  for (const std::string& place : Policy::DefaultAppDataAllowed()) {
    PathComponents path = ParsePath("\\Users\\dev\\AppData\\" + place)->components;
    EXPECT_EQ(policy.ExcludedAnywhere(path, true), Exclusion::kNone) << place;
    EXPECT_FALSE(policy.RulesFor(path).no_inheritable_entry) << place;
  }
}

}  // namespace
}  // namespace acledger::scanner
