// SPDX-License-Identifier: MIT
#include "scanner/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace acledger::scanner {
namespace {

using testing::HasSubstr;
using testing::Optional;

PathComponents At(std::string_view path) { return ParsePath(path)->components; }

Policy Make(std::string_view root, const Policy::Options& options = {}) {
  Expected<Policy> policy = Policy::Make(At(root), options);
  EXPECT_TRUE(policy) << policy.error().ToString();
  return *policy;
}

Exclusion OfFile(const Policy& policy, std::string_view path) { return policy.Excluded(At(path), false); }
Exclusion OfFolder(const Policy& policy, std::string_view path) { return policy.Excluded(At(path), true); }
bool Inheritable(const Policy& policy, std::string_view folder) {
  return !policy.RulesFor(At(folder)).no_inheritable_entry;
}
bool MayCarry(const Policy& policy, std::string_view folder) { return !policy.RulesFor(At(folder)).no_entry; }

TEST(Policy, LeavesOutASensitiveNameWhereverItIs) {
  Policy policy = Make(R"(\work)");
  for (const char* path : {R"(\work\.ssh)", R"(\work\a\b\.SSH)", R"(\work\a\.Bash_History)", R"(\work\id_rsa)"}) {
    EXPECT_EQ(OfFile(policy, path), Exclusion::kSensitive) << path;
  }
  for (const char* path : {R"(\work\ssh)", R"(\work\.sshx)", R"(\work\.npmrc)"}) {
    EXPECT_EQ(OfFile(policy, path), Exclusion::kNone) << path;
  }
}

TEST(Policy, LooksAtThePathItselfUnlessAskedForAllOfIt) {
  Policy policy = Make(R"(\work)");
  EXPECT_EQ(OfFile(policy, R"(\work\.ssh\config)"), Exclusion::kNone);
  EXPECT_EQ(policy.ExcludedAnywhere(At(R"(\work\.ssh\config)"), false), Exclusion::kSensitive);
  EXPECT_EQ(policy.ExcludedAnywhere(At(R"(\work\src\config)"), false), Exclusion::kNone);
}

TEST(Policy, LeavesOutAPathThatEndsInASensitiveOne) {
  Policy policy = Make(R"(\)");
  EXPECT_EQ(OfFolder(policy, R"(\backup\AppData\Roaming\gcloud)"), Exclusion::kSensitive);
  EXPECT_EQ(OfFolder(policy, R"(\backup\gcloud)"), Exclusion::kNone);
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\Local\Microsoft\Credentials)"), Exclusion::kSensitive);
  EXPECT_EQ(OfFile(policy, R"(\Users\dev\.cargo\credentials.toml)"), Exclusion::kSensitive);
}

TEST(Policy, TiesAPathToItsVolumeOrProfileWhereItSaysSo) {
  Policy policy = Make(R"(\)", {.sensitive_names = {R"(\swap)", R"(~\rc)"}});
  EXPECT_EQ(OfFile(policy, R"(\SWAP)"), Exclusion::kSensitive);
  EXPECT_EQ(OfFile(policy, R"(\a\swap)"), Exclusion::kNone);
  EXPECT_EQ(OfFile(policy, R"(\Users\any\rc)"), Exclusion::kSensitive);
  EXPECT_EQ(OfFile(policy, R"(\Users\any\a\rc)"), Exclusion::kNone);
}

TEST(Policy, LeavesOutWhatAGlobMatches) {
  Policy policy = Make(R"(\work)", {.excludes = {"secrets", "**/*.pem"}});
  EXPECT_EQ(OfFolder(policy, R"(\work\Secrets)"), Exclusion::kExcluded);
  EXPECT_EQ(OfFolder(policy, R"(\work\a\secrets)"), Exclusion::kNone);
  EXPECT_EQ(OfFile(policy, R"(\work\a\k.pem)"), Exclusion::kExcluded);
  EXPECT_EQ(policy.Why(At(R"(\work\a\k.pem)"), false), "**/*.pem");
  EXPECT_EQ(policy.Why(At(R"(\work\.ssh)"), true), ".ssh");
  EXPECT_EQ(policy.Why(At(R"(\work\x)"), true), "");
}

TEST(Policy, KeepsInheritableEntriesAwayFromWhereAGlobCouldMatchLater) {
  Policy policy = Make(R"(\work)", {.excludes = {"a/b/secret"}});
  for (const char* folder : {R"(\work)", R"(\work\a)", R"(\WORK\A\B)"}) EXPECT_FALSE(Inheritable(policy, folder));
  for (const char* folder : {R"(\work\x)", R"(\work\a\x)", R"(\work\a\b\x)"}) EXPECT_TRUE(Inheritable(policy, folder));
  EXPECT_TRUE(MayCarry(policy, R"(\work\a)"));
}

