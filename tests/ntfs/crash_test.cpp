// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <sstream>

#include "scanner/ntfs3g/open_image.h"
#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

using security::DescriptorBytes;

constexpr int kFiles = 250;  // Each gets a new descriptor: enough to split blocks of both indexes of $Secure.

DescriptorBytes Before() { return Sddl("O:BAG:SYD:(A;;FA;;;SY)"); }
DescriptorBytes After(int file) {
  return Sddl("O:BAG:SYD:(A;;FA;;;SY)(A;;FR;;;S-1-5-21-1-2-3-" + std::to_string(1000 + file) + ")");
}

class CrashTest : public TestImage {
 protected:
  CrashTest() {
    for (int i = 0; i < kFiles; ++i)
      files_.push_back(AddFile(u"f" + std::u16string(1, static_cast<char16_t>(0x100 + i)), Before()));
    own_ = Must(Builder().AddFile(Builder().Root(), u"own", 0));
    Finish();
    own_before_ = Read(*Must(OpenVolume(true)->OpenById(own_, Access::kRead)));
  }

  // Grants to every file, in a process that kills itself before write `last`. True: it was killed.
  bool WriteAndDieAt(std::uint64_t last) {
    const pid_t child = fork();
    if (child == 0) {
      WriteAll([last](std::uint64_t writes) {
        if (writes == last) raise(SIGKILL);
      });
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) throw std::runtime_error("the writing process failed");
    return WIFSIGNALED(status);
  }

  void WriteAll(ntfs3g::WriteHook hook) {
    const auto volume = Must(ntfs3g::OpenImage(Path(), false, std::move(hook)));
    if (volume->OpenById(own_, Access::kWrite).value()->WriteDacl(OwnAfter()).has_value() == false) _exit(1);
    for (int i = 0; i < kFiles; ++i) {
      const DescriptorBytes after = After(i);
      const std::vector<security::Bytes> coming{after};
      if (!volume->PrepareDescriptors(coming)) _exit(1);
      const auto file = volume->OpenById(files_[static_cast<std::size_t>(i)], Access::kWrite);
      if (!file || !(*file)->WriteDacl(after)) _exit(1);
    }
  }

  // The state an engine that settles needs: every object can be read, and shows its old or its new descriptor, old ones
  // only behind new ones. The number of new ones.
  int CheckEveryFile() {
    const auto volume = OpenVolume();
    const DescriptorBytes own = Read(*Must(volume->OpenById(own_, Access::kRead)));
    EXPECT_TRUE(own == own_before_ || own == OwnAfter());
    int written = 0;
    for (int i = 0; i < kFiles; ++i) {
      const DescriptorBytes now = Read(*Must(volume->OpenById(files_[static_cast<std::size_t>(i)], Access::kRead)));
      if (now == After(i)) {
        EXPECT_EQ(written, i);
        ++written;
      } else {
        EXPECT_EQ(now, Before());
      }
    }
    return written;
  }

  // What ntfssecaudit finds after the next opener has been there, which completes what the killed one had begun. Bytes
  // in $SDS that no index knows are no finding: the next descriptor is written over them.
  std::string Findings() {
    OpenVolume().reset();
    const std::string text = SecAudit().text;
    std::string findings = text.find("No errors were found") == text.npos ? "errors\n" : "";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" not in ") != line.npos && !line.ends_with(" SII SDH")) findings += line + "\n";
    }
    return findings;
  }

  static DescriptorBytes OwnAfter() { return Sddl("O:BAG:BAD:(A;;FA;;;WD)(A;;FR;;;BU)"); }

  std::vector<FileId> files_;
  FileId own_;
  DescriptorBytes own_before_;
};

TEST_F(CrashTest, LeavesAReadableVolumeWhereverItIsKilled) {
  const std::string before = SecurityIds();
  std::mt19937 random(11);
  std::uint64_t kills = 0;
  // Each run goes on where the last one was killed. The early writes of a run repeat what is done and write nothing.
  while (WriteAndDieAt(random() % 12)) {
    ++kills;
    ASSERT_LT(kills, 3'000u);
    CheckEveryFile();
    if (HasFailure()) FAIL() << "after kill " << kills;
    if (kills % 10 == 0) {
      EXPECT_EQ(Findings(), "") << "after kill " << kills;
    }
  }
  EXPECT_EQ(CheckEveryFile(), kFiles);
  EXPECT_GT(kills, 100u);
  EXPECT_EQ(Findings(), "");
  RecordProperty("kills", static_cast<int>(kills));
  {
    const auto volume = OpenVolume();
    Must(Must(volume->OpenById(own_, Access::kWrite))->WriteDacl(own_before_));
    for (const FileId& id : files_) Must(Must(volume->OpenById(id, Access::kWrite))->WriteDacl(Before()));
  }
  EXPECT_EQ(SecurityIds(), before);
}

}  // namespace
}  // namespace acledger::scanner
