// SPDX-License-Identifier: MIT
#pragma once

#include <asio/thread_pool.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "scanner/progress.h"
#include "scanner/reader.h"

namespace acledger::scanner {

// Walks folders with several readers: the newest folder first (so that the memory held is that of a path, not of a
// level), results in a bounded queue. A folder's result is taken before those of its subfolders.
class Walk {
 public:
  struct Options {
    unsigned readers = 1;             // 0: everything on the thread that calls Next(), for tests.
    std::size_t queued_results = 64;  // Readers wait when so many are not taken.
  };
  // Makes the reader that one thread uses.
  using MakeReader = std::function<FolderReader()>;

  Walk(const MakeReader& make_reader, std::vector<FolderTask> start, const StopFlag& stop, Options options);
  ~Walk();  // Waits for the readers.

  // The next folder that was read; empty at the end (or once stopped: Stopped() tells).
  std::optional<ScannedFolder> Next();
  // Folders that a stop left unread are still in the caller's frontier.
  bool Stopped() const { return stopped_; }

 private:
  void RunReader(FolderReader reader);
  std::optional<FolderTask> TakeTask();
  void PutResult(ScannedFolder result);
  std::optional<ScannedFolder> NextInline();

  const StopFlag& stop_;
  Options options_;
  std::optional<FolderReader> inline_reader_;

  std::mutex mutex_;
  std::condition_variable task_ready_, result_ready_, result_taken_;
  std::vector<FolderTask> tasks_;
  std::deque<ScannedFolder> results_;
  std::size_t in_work_ = 0;
  bool closing_ = false;
  bool stopped_ = false;

  std::optional<asio::thread_pool> pool_;
};

}  // namespace acledger::scanner
