// SPDX-License-Identifier: MIT
#include "scanner/ssh_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace acledger::scanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Targets(std::string_view text) {
  std::vector<std::string> targets;
  for (const PathComponents& path : SshConfigTargets(text, {u"Users", u"dev"})) targets.push_back(FormatPath(path));
  return targets;
}

TEST(SshConfigTargets, ReadsEveryKeywordThatNamesFiles) {
  EXPECT_THAT(Targets("Host *\n"
                      "  IdentityFile ~/keys/one\n"
                      "  identityfile=~/keys/two\n"
                      "  CertificateFile = ~/keys/two-cert.pub\n"
                      "  UserKnownHostsFile ~/hosts/a ~/hosts/b\n"
                      "  ControlPath ~/sockets/main\n"
                      "\tInclude ~/work/ssh.conf\r\n"
                      "  HostName ~/not/a/file\n"),
              ElementsAre(R"(\Users\dev\keys\one)", R"(\Users\dev\keys\two)", R"(\Users\dev\keys\two-cert.pub)",
                          R"(\Users\dev\hosts\a)", R"(\Users\dev\hosts\b)", R"(\Users\dev\sockets\main)",
                          R"(\Users\dev\work\ssh.conf)"));
}

TEST(SshConfigTargets, KnowsTheWaysToNameTheProfile) {
  EXPECT_THAT(Targets("IdentityFile %d/a\nIdentityFile ${HOME}/b\nIdentityFile \"${USERPROFILE}\\c\"\n"
                      "IdentityFile __PROGRAMDATA__/ssh/d\n"),
              ElementsAre(R"(\Users\dev\a)", R"(\Users\dev\b)", R"(\Users\dev\c)", R"(\ProgramData\ssh\d)"));
}

TEST(SshConfigTargets, DropsTheDriveOfAnAbsolutePath) {
  EXPECT_THAT(Targets("IdentityFile C:\\keys\\a\nIdentityFile d:/keys/b\nIdentityFile /c/keys/c\n"),
              ElementsAre(R"(\keys\a)", R"(\keys\b)", R"(\keys\c)"));
}

TEST(SshConfigTargets, ReadsQuotedArguments) {
  EXPECT_THAT(Targets("IdentityFile \"C:\\My Keys\\a\" # comment\nIdentityFile ~/\"My Keys\"/b\n"),
              ElementsAre(R"(\My Keys\a)", R"(\Users\dev\My Keys\b)"));
}

TEST(SshConfigTargets, MeansTheFolderAboveATokenOrWildcard) {
  EXPECT_THAT(Targets("IdentityFile ~/keys/%h/id\nInclude ~/conf.d/*.conf\nControlPath /tmp/mux-%r@%h\n"),
              ElementsAre(R"(\Users\dev\keys)", R"(\Users\dev\conf.d)", R"(\tmp)"));
}

TEST(SshConfigTargets, NeverNamesTheProfileOrAFolderAboveIt) {
  EXPECT_THAT(
      Targets("IdentityFile ~\nIdentityFile ~/%h\nInclude /*\nIdentityFile ~/a/../..\nIdentityFile C:\\USERS\n"),
      IsEmpty());
}

TEST(SshConfigTargets, ResolvesDotsAndNamesEachTargetOnce) {
  EXPECT_THAT(Targets("IdentityFile ~/a/./../b//c\nIdentityFile ~/b/c\n"), ElementsAre(R"(\Users\dev\b\c)"));
}

TEST(SshConfigTargets, SkipsWhatMakesNoSense) {
  EXPECT_THAT(Targets("IdentityFile\nIdentityFile none\nIdentityFile id_rsa\nIdentityFile \\\\server\\share\\k\n"
                      "IdentityFile \"\n# IdentityFile ~/x\nIdentityFile ~/\xFF\n=\n\"\nIdentityFile ~/ok"),
              ElementsAre(R"(\Users\dev\ok)"));
}

TEST(SshConfigTargets, IsBounded) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "IdentityFile ~/k/" + std::to_string(i) + "\n";
  EXPECT_EQ(Targets(text).size(), 1000u);
  EXPECT_THAT(Targets(std::string(1 << 20, ' ') + "\nIdentityFile ~/late"), IsEmpty());
}

TEST(SshConfigTargets, MeansTheFolderAboveWhatIsTooDeep) {
  std::string text = "IdentityFile /";
  for (int i = 0; i < 200; ++i) text += "d/";
  std::vector<PathComponents> targets = SshConfigTargets(text, {u"Users", u"dev"});
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].size(), 62u);
}

}  // namespace
}  // namespace acledger::scanner
