// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/server/options.h"
#include "daemon/server/tally.h"

namespace acledger::daemon {

// The lines that wait to be written to one client, in the order in which they came. Any thread.
class Outbox {
 public:
  // `options` must outlive it.
  Outbox(const ServerOptions& options, std::shared_ptr<Tally> tally);

  // False: more answers wait than may (ServerOptions::reply_bytes), this one was not taken.
  bool PushAnswer(std::string line);

  enum class Pushed {
    kAwake,   // Somebody will Take() it.
    kAsleep,  // The first since Take() gave nothing: wake the writer.
    kClosed,  // Dropped.
  };
  // Makes room by dropping the oldest notifications.
  Pushed PushNotification(std::string line);

  // The next lines with their ends, some 64 KiB or one longer line; empty if nothing waits. Where notifications were
  // dropped, a notification "missed" with their number comes first.
  std::string Take();

  // So many bytes of answers wait that no further call should be read.
  bool IsCongested() const;

  // Forgets what waits and what comes.
  void Close();

 private:
  struct Line {
    std::uint64_t number;
    std::string text;
  };
  class Queue {
   public:
    void Push(std::uint64_t number, std::string text);
    Line Pop();
    void Clear();
    bool IsBefore(const Queue& other) const;
    std::size_t Count() const { return lines_.size(); }
    std::size_t Bytes() const { return bytes_; }

   private:
    std::deque<Line> lines_;
    std::size_t bytes_ = 0;
  };

  bool HasTooManyNotifications() const;
  void AppendNotification(std::string& text);
  void Count() { held_.Set(answers_.Bytes() + notifications_.Bytes()); }

  const ServerOptions& options_;
  std::shared_ptr<Tally> tally_;
  mutable std::mutex mutex_;
  Held held_;
  Queue answers_, notifications_;
  std::uint64_t last_number_ = 0;
  std::uint64_t missed_ = 0;  // Since the client was told.
  bool is_awake_ = false;
  bool is_closed_ = false;
};

}  // namespace acledger::daemon
