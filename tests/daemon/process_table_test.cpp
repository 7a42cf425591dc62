// SPDX-License-Identifier: MIT
// The processes of this system.
#include "daemon/service/process_table.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/io_context.hpp>

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

}  // namespace
}  // namespace acledger::daemon
