// SPDX-License-Identifier: MIT
#include "store/config.h"

#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Expected<Config> Parse(std::string_view text) { return ParseConfig(text, "acledger.toml"); }

// After "version = 1", so the text begins in line 2.
auto Refuses(const std::string& text, const std::string& expected) {
  const auto config = Parse("version = 1\n" + text);
  EXPECT_FALSE(config.has_value()) << text;
  const std::string said = config ? "nothing" : config.error().ToString();
  return said.find(expected) != std::string::npos ? testing::AssertionSuccess()
                                                  : testing::AssertionFailure() << text << " says: " << said;
}

TEST(Configuration, GivesEveryDefault) {
  const auto config = Take(Parse(R"(
# of this machine
version = 1
principal = "S-1-5-21-1-2-3-1001"
roots = ['C:\Users\dev', '\work', '/srv']
exclude = ["**/*.pem", "target"]
mask = 0x1200A9
protected = "grant"
token_sids = ["S-1-5-32-545", "S-1-1-0"]
sensitive_names = [".ssh", "caf\u00e9"]
appdata_allowed = ['Local\Programs']
)"));
  EXPECT_EQ(config.principal->ToString(), "S-1-5-21-1-2-3-1001");
  EXPECT_THAT(config.roots, ElementsAre("C:\\Users\\dev", "\\work", "/srv"));
  EXPECT_THAT(config.excludes, ElementsAre("**/*.pem", "target"));
  EXPECT_EQ(config.mask, 0x1200A9u);
  EXPECT_EQ(config.protected_policy, ProtectedPolicy::kGrant);
  EXPECT_THAT(config.token_sids, ElementsAre(security::Sid::Users(), security::Sid::Everyone()));
  EXPECT_THAT(config.sensitive_names, ElementsAre(".ssh", "caf\xC3\xA9"));
  EXPECT_THAT(config.appdata_allowed, ElementsAre("Local\\Programs"));
}

TEST(Configuration, SaysToWhomUsersMayHaveGranted) {
  const auto config = Take(Parse("version = 1\n[users]\n\"S-1-5-21-1-2-3-1002\" = [\"S-1-5-21-1-2-3-2002\"]\n"));
  ASSERT_EQ(config.users.size(), 1u);
  EXPECT_THAT(config.users.at("S-1-5-21-1-2-3-1002"),
              ElementsAre(Take(security::Sid::FromString("S-1-5-21-1-2-3-2002"))));
  EXPECT_TRUE(Refuses("users = 1", "users: a table of users is wanted"));
  EXPECT_TRUE(Refuses("[users]\nann = [\"S-1-1-0\"]", "'ann' is not a SID"));
  EXPECT_TRUE(Refuses("[users]\n\"S-1-1-0\" = [\"bob\"]", "'bob' is not a SID"));
  EXPECT_TRUE(Refuses("[users]\n\"S-1-1-0\" = \"S-1-1-0\"", "a list of strings is wanted"));
}

TEST(Configuration, TellsTheDaemonHowToWork) {
  const auto config = Take(Parse(R"(
version = 1
[daemon]
log_level = "warning"
full_speed = true
on_battery = "go"
verify_hours = 0
max_clients = 8
)"));
  EXPECT_EQ(config.daemon, (DaemonConfig{LogLevel::kWarning, true, false, 0, 8}));
  EXPECT_EQ(Take(Parse("version = 1\n[daemon]")).daemon, DaemonConfig());
}

TEST(Configuration, RefusesWhatTheDaemonDoesNotKnow) {
  EXPECT_TRUE(
      Refuses("[daemon]\nfull_sped = true", "acledger.toml:3: unknown key 'full_sped'; did you mean 'full_speed'?"));
  EXPECT_TRUE(Refuses("[daemon]\nmax_clients = 8\nroots = []", ":4: unknown key 'roots'"));
  EXPECT_TRUE(Refuses("[daemon]\nlog_level = 'loud'", ":3: daemon.log_level: \"error\", \"warning\""));
  EXPECT_TRUE(Refuses("[daemon]\nfull_speed = 1", "daemon.full_speed: true or false is wanted"));
  EXPECT_TRUE(Refuses("[daemon]\non_battery = 'stop'", "daemon.on_battery: \"wait\" or \"go\" is wanted"));
  EXPECT_TRUE(Refuses("[daemon]\nverify_hours = -1", "daemon.verify_hours: a number between 0 and 8784"));
  EXPECT_TRUE(Refuses("[daemon]\nmax_clients = 0", "daemon.max_clients: a number between 1 and 4096"));
  EXPECT_TRUE(Refuses("[daemon]\nmax_clients = 4294967297", "daemon.max_clients: a number between"));
  EXPECT_TRUE(Refuses("daemon = 1", ":2: daemon: a table is wanted"));
  EXPECT_TRUE(Refuses("[[daemon]]\nmax_clients = 1", "daemon: a table is wanted"));
}

TEST(Configuration, TellsTheFirstMistakeAcrossItsTables) {
  EXPECT_TRUE(Refuses("musk = 1\n[daemon]\nmax_clients = 0", "acledger.toml:2: unknown key 'musk'"));
  EXPECT_TRUE(Refuses("[daemon]\nmax_clients = 0\n[extra]", "acledger.toml:3: daemon.max_clients"));
}

TEST(Configuration, LeavesOpenWhatItDoesNotSay) {
  const auto config = Take(Parse("version = 1"));
  EXPECT_FALSE(config.principal.has_value());
  EXPECT_FALSE(config.mask.has_value());
  EXPECT_FALSE(config.protected_policy.has_value());
  EXPECT_THAT(config.roots, IsEmpty());
}

TEST(Configuration, TakesWindowsLineEndsAndAByteOrderMark) {
  EXPECT_EQ(Take(Parse("\xEF\xBB\xBFversion = 1\r\nmask = 0x20\r\n")).mask, 0x20u);
}

TEST(Configuration, SuggestsTheKeyThatWasMeant) {
  EXPECT_TRUE(Refuses("\n\nexlude = []", "acledger.toml:4: unknown key 'exlude'; did you mean 'exclude'?"));
  EXPECT_TRUE(Refuses("root = []", "unknown key 'root'; did you mean 'roots'?"));
  EXPECT_TRUE(Refuses("colour = 1", "acledger.toml:2: unknown key 'colour'"));
  EXPECT_TRUE(Refuses("[grant]\nmask = 1", "acledger.toml:2: unknown key 'grant'"));
}

TEST(Configuration, RefusesAWrongType) {
  EXPECT_TRUE(Refuses("roots = 'C:\\x'", ":2: roots: a list of strings is wanted"));
  EXPECT_TRUE(Refuses("exclude = ['a', 1]", "exclude: a list of strings is wanted"));
  EXPECT_TRUE(Refuses("mask = '0x20'", "mask: a number is wanted"));
  EXPECT_TRUE(Refuses("mask = 1.5", "mask: a number is wanted"));
  EXPECT_TRUE(Refuses("principal = 5", "principal: a string is wanted"));
  EXPECT_TRUE(Refuses("protected = true", "protected: \"report\" or \"grant\" is wanted"));
}

TEST(Configuration, RefusesABadValue) {
  EXPECT_TRUE(Refuses("principal = 'S-1-x'", "principal: 'S-1-x' is not a SID"));
  EXPECT_TRUE(Refuses("token_sids = ['S-1-1-0', 'BU']", "token_sids: 'BU' is not a SID"));
  EXPECT_TRUE(Refuses("mask = 0", "mask: an access mask is between 1 and 0xFFFFFFFF"));
  EXPECT_TRUE(Refuses("mask = 0x100000000", "mask: an access mask"));
  EXPECT_TRUE(Refuses("mask = -1", "mask: an access mask"));
  EXPECT_TRUE(Refuses("protected = 'maybe'", "protected: \"report\" or \"grant\""));
  EXPECT_TRUE(Refuses("roots = ['Users\\dev']", "roots: 'Users\\dev' is not an absolute path"));
  EXPECT_TRUE(Refuses("roots = ['C:']", "not an absolute path"));
  EXPECT_TRUE(Refuses("roots = ['']", "roots: an empty string"));
  EXPECT_TRUE(Refuses("exclude = [\"a\\u0007b\"]", "control character"));
  EXPECT_TRUE(Refuses("sensitive_names = ['.config/gh']", "a single name is wanted"));
  EXPECT_TRUE(Refuses("sensitive_names = []", "leave the key out for the built-in list"));
  EXPECT_TRUE(Refuses("appdata_allowed = ['..\\x']", "not a path relative to AppData"));
  EXPECT_TRUE(Refuses("appdata_allowed = ['C:\\x']", "not a path relative to AppData"));
}

TEST(Configuration, TellsTheFirstOfSeveralMistakes) {
  EXPECT_TRUE(Refuses("zzz = 1\naaa = 2", "acledger.toml:2: unknown key 'zzz'"));
}

TEST(Configuration, RefusesWhatIsNotToml) {
  EXPECT_TRUE(Refuses("mask = = 1", "acledger.toml:2: "));
  EXPECT_TRUE(Refuses("mask = 1\nmask = 2", "acledger.toml:3: "));
  EXPECT_TRUE(Refuses("roots = ['C:\\x'", "acledger.toml:2: "));
  EXPECT_TRUE(Refuses("exclude = ['\xFF']", "acledger.toml:2: "));
  EXPECT_TRUE(Refuses(std::string("mask = 1\0", 9), "acledger.toml:2: "));
}

TEST(Configuration, AsksForItsVersion) {
  EXPECT_THAT(Parse(""), FailsWith(ErrorKind::kInvalid, "'version = 1' is missing"));
  EXPECT_THAT(Parse("mask = 1"), FailsWith(ErrorKind::kInvalid, "'version = 1' is missing"));
  EXPECT_THAT(Parse("version = '1'"), FailsWith(ErrorKind::kInvalid, ":1: version: 1 is wanted"));
  EXPECT_THAT(Parse("version = 0"), FailsWith(ErrorKind::kInvalid, "version: 1 is wanted"));
}

TEST(Configuration, OfANewerVersionIsRefusedBeforeItsKeys) {
  EXPECT_THAT(Parse("new_key = 1\nversion = 2"),
              FailsWith(ErrorKind::kUnsupported, "acledger.toml:2: version 2 is newer"));
}

class ConfigurationFile : public LedgerTest {};

TEST_F(ConfigurationFile, ThatIsNamedMustBeThere) {
  EXPECT_THAT(ReadConfig(PathTo("none.toml"), PathTo("acledger.toml")), FailsWith(ErrorKind::kNotFound, "none.toml"));
}

TEST_F(ConfigurationFile, AtTheDefaultPlaceMayBeMissing) {
  EXPECT_FALSE(Take(ReadConfig({}, PathTo("acledger.toml"))).mask.has_value());
  WriteFile("acledger.toml", "version = 1\nmask = 3");
  EXPECT_EQ(Take(ReadConfig({}, PathTo("acledger.toml"))).mask, 3u);
}

TEST_F(ConfigurationFile, ThatIsNamedComesBeforeTheDefault) {
  WriteFile("acledger.toml", "version = 1\nmask = 3");
  WriteFile("named.toml", "version = 1\nmask = 4");
  EXPECT_EQ(Take(ReadConfig(PathTo("named.toml"), PathTo("acledger.toml"))).mask, 4u);
}

TEST_F(ConfigurationFile, AtTheDefaultPlaceIsNotIgnoredWhenItIsBad) {
  WriteFile("acledger.toml", "version = 1\nmusk = 3");
  EXPECT_THAT(ReadConfig({}, PathTo("acledger.toml")), FailsWith(ErrorKind::kInvalid, "acledger.toml:2: unknown key"));
}

TEST_F(ConfigurationFile, HasALimit) {
  WriteFile("acledger.toml", "version = 1\n#" + std::string(1024 * 1024, 'x'));
  EXPECT_THAT(ReadConfig({}, PathTo("acledger.toml")), FailsWith(ErrorKind::kTooLarge));
}

TEST_F(ConfigurationFile, IsNotAFolder) { EXPECT_FALSE(ReadConfig(PathTo("."), "").has_value()); }

}  // namespace
}  // namespace acledger::store
