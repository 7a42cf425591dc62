// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
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
      try {
        WriteAll([last](std::uint64_t writes) {
          if (writes == last) raise(SIGKILL);
        });
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        _exit(1);
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) throw std::runtime_error("the writing process failed");
    return WIFSIGNALED(status);
  }

  void WriteAll(ntfs3g::WriteHook hook) {
    const auto volume = Must(ntfs3g::OpenImage(Path(), false, std::move(hook)));
    Must(Must(volume->OpenById(own_, Access::kWrite))->WriteDacl(OwnAfter()));
    for (int i = 0; i < kFiles; ++i) {
      const DescriptorBytes after = After(i);
      const std::vector<security::Bytes> coming{after};
      Must(volume->PrepareDescriptors(coming));
      Must(Must(volume->OpenById(files_[static_cast<std::size_t>(i)], Access::kWrite))->WriteDacl(after));
    }
  }

  // The state an engine that settles needs: every object can be read, and shows its old or its new descriptor, old ones
  // only behind new ones. The number of new ones.
  int CheckEveryFile(bool read_only = false) {
    const auto volume = OpenVolume(read_only);
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
    CheckEveryFile(kills % 2 == 0);
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

// Kills the writer inside the first change to $Secure: the redo file is there, the change half done.
class RedoTest : public CrashTest {
 protected:
  RedoTest() {
    before_ = RunCommand("cat " + Path());
    WriteAndDieAt(3);
    if (!std::filesystem::exists(RedoPath())) throw std::runtime_error("no change was under way");
  }
  std::string RedoPath() const { return Path() + ".acledger-redo"; }
  void ReplaceImage(const std::string& bytes) { std::ofstream(Path(), std::ios::binary) << bytes; }

  std::string before_;
};

TEST_F(RedoTest, FinishesAndTakesTheFileAway) {
  CheckEveryFile();
  EXPECT_FALSE(std::filesystem::exists(RedoPath()));
  EXPECT_EQ(Findings(), "");
}

TEST_F(RedoTest, KeepsTheFileWhereTheDiskTakesNoMoreWrites) {
  CheckEveryFile();
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  {
    const auto volume = Must(ntfs3g::OpenImage(Path(), false, [&](std::uint64_t writes) {
      const rlimit nothing{0, before.rlim_max};
      if (writes == 3) setrlimit(RLIMIT_FSIZE, &nothing);
    }));
    const auto file = Must(volume->OpenById(files_[9], Access::kWrite));
    EXPECT_FALSE(file->WriteDacl(After(9)));
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(Read(*file), Before());
  }
  EXPECT_TRUE(std::filesystem::exists(RedoPath()));
  CheckEveryFile();
  EXPECT_EQ(Findings(), "");
}

TEST_F(RedoTest, LetsAReaderSeeTheFinishedChangeAndLeavesAllAlone) {
  const std::string image = RunCommand("md5sum " + Path()), redo = RunCommand("md5sum " + RedoPath());
  CheckEveryFile(true);
  {
    // Who reads the tables alone sees it finished too: not the bytes of the file.
    const auto bytes = Must(OpenNtfsBytes(Path()));
    std::vector<std::uint8_t> whole(bytes->Size());
    ASSERT_TRUE(bytes->Read(0, whole));
    std::ifstream file(Path(), std::ios::binary);
    const std::string raw{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_FALSE(std::equal(raw.begin(), raw.end(), reinterpret_cast<const char*>(whole.data())));
  }
  EXPECT_EQ(RunCommand("md5sum " + Path()), image);
  EXPECT_EQ(RunCommand("md5sum " + RedoPath()), redo);
}

TEST_F(RedoTest, RefusesAnImageThatTheChangeWasNotMadeOn) {
  std::string other = before_;
  other[0x4000 + 9 * 1024 + 100] ^= 1;  // In the record of $Secure, which every change writes.
  ReplaceImage(other);
  const auto opened = OpenNtfsImage(Path(), false);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kMismatch);
  EXPECT_EQ(opened.error().path, RedoPath());
}

TEST_F(RedoTest, TakesAnIncompleteFileForNone) {
  std::filesystem::resize_file(RedoPath(), std::filesystem::file_size(RedoPath()) - 1);
  ReplaceImage(before_);
  EXPECT_EQ(CheckEveryFile(), 0);
}

TEST_F(RedoTest, RefusesTheFileOfAnotherVolume) {
  std::filesystem::rename(RedoPath(), RedoPath() + ".kept");
  std::filesystem::remove(Path());
  Finish();
  Must(fixtures::ImageBuilder::Create(Path(), 64 << 20, 42));
  std::filesystem::rename(RedoPath() + ".kept", RedoPath());
  const auto opened = OpenNtfsImage(Path(), true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kMismatch);
}

}  // namespace
}  // namespace acledger::scanner
