// SPDX-License-Identifier: MIT
#include "scanner/walk.h"

#include <asio/post.hpp>
#include <iterator>
#include <utility>

namespace acledger::scanner {
Walk::Walk(const MakeReader& make_reader, std::vector<FolderTask> start, const StopFlag& stop, Options options)
    : stop_(stop), options_(options), tasks_(std::move(start)) {
  if (options_.readers == 0) {
    inline_reader_.emplace(make_reader());
    return;
  }
  pool_.emplace(options_.readers);
  for (unsigned i = 0; i < options_.readers; ++i)
    asio::post(*pool_, [this, reader = make_reader()]() mutable { RunReader(std::move(reader)); });
}

Walk::~Walk() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  task_ready_.notify_all();
  result_taken_.notify_all();
  if (pool_) pool_->join();
}

std::optional<FolderTask> Walk::TakeTask() {
  std::unique_lock lock(mutex_);
  task_ready_.wait(lock, [this] { return closing_ || !tasks_.empty() || in_work_ == 0; });
  // Once: Stopped() reads it without the lock.
  if (!stopped_ && stop_ && !tasks_.empty()) stopped_ = true;
  if (closing_ || tasks_.empty() || stopped_) return std::nullopt;
  FolderTask task = std::move(tasks_.back());
  tasks_.pop_back();
  ++in_work_;
  return task;
}

void Walk::PutResult(ScannedFolder result) {
  std::vector<FolderTask> subfolders = std::exchange(result.subfolders, {});
  std::unique_lock lock(mutex_);
  result_taken_.wait(lock, [this] { return closing_ || results_.size() < options_.queued_results; });
  // The result first: whoever reads a subfolder finds its parent queued before it.
  results_.push_back(std::move(result));
  tasks_.insert(tasks_.end(), std::make_move_iterator(subfolders.begin()), std::make_move_iterator(subfolders.end()));
  --in_work_;
  lock.unlock();
  result_ready_.notify_one();
  task_ready_.notify_all();
}

void Walk::RunReader(FolderReader reader) {
  while (std::optional<FolderTask> task = TakeTask()) PutResult(reader.Read(std::move(*task)));
  task_ready_.notify_all();
  const std::lock_guard lock(mutex_);
  result_ready_.notify_all();
}

std::optional<ScannedFolder> Walk::NextInline() {
  if (tasks_.empty()) return std::nullopt;
  if (stop_) {
    stopped_ = true;
    return std::nullopt;
  }
  FolderTask task = std::move(tasks_.back());
  tasks_.pop_back();
  ScannedFolder result = inline_reader_->Read(std::move(task));
  std::vector<FolderTask> subfolders = std::exchange(result.subfolders, {});
  tasks_.insert(tasks_.end(), std::make_move_iterator(subfolders.begin()), std::make_move_iterator(subfolders.end()));
  return result;
}

std::optional<ScannedFolder> Walk::Next() {
  if (inline_reader_) return NextInline();
  std::unique_lock lock(mutex_);
  // The readers that stopped do not come back if the stop is taken back.
  result_ready_.wait(lock, [this] { return !results_.empty() || (in_work_ == 0 && (tasks_.empty() || stopped_)); });
  if (results_.empty()) return std::nullopt;
  ScannedFolder result = std::move(results_.front());
  results_.pop_front();
  lock.unlock();
  result_taken_.notify_one();
  return result;
}

}  // namespace acledger::scanner