TEST(Policy, GivesWhatIsLeftOutNoEntryAtAll) {
  Policy policy = Make(R"(\work)", {.excludes = {"a"}});
  for (const char* folder : {R"(\work\a)", R"(\work\a\b)", R"(\work\x\.aws)"}) {
    EXPECT_FALSE(Inheritable(policy, folder)) << folder;
    EXPECT_FALSE(MayCarry(policy, folder)) << folder;
  }
}

TEST(Policy, ExpandsAProfileAndTheFoldersAboveIt) {
  Policy policy = Make(R"(\)");
  for (const char* folder : {R"(\)", R"(\Users)", R"(\Users\new one)"}) EXPECT_FALSE(Inheritable(policy, folder));
  EXPECT_FALSE(MayCarry(policy, R"(\Users\new one)"));
  EXPECT_TRUE(Inheritable(policy, R"(\Users\dev\source)"));
  EXPECT_TRUE(MayCarry(policy, R"(\Users\dev\source)"));
  EXPECT_TRUE(Inheritable(policy, R"(\Program Files\Git)"));
  EXPECT_FALSE(Inheritable(policy, R"(\Program Files)"));  // WindowsApps may come.
}

TEST(Policy, ExpandsAProfileThatIsTheRootItself) {
  Policy policy = Make(R"(\Users\dev)");
  EXPECT_FALSE(Inheritable(policy, R"(\Users\dev)"));
  EXPECT_FALSE(MayCarry(policy, R"(\Users\dev)"));
  EXPECT_EQ(OfFile(policy, R"(\Users\dev\ntuser.dat.LOG1)"), Exclusion::kSensitive);
  EXPECT_EQ(OfFile(policy, R"(\Users\dev\notes.txt)"), Exclusion::kNone);
}

TEST(Policy, LetsEntriesInheritInAWorkspaceBelowAProfile) {
  Policy policy = Make(R"(\Users\dev\work)");
  EXPECT_TRUE(Inheritable(policy, R"(\Users\dev\work)"));
  EXPECT_TRUE(MayCarry(policy, R"(\Users\dev\work)"));
}

TEST(Policy, GrantsAppDataByAllowListOnly) {
  Policy policy = Make(R"(\Users\dev)", {.appdata_allowed = {R"(Local\Programs)", R"(Roaming\a\b)"}});
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData)"), Exclusion::kNone);
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\appdata\local)"), Exclusion::kNone);
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\Local\Programs\x)"), Exclusion::kNone);
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\Roaming\a)"), Exclusion::kNone);
  EXPECT_EQ(OfFile(policy, R"(\Users\dev\AppData\Roaming\a)"), Exclusion::kNotAllowed);
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\LocalLow)"), Exclusion::kNotAllowed);
  EXPECT_EQ(OfFile(policy, R"(\Users\dev\AppData\Local\x)"), Exclusion::kNotAllowed);
  EXPECT_THAT(policy.Why(At(R"(\Users\dev\AppData\Local\x)"), false), HasSubstr("allow-list"));
}

TEST(Policy, PassesThroughAppDataWithoutAnEntry) {
  Policy policy = Make(R"(\Users\dev)", {.appdata_allowed = {R"(Roaming\a\b)"}});
  for (const char* folder :
       {R"(\Users\dev\AppData)", R"(\Users\dev\AppData\Roaming)", R"(\Users\dev\AppData\Roaming\a)",
        R"(\Users\dev\AppData\Local)", R"(\Users\dev\AppData\LocalLow)"}) {
    EXPECT_FALSE(Inheritable(policy, folder)) << folder;
    EXPECT_FALSE(MayCarry(policy, folder)) << folder;
  }
  EXPECT_TRUE(Inheritable(policy, R"(\Users\dev\AppData\Roaming\a\b)"));
  EXPECT_TRUE(MayCarry(policy, R"(\Users\dev\AppData\Roaming\a\b\c)"));
}

TEST(Policy, TakesARootDeepInAppDataAsAWish) {
  Policy policy = Make(R"(\Users\dev\AppData\Local\Foo)");
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\Local\Foo)"), Exclusion::kNone);
  EXPECT_EQ(OfFile(policy, R"(\Users\dev\AppData\Local\Foo\data)"), Exclusion::kNone);
  EXPECT_EQ(OfFile(policy, R"(\Users\dev\AppData\Local\Foo\.netrc)"), Exclusion::kSensitive);
  EXPECT_TRUE(Inheritable(policy, R"(\Users\dev\AppData\Local\Foo)"));
}

TEST(Policy, KeepsTheAllowListForARootThatIsAStandardFolderOfAppData) {
  for (const char* root : {R"(\Users\dev\AppData)", R"(\Users\dev\AppData\Local)"}) {
    Policy policy = Make(root);
    EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\Local\Foo)"), Exclusion::kNotAllowed) << root;
    EXPECT_FALSE(Inheritable(policy, root));
  }
}

