// SPDX-License-Identifier: MIT
// A command goes to an administrator's process and its lines come back: this program starts itself, as acledger-setup
// does. Wine asks nobody; that somebody says no is shown by tests/setup/program_test.cpp.
#include <gmock/gmock.h>
#include <windows.h>

#include <cstdlib>

#include "setup/program/this_system.h"
#include "setup/win32/win32_host.h"

namespace acledger::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Lines(const Command& command, int& code) {
  Win32Host host;
  std::vector<std::string> lines;
  const auto done = host.RunElevated(command, [&lines](const std::string& line) { lines.push_back(line); });
  EXPECT_TRUE(done) << done.error().ToString();
  code = done && *done ? **done : -1;
  return lines;
}

// The environment tells the child what is done to its request.
class ElevationTest : public testing::Test {
 protected:
  ~ElevationTest() override { Tell(nullptr); }
  ElevationTest() = default;
  ElevationTest(const ElevationTest&) = delete;
  ElevationTest& operator=(const ElevationTest&) = delete;
  static void Tell(const wchar_t* what) { SetEnvironmentVariableW(L"ACLEDGER_ELEVATION_TEST", what); }
  int code_ = -1;
};

TEST_F(ElevationTest, TheCommandArrivesAndItsLinesComeBack) {
  Command command;
  command.verb = Verb::kRepair;
  command.users = {"S-1-5-21-1-2-3-1001"};
  command.workspaces = {"C:\\a folder\\ü"};
  EXPECT_THAT(Lines(command, code_), ElementsAre("repair S-1-5-21-1-2-3-1001 C:\\a folder\\ü", "second line"));
  EXPECT_EQ(code_, 3);
}

TEST_F(ElevationTest, ManyLinesArriveWhole) {
  Tell(L"many");
  const auto lines = Lines({}, code_);
  ASSERT_EQ(lines.size(), 5000u);
  for (std::size_t i = 0; i < lines.size(); ++i) ASSERT_EQ(lines[i], std::string(i % 300, 'x') + std::to_string(i));
}

TEST_F(ElevationTest, AChangedRequestIsNotDone) {
  Tell(L"change");
  EXPECT_THAT(Lines({}, code_), testing::IsEmpty());
  EXPECT_EQ(code_, kUsage);
}

TEST_F(ElevationTest, AChildThatEndsWithoutAWordIsNotWaitedFor) {
  Tell(L"end");
  EXPECT_THAT(Lines({}, code_), testing::IsEmpty());
  EXPECT_EQ(code_, 42);
}

// In the child.
class EchoHost final : public Host {
 public:
  Expected<bool> IsElevated() override { return first_ ? !(first_ = false) : false; }
  Expected<std::optional<security::Sid>> StartedBy() override { return std::nullopt; }
  Expected<security::Sid> FindUser(const std::string&) override { return security::Sid::System(); }
  Expected<std::optional<int>> RunElevated(const Command& command, const Show& show) override {
    if (_wgetenv(L"ACLEDGER_ELEVATION_TEST") != nullptr) {
      for (std::size_t i = 0; i < 5000; ++i) show(std::string(i % 300, 'x') + std::to_string(i));
      return std::optional(0);
    }
    show(std::string(Name(command.verb)) + " " + command.users.at(0) + " " + command.workspaces.at(0));
    show("second line");
    return std::optional(3);
  }
  Expected<std::unique_ptr<FileJournal>> OpenJournal(bool) override { return std::unique_ptr<FileJournal>(); }
  Expected<void> RemoveJournal() override { return {}; }
  Machine& TheMachine() override { std::abort(); }
  const Places& ThePlaces() override { std::abort(); }
  void AnnounceEnvironment() override {}

 private:
  bool first_ = true;  // RunRequest() asks once; Run() then hands the command to RunElevated(), which echoes it.
};

int Child(const RequestFile& file) {
  const wchar_t* what = _wgetenv(L"ACLEDGER_ELEVATION_TEST");
  if (what != nullptr && std::wstring(what) == L"end") return 42;
  if (what != nullptr && std::wstring(what) == L"change") {
    const HANDLE request = CreateFileA(file.path.c_str(), FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                       OPEN_EXISTING, 0, nullptr);
    DWORD written = 0;
    WriteFile(request, " ", 1, &written, nullptr);
    CloseHandle(request);
    if (written != 1) return 43;
  }
  EchoHost host;
  return RunRequest(file, host);
}

}  // namespace
}  // namespace acledger::setup

int main(int argc, char** argv) {
  using namespace acledger::setup;
  if (argc == 5 && std::string(argv[1]) == "--request") return Child({argv[2], argv[4]});
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
