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
      read_timer_(parts_->io, [this](const char* what) { OnReadTimeOver(what); }),
      write_timer_(parts_->io, [this](const char* what) { OnWriteTimeOver(what); }) {}

void Session::Refuse(const Error& why) {
  ++parts_->tally->refused;
  EndWith(why);
}

void Session::EndWith(const Error& why) {
  if (IsOver()) return;
  owner_->Behind().Trouble(why);
  if (IsOver()) return;  // The handler closed the server.
  is_ending_ = true;
  read_timer_.Stop();
  // From here on the client has this time for all that waits.
  write_timer_.Set(parts_->options.write_time, "take an error", weak_from_this());
  if (!outbox_->PushAnswer(ErrorLine(nullptr, why))) return Close();
  Flush();
}

void Session::Finish() {
  if (IsOver()) return;
  is_ending_ = true;
  read_timer_.Stop();
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
  read_timer_.Stop();
  write_timer_.Stop();
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
    read_timer_.Set(options.line_time, "send a whole line", weak_from_this());
  } else if (options.idle_time.count() > 0 && in_flight_ == 0) {
    read_timer_.Set(options.idle_time, "use the connection", weak_from_this());
  } else {
    read_timer_.Clear();
  }
}

void Session::OnReadTimeOver(const char* what) {
  if (!is_closed_) EndWith({ErrorKind::kBusy, what, {}, 0, "the time for it is over"});
}

void Session::OnWriteTimeOver(const char* what) {
  if (is_closed_) return;
  if (!is_ending_) owner_->Behind().Trouble({ErrorKind::kBusy, what, {}, 0, "the time for it is over"});
  Close();
}

}  // namespace acledger::daemon