TEST(Policy, GuardsSensitivePlacesBelowAWishInAppData) {
  Policy policy = Make(R"(\Users\dev\AppData\Local\Google)");
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\Local\Google\Chrome Beta\User Data)"), Exclusion::kSensitive);
  EXPECT_FALSE(Inheritable(policy, R"(\Users\dev\AppData\Local\Google)"));
  EXPECT_FALSE(Inheritable(policy, R"(\Users\dev\AppData\Local\Google\Chrome)"));
  EXPECT_TRUE(Inheritable(policy, R"(\Users\dev\AppData\Local\Google\Update)"));
}

TEST(Policy, LeavesOutExtraPathsAndPreventsThem) {
  Policy policy = Make(R"(\Users\dev)", {.extra_sensitive_paths = {At(R"(\Users\dev\work\keys\id)")}});
  EXPECT_EQ(OfFile(policy, R"(\users\dev\work\keys\ID)"), Exclusion::kSensitive);
  EXPECT_EQ(policy.Why(At(R"(\Users\dev\work\keys\id)"), false), R"(\Users\dev\work\keys\id)");
  EXPECT_FALSE(Inheritable(policy, R"(\Users\dev\work)"));
  EXPECT_FALSE(Inheritable(policy, R"(\Users\dev\work\keys)"));
  EXPECT_TRUE(Inheritable(policy, R"(\Users\dev\work\src)"));
}

TEST(Policy, CountsOnlyWhatIsAskedForWithoutTheDefaults) {
  Policy policy = Make(R"(\)", {.excludes = {"a"}, .no_default_exclusions = true});
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\.ssh)"), Exclusion::kNone);
  EXPECT_EQ(OfFolder(policy, R"(\Users\dev\AppData\Local\x)"), Exclusion::kNone);
  EXPECT_TRUE(MayCarry(policy, R"(\Users\dev)"));
  EXPECT_EQ(OfFolder(policy, R"(\a)"), Exclusion::kExcluded);
  EXPECT_EQ(OfFolder(policy, R"(\ProgramData\acledger)"), Exclusion::kSensitive);
}

TEST(Policy, RefusesABadGlobOrEntryWithItsPosition) {
  struct {
    Policy::Options options;
    const char* entry;
    const char* position;
  } const cases[] = {{{.excludes = {"ok", "a/../b"}}, "a/../b", "position 2"},
                     {{.sensitive_names = {R"(~\a\..)"}}, R"(~\a\..)", "position 4"},
                     {{.appdata_allowed = {R"(\x)"}}, R"(\x)", "position 0"}};
  for (const auto& bad : cases) {
    Expected<Policy> policy = Policy::Make(At(R"(\work)"), bad.options);
    ASSERT_FALSE(policy) << bad.entry;
    EXPECT_EQ(policy.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(policy.error().path, bad.entry);
    EXPECT_THAT(policy.error().reason, testing::EndsWith(bad.position));
  }
}

TEST(RefusedRoot, RefusesAWholeVolumeUnlessItIsAnImage) {
  EXPECT_THAT(Policy::RefusedRoot({}, false), Optional(HasSubstr("only in an image")));
  EXPECT_EQ(Policy::RefusedRoot({}, true), std::nullopt);
}

TEST(RefusedRoot, RefusesSensitivePlacesAndWhatIsBelowThem) {
  for (const char* root :
       {R"(\Windows\System32\config)", R"(\windows\system32\CONFIG\RegBack)", R"(\Users\dev\.ssh)", R"(\x\.aws\sub)",
        R"(\Users\dev\AppData\Local\Google\Chrome\User Data\Default)", R"(\System Volume Information)",
        R"(\ProgramData\acledger)", R"(\Users\dev\AppData\Local\acledger\x)", R"(\Program Files\WindowsApps\y)"}) {
    EXPECT_THAT(Policy::RefusedRoot(At(root), true), Optional(HasSubstr("sensitive"))) << root;
  }
}

TEST(RefusedRoot, AllowsFoldersThatAreExpandedOrAskedFor) {
  for (const char* root : {R"(\Users)", R"(\Users\dev)", R"(\Users\dev\AppData)", R"(\Users\dev\AppData\Local\Foo)",
                           R"(\Program Files)", R"(\work)"}) {
    EXPECT_EQ(Policy::RefusedRoot(At(root), false), std::nullopt) << root;
  }
}

TEST(RefusedRoot, FollowsTheConfiguredListButAlwaysKeepsOurOwnState) {
  Policy::Options options{.sensitive_names = {"vault"}, .extra_sensitive_paths = {At(R"(\keys)")}};
  EXPECT_TRUE(Policy::RefusedRoot(At(R"(\a\vault)"), false, options));
  EXPECT_TRUE(Policy::RefusedRoot(At(R"(\keys\x)"), false, options));
  EXPECT_FALSE(Policy::RefusedRoot(At(R"(\a\.ssh)"), false, options));
  options.no_default_exclusions = true;
  EXPECT_FALSE(Policy::RefusedRoot(At(R"(\a\vault)"), false, options));
  EXPECT_TRUE(Policy::RefusedRoot(At(R"(\ProgramData\acledger)"), false, options));
}

}  // namespace
}  // namespace acledger::scanner
