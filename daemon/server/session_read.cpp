// SPDX-License-Identifier: MIT
#include <thread>

#include "daemon/server/session.h"

namespace acledger::daemon {
namespace {

// Lines of one client that are looked at before the others have their turn.
constexpr int kLinesATurn = 16;
// What is read of lines that may not be begun yet, so that the end of a client is seen while its calls last.
constexpr std::size_t kReadAhead = 64 << 10;

}  // namespace

void Session::ReadOn() {
  if (is_reading_ || IsOver()) return;
  if (lines_.HasLine() && lines_.Size() >= kReadAhead) return;
  is_reading_ = true;
  WatchReading();
  stream_->Read(chunk_,
                [self = shared_from_this()](std::error_code error, std::size_t size) { self->OnRead(error, size); });
}

void Session::OnRead(std::error_code error, std::size_t size) {
  is_reading_ = false;
  if (IsOver()) return;
  if (error) return Close();
  lines_.Append({chunk_.data(), size});
  held_lines_.Set(lines_.Size());
  if (lines_.HasLine() || lines_.IsTooLong()) is_line_timed_ = false;
  if (!is_line_timed_) read_timer_.Clear();
  if (KnowsCaller()) Advance();
}

bool Session::KnowsCaller() {
  if (caller_) return true;
  Expected<Caller> caller = stream_->Identify();
  if (!caller) {
    Refuse(caller.error());
    return false;
  }
  caller->client = id_;
  if (const Expected<void> seated = owner_->Identified(*caller); !seated) {
    Refuse(seated.error());
    return false;
  }
  caller_ = std::move(*caller);
  return true;
}

// Begins what may be begun, then reads on.
void Session::Advance() {
  is_turn_posted_ = false;
  is_in_turn_ = true;
  const bool is_all = BeginLines();
  is_in_turn_ = false;
  if (IsOver()) return;
  if (lines_.IsTooLong()) return EndWith({ErrorKind::kTooLarge, "read a line", {}, 0, "it is longer than the limit"});
  // Answered() or OnWritten() comes back.
  if (is_all) return ReadOn();
  is_turn_posted_ = true;
  parts_->gate->Post([self = weak_from_this()] {
    if (const std::shared_ptr<Session> session = self.lock()) session->Advance();
  });
}

bool Session::BeginLines() {
  for (int left = kLinesATurn; left > 0; --left) {
    if (IsOver() || lines_.IsTooLong()) return true;
    const std::optional<std::string_view> line = MayBegin() ? lines_.Next() : std::nullopt;
    if (!line) return true;
    Handle(*line);
    held_lines_.Set(IsOver() ? 0 : lines_.Size());
  }
  return false;
}

void Session::Handle(std::string_view line) {
  Message message = ParseMessage(line);
  const auto answers = std::make_shared<Answers>(message.is_batch, parts_->options.reply_bytes, parts_->tally);
  std::vector<std::optional<std::size_t>> places;
  for (const auto& request : message.requests)
    places.push_back(request && !request->id ? std::nullopt : std::optional(answers->Expect()));
  for (std::size_t i = 0; i < places.size() && !IsOver(); ++i) {
    auto& request = message.requests[i];
    if (request) {
      Begin(std::move(*request), answers, places[i]);
    } else {
      ++parts_->tally->bad_requests;
      answers->Give(*places[i], ErrorLine(request.error().id, request.error().error));
    }
  }
  if (std::optional<std::string> answer = answers->TakeLine()) Send(std::move(*answer));
}

// What a call that is being begun is answered at once. Waits until the handler is back: it is not called from its own
// calls.
struct Session::Prompt {
  const std::thread::id thread = std::this_thread::get_id();
  bool is_open = true;  // This and what follows: on that thread only.
  std::optional<std::string> line{};
};

void Session::Begin(Request request, const std::shared_ptr<Answers>& answers, std::optional<std::size_t> place) {
  ++in_flight_;
  ++parts_->tally->calls;
  has_called_ = true;
  const auto prompt = std::make_shared<Prompt>();
  owner_->Behind().Call(*caller_, std::move(request.method), std::move(request.params),
                        MakeReply(std::move(request.id), answers, place, prompt));
  prompt->is_open = false;
  if (prompt->line) Answered(*answers, place, *std::move(prompt->line));
}

// The text is made on the thread that answers.
Reply Session::MakeReply(std::optional<Json> id, std::shared_ptr<Answers> answers, std::optional<std::size_t> place,
                         std::shared_ptr<Prompt> prompt) {
  return Reply([self = weak_from_this(), gate = parts_->gate, id = std::move(id), answers = std::move(answers), place,
                prompt = std::move(prompt)](Expected<Json> answer) mutable {
    std::string line = id ? AnswerLine(*id, answer) : std::string();
    if (id && !answers->Admit(line.size()))
      line = ErrorLine(*id, {ErrorKind::kTooLarge, "answer a batch", {}, 0, "its answers are too long: ask for less"});
    if (std::this_thread::get_id() == prompt->thread && prompt->is_open) {
      prompt->line = std::move(line);
      return;
    }
    gate->Post([self = std::move(self), answers = std::move(answers), place, line = std::move(line)]() mutable {
      if (const std::shared_ptr<Session> session = self.lock()) session->Answered(*answers, place, std::move(line));
    });
  });
}

}  // namespace acledger::daemon
