// SPDX-License-Identifier: MIT
#include "daemon/server/outbox.h"

#include "daemon/rpc/message.h"

namespace acledger::daemon {
namespace {

constexpr std::size_t kEnough = 64 << 10;

}  // namespace

Outbox::Outbox(const ServerOptions& options, std::shared_ptr<Tally> tally)
    : options_(options), tally_(std::move(tally)), held_(tally_) {}

bool Outbox::PushAnswer(std::string line) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return true;
  if (answers_.Bytes() > options_.reply_bytes) return false;
  answers_.Push(++last_number_, std::move(line));
  Count();
  return true;
}

Outbox::Pushed Outbox::PushNotification(std::string line) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return Pushed::kClosed;
  notifications_.Push(++last_number_, std::move(line));
  for (; HasTooManyNotifications(); ++missed_, ++tally_->missed) notifications_.Pop();
  Count();
  return std::exchange(is_awake_, true) ? Pushed::kAwake : Pushed::kAsleep;
}

// The newest one stays, however long it is.
bool Outbox::HasTooManyNotifications() const {
  return notifications_.Count() > 1 &&
         (notifications_.Count() > options_.notifications || notifications_.Bytes() > options_.notification_bytes);
}

std::string Outbox::Take() {
  const std::lock_guard lock(mutex_);
  std::string text;
  while (text.size() < kEnough && answers_.Count() + notifications_.Count() > 0) {
    if (answers_.IsBefore(notifications_)) {
      text += answers_.Pop().text;
      text += '\n';
    } else {
      AppendNotification(text);
    }
  }
  is_awake_ = !text.empty();
  Count();
  return text;
}

void Outbox::AppendNotification(std::string& text) {
  if (const std::uint64_t missed = std::exchange(missed_, 0))
    text += NotificationLine("missed", {{"count", missed}}) + '\n';
  text += notifications_.Pop().text;
  text += '\n';
}

bool Outbox::IsCongested() const {
  const std::lock_guard lock(mutex_);
  return answers_.Bytes() > options_.reply_bytes / 4;
}

void Outbox::Close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  answers_.Clear();
  notifications_.Clear();
  Count();
}

void Outbox::Queue::Push(std::uint64_t number, std::string text) {
  bytes_ += text.size();
  lines_.push_back({number, std::move(text)});
}

Outbox::Line Outbox::Queue::Pop() {
  Line line = std::move(lines_.front());
  lines_.pop_front();
  bytes_ -= line.text.size();
  return line;
}

void Outbox::Queue::Clear() {
  lines_.clear();
  bytes_ = 0;
}

bool Outbox::Queue::IsBefore(const Queue& other) const {
  if (lines_.empty()) return false;
  return other.lines_.empty() || lines_.front().number < other.lines_.front().number;
}

}  // namespace acledger::daemon
