// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/rpc/line_buffer.h"
#include "daemon/rpc/message.h"
#include "daemon/server/answers.h"
#include "daemon/server/gate.h"
#include "daemon/server/lazy_timer.h"
#include "daemon/server/outbox.h"
#include "daemon/server/stream.h"

namespace acledger::daemon {

// What a session needs of the server that made it.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual Handler& Behind() = 0;
  // Once, when it is known who calls. An error is told to the client, which is then closed.
  virtual Expected<void> Identified(const Caller& caller) = 0;
  // The last word of a session.
  virtual void Ended(ClientId client) = 0;
};

// What all sessions of a server share.
struct SessionParts {
  asio::io_context& io;
  ServerOptions options;
  std::shared_ptr<Gate> gate;
  std::shared_ptr<Tally> tally;
};

// One client's connection: reads calls, has them answered, writes the answers. Owned by its pending operations and by
// the server. Lives on the io_context's thread.
//
// It begins only so many calls and reads little ahead of that, so that a client that sends faster than it is served, or
// than it takes its answers, is slowed down by its own socket.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // `owner` must live until Ended() or Abandon().
  Session(ClientId id, std::unique_ptr<Stream> stream, std::shared_ptr<const SessionParts> parts, SessionOwner& owner);

  // One of the two, once.
  void Start() { ReadOn(); }
  void Refuse(const Error& why);

  // Writes what waits in the outbox, as long as something does.
  void Flush();
  // Ends the connection as soon as what waits is written.
  void Finish();
  // Ends the connection now.
  void Close();
  // Close() without a word to the owner and its handler.
  void Abandon();

  bool HasCalled() const { return has_called_; }
  const std::shared_ptr<Outbox>& Box() const { return outbox_; }

 private:
  // session_read.cpp
  void ReadOn();
  void OnRead(std::error_code error, std::size_t size);
  bool KnowsCaller();
  void Advance();
  // False: a turn's lines were begun, and more may wait.
  bool BeginLines();
  void Handle(std::string_view line);
  void Begin(Request request, const std::shared_ptr<Answers>& answers, std::optional<std::size_t> place);
  struct Prompt;
  Reply MakeReply(std::optional<Json> id, std::shared_ptr<Answers> answers, std::optional<std::size_t> place,
                  std::shared_ptr<Prompt> prompt);

  // session_write.cpp
  void Answered(Answers& answers, std::optional<std::size_t> place, std::string line);
  void Send(std::string line);
  void OnWritten(std::error_code error, std::size_t size);

  // session.cpp
  bool MayBegin() const { return in_flight_ < parts_->options.calls_in_flight && !outbox_->IsCongested(); }
  bool IsOver() const { return is_closed_ || is_ending_; }
  // Tells the client why, and closes when that is written.
  void EndWith(const Error& why);
  void WatchReading();
  void OnReadTimeOver(const char* what);
  void OnWriteTimeOver(const char* what);

  const ClientId id_;
  const std::unique_ptr<Stream> stream_;
  const std::shared_ptr<const SessionParts> parts_;
  SessionOwner* owner_;
  const std::shared_ptr<Outbox> outbox_;
  std::optional<Caller> caller_;

  LineBuffer lines_;
  Held held_lines_, held_out_;
  std::array<char, 16 << 10> chunk_{};
  std::string out_;          // Lines that are being written,
  std::size_t written_ = 0;  // and how far.
  std::size_t in_flight_ = 0;
  LazyTimer read_timer_, write_timer_;
  bool is_reading_ = false, is_writing_ = false;
  bool is_turn_posted_ = false;  // Advance() will be called.
  bool is_in_turn_ = false;      // Advance() runs.
  bool is_line_timed_ = false;   // read_timer_ watches a line that was begun.
  bool has_called_ = false;
  bool is_ending_ = false, is_closed_ = false;
};

}  // namespace acledger::daemon
