// SPDX-License-Identifier: MIT
// The processes of this system.
#include "daemon/service/process_table.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <csignal>
#include <fstream>
#include <thread>

namespace acledger::daemon {
namespace {

// Runs until its pipe is closed.
class Child {
 public:
  Child() {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    id_ = fork();
    if (id_ == 0) {
      close(ends[1]);
      char byte = 0;
      _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    end_ = ends[1];
  }
  std::uint32_t Id() const { return static_cast<std::uint32_t>(id_); }
  void End() { close(end_); }
  void Reap() { waitpid(id_, nullptr, 0); }

 private:
  pid_t id_ = 0;
  int end_ = -1;
};

TEST(ProcessTableTest, TellsOneCreationTimeForAsLongAsAProcessRuns) {
  const auto table = SystemProcessTable();
  const auto own = table->CreationTime(static_cast<std::uint32_t>(getpid()));
  ASSERT_TRUE(own) << own.error().ToString();
  EXPECT_EQ(*own, *table->CreationTime(static_cast<std::uint32_t>(getpid())));
  EXPECT_NE(*own, *table->CreationTime(1));
}

TEST(ProcessTableTest, TellsTheEndAndKnowsAnEndedProcessThatNobodyReaped) {
  const auto table = SystemProcessTable();
  Child child;
  ASSERT_TRUE(table->CreationTime(child.Id()));
  asio::io_context io;
  bool ended = false;
  const auto watch = table->WhenEnded(io, child.Id(), [&ended] { ended = true; });
  if (!watch) GTEST_SKIP() << "this kernel has no pidfd_open";
  child.End();
  io.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(ended);
  const auto created = table->CreationTime(child.Id());
  EXPECT_FALSE(created);
  child.Reap();
}

// Its first thread has ended, and the system calls it a zombie: it runs all the same.
TEST(ProcessTableTest, AProcessRunsAsLongAsOneOfItsThreads) {
  const pid_t child = fork();
  if (child == 0) {
    std::thread([] { sleep(600); }).detach();
    syscall(SYS_exit, 0);  // This thread alone.
  }
  const auto table = SystemProcessTable();
  const auto id = static_cast<std::uint32_t>(child);
  const auto is_zombie = [child] {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string number, name, state;
    stat >> number >> name >> state;
    return state == "Z";
  };
  while (!is_zombie()) std::this_thread::yield();
  EXPECT_TRUE(table->CreationTime(id));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(table->CreationTime(id).error().kind, ErrorKind::kNotFound);
}

// The table of open files is full: that says nothing about the process.
TEST(ProcessTableTest, AProcessThatCannotBeAskedIsNotCalledEnded) {
  const auto table = SystemProcessTable();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto created = table->CreationTime(static_cast<std::uint32_t>(getpid()));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace acledger::daemon
