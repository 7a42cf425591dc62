// SPDX-License-Identifier: MIT
#include "daemon/server/session.h"

namespace acledger::daemon {

Session::Session(ClientId id, std::unique_ptr<Stream> stream, std::shared_ptr<const SessionParts> parts,
                 SessionOwner& owner)
    : id_(id),
      stream_(std::move(stream)),
      parts_(std::move(parts)),
      owner_(&owner),
      outbox_(std::make_shared<Outbox>(parts_->options, parts_->tally)),
      lines_(parts_->options.message_bytes),
      held_lines_(parts_->tally),
      held_out_(parts_->tally),
      read_timer_(parts_->io),
      write_timer_(parts_->io) {}

void Session::Refuse(const Error& why) {
  ++parts_->tally->refused;
  EndWith(why);
}

void Session::EndWith(const Error& why) {
  if (IsOver()) return;
  owner_->Behind().Trouble(why);
  if (IsOver()) return;  // The handler closed the server.
  is_ending_ = true;
  Unwatch(read_timer_);
  // From here on the client has this time for all that waits.
  Watch(write_timer_, parts_->options.write_time, "take an error");
  if (!outbox_->PushAnswer(ErrorLine(nullptr, why))) return Close();
  Flush();
}

void Session::Close() {
  if (is_closed_) return;
  SessionOwner* const owner = owner_;
  Abandon();
  if (!owner) return;
  if (has_called_) owner->Behind().Gone(id_);
  owner->Ended(id_);
}

void Session::Abandon() {
  is_closed_ = true;
  owner_ = nullptr;
  Unwatch(read_timer_);
  Unwatch(write_timer_);
  stream_->Close();
  outbox_->Close();
  lines_ = LineBuffer();
  held_lines_.Set(0);
  if (!is_writing_) out_.clear();  // Else the system may still read it.
  held_out_.Set(0);
}

// The time of a line runs from its first byte; idle time from whatever happened last.
void Session::WatchReading() {
  if (IsOver() || is_line_timed_) return;
  const ServerOptions& options = parts_->options;
  if (lines_.Size() > 0 && !lines_.HasLine()) {
    is_line_timed_ = true;
    Watch(read_timer_, options.line_time, "send a whole line");
  } else if (options.idle_time.count() > 0 && in_flight_ == 0) {
    Watch(read_timer_, options.idle_time, "use the connection");
  } else {
    Unwatch(read_timer_);
  }
}

void Session::Watch(asio::steady_timer& timer, std::chrono::milliseconds time, const char* what) {
  timer.expires_after(time);
  timer.async_wait([self = weak_from_this(), &timer, what](std::error_code error) {
    const std::shared_ptr<Session> session = self.lock();
    // A wait that was cancelled too late comes without an error: the timer itself knows.
    if (error || !session || session->is_closed_ || timer.expiry() > asio::steady_timer::clock_type::now()) return;
    Error why{ErrorKind::kBusy, what, {}, 0, "the time for it is over"};
    if (&timer == &session->read_timer_) return session->EndWith(why);
    if (!session->is_ending_) session->owner_->Behind().Trouble(why);
    session->Close();
  });
}

void Session::Unwatch(asio::steady_timer& timer) { timer.expires_at(asio::steady_timer::time_point::max()); }

}  // namespace acledger::daemon
