// SPDX-License-Identifier: MIT
#include "daemon/server/session.h"

namespace acledger::daemon {
namespace {

// Of one write: a client has shown that it reads when it took this much.
constexpr std::size_t kWriteChunk = 16 << 10;

}  // namespace

void Session::Answered(Answers& answers, std::optional<std::size_t> place, std::string line) {
  if (is_closed_) return;
  --in_flight_;
  if (place) {
    answers.Give(*place, std::move(line));
    if (std::optional<std::string> whole = answers.TakeLine()) Send(std::move(*whole));
  }
  WatchReading();
  if (!is_turn_posted_ && !is_in_turn_) Advance();
}

void Session::Send(std::string line) {
  if (IsOver()) return;
  if (outbox_->PushAnswer(std::move(line))) return Flush();
  owner_->Behind().Trouble({ErrorKind::kTooLarge, "answer", {}, 0, "the client does not take its answers"});
  Close();
}

void Session::Flush() {
  if (is_closed_ || is_writing_) return;
  if (written_ == out_.size()) {
    out_ = outbox_->Take();
    written_ = 0;
    held_out_.Set(out_.size());
  }
  if (out_.empty()) {
    if (is_ending_) Close();
    return;
  }
  is_writing_ = true;
  if (!is_ending_) write_timer_.Set(parts_->options.write_time, "take what was written", weak_from_this());
  stream_->Write(
      std::string_view(out_).substr(written_, kWriteChunk),
      [self = shared_from_this()](std::error_code error, std::size_t size) { self->OnWritten(error, size); });
}

void Session::OnWritten(std::error_code error, std::size_t size) {
  is_writing_ = false;
  if (is_closed_) return;
  if (error) return Close();
  written_ += size;
  held_out_.Set(out_.size() - written_);
  if (!is_ending_) write_timer_.Clear();
  Flush();
  WatchReading();
  if (!is_turn_posted_) Advance();
}

}  // namespace acledger::daemon
