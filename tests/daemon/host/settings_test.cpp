// SPDX-License-Identifier: MIT
#include "daemon/host/settings.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace acledger::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SettingsTest : public testing::Test {
 protected:
  SettingsTest()
      : file_((std::filesystem::temp_directory_path() /
               ("acledger-settings-" + std::to_string(std::random_device{}()) + ".toml"))
                  .string()) {}
  ~SettingsTest() override { std::filesystem::remove(file_); }
  void Write(const std::string& text) { std::ofstream(file_) << "version = 1\n[daemon]\n" << text; }

  const std::string file_;
};

TEST_F(SettingsTest, NeedNoFileAtTheDefaultPlace) {
  Settings settings("", file_, false);
  ASSERT_TRUE(settings.Read().has_value());
  EXPECT_EQ(settings.Daemon(), store::DaemonConfig());
}

TEST_F(SettingsTest, NeedTheFileThatIsNamed) {
  Settings settings(file_, "", false);
  EXPECT_EQ(settings.Read().error().kind, ErrorKind::kNotFound);
}

TEST_F(SettingsTest, StayAsTheyWereWhenTheFileTurnsBad) {
  Settings settings(file_, "", false);
  Write("log_level = 'debug'\nverify_hours = 3");
  ASSERT_TRUE(settings.Read().has_value());
  Write("verify_hours = 5\nlog_level = 'loud'");
  const Expected<void> read = settings.Read();
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().ToString(), HasSubstr(file_ + ":4: daemon.log_level"));
  EXPECT_EQ(settings.Daemon().verify_hours, 3u);
  EXPECT_EQ(settings.Daemon().log_level, store::LogLevel::kDebug);
}

TEST_F(SettingsTest, ForgetWhatTheFileSaysNoMore) {
  Settings settings(file_, "", false);
  Write("full_speed = true");
  ASSERT_TRUE(settings.Read().has_value());
  EXPECT_TRUE(settings.Pace().full_speed);
  Write("");
  ASSERT_TRUE(settings.Read().has_value());
  EXPECT_FALSE(settings.Pace().full_speed);
}

TEST_F(SettingsTest, PutTheCommandLineBeforeTheFile) {
  Settings settings(file_, "", true);
  Write("full_speed = false");
  ASSERT_TRUE(settings.Read().has_value());
  EXPECT_TRUE(settings.Pace().full_speed);
}

TEST_F(SettingsTest, NameWhatCountsOnlyAfterARestart) {
  Settings settings(file_, "", false);
  ASSERT_FALSE(settings.Read().has_value());
  const store::DaemonConfig begun = settings.Daemon();
  EXPECT_THAT(settings.NeedRestart(begun), IsEmpty());
  Write("max_clients = 3\nverify_hours = 1");
  ASSERT_TRUE(settings.Read().has_value());
  EXPECT_THAT(settings.NeedRestart(begun), ElementsAre("max_clients"));
}

}  // namespace
}  // namespace acledger::daemon
