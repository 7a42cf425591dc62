// SPDX-License-Identifier: MIT
#include "daemon/client/client.h"

#include <array>
#include <utility>

namespace acledger::daemon {
namespace {

Deadline In(Client::Duration timeout) { return std::chrono::steady_clock::now() + timeout; }

}  // namespace

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Expected<Client> Client::Connect(const std::string& endpoint, Duration timeout) {
  const auto at = [&](Error error) { return std::unexpected(std::move(error).At(endpoint)); };
  Expected<std::unique_ptr<Connection>> connection = OpenConnection(endpoint, In(timeout));
  if (!connection) return at(std::move(connection.error()));
  if (Expected<void> checked = (*connection)->CheckServer(); !checked) return at(std::move(checked.error()));
  return Client(std::move(*connection));
}

Expected<Json> Client::Call(std::string_view method, const Json& params, Duration timeout) {
  const Deadline deadline = In(timeout);
  const Json id = ++last_id_;
  if (Expected<void> sent = Send(RequestLine(id, method, params), deadline); !sent)
    return std::unexpected(std::move(sent.error()));
  while (true) {
    Expected<ServerMessage> message = Receive(deadline);
    if (!message) return std::unexpected(std::move(message.error()));
    if (auto* notification = std::get_if<Notification>(&*message)) {
      Keep(std::move(*notification));
      continue;
    }
    auto& response = std::get<Response>(*message);
    // Without an id: the server does not want us, and ends the connection.
    if (response.id.is_null() && !response.result) return Break(std::move(response.result.error()));
    if (response.id == id) return std::move(response.result);
  }
}

Expected<Notification> Client::NextNotification(Duration timeout) {
  if (!waiting_.empty()) {
    Notification first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }
  const Deadline deadline = In(timeout);
  while (true) {
    Expected<ServerMessage> message = Receive(deadline);
    if (!message) return std::unexpected(std::move(message.error()));
    if (auto* notification = std::get_if<Notification>(&*message)) return std::move(*notification);
    auto& response = std::get<Response>(*message);
    if (response.id.is_null() && !response.result) return Break(std::move(response.result.error()));
  }
}

Expected<void> Client::Notify(std::string_view method, const Json& params, Duration timeout) {
  return Send(NotificationLine(method, params), In(timeout));
}

Expected<void> Client::Send(std::string line, Deadline deadline) {
  if (is_broken_) return Fail(ErrorKind::kNotFound, "call the server", "the connection has failed before");
  Expected<void> written = connection_->Write(line += '\n', deadline);
  if (written) return written;
  // A server that refuses us writes why, and does not read.
  if (written.error().kind == ErrorKind::kNotFound) {
    const Expected<ServerMessage> last = Receive(deadline);
    const auto* response = last ? std::get_if<Response>(&*last) : nullptr;
    if (response && response->id.is_null() && !response->result) return Break(response->result.error());
  }
  return Break(std::move(written.error()));
}

Expected<ServerMessage> Client::Receive(Deadline deadline) {
  std::array<char, 16 << 10> chunk;
  while (true) {
    if (const std::optional<std::string_view> line = lines_.Next()) {
      Expected<ServerMessage> message = ParseServerMessage(*line);
      return message ? std::move(message) : Break(std::move(message.error()));
    }
    if (lines_.IsTooLong())
      return Break({ErrorKind::kTooLarge, "read an answer", {}, 0, "it is longer than the limit"});
    if (is_broken_) return Fail(ErrorKind::kNotFound, "read an answer", "the connection has failed before");
    const Expected<std::size_t> size = connection_->Read(chunk, deadline);
    if (!size && size.error().kind == ErrorKind::kBusy) return std::unexpected(size.error());
    if (!size) return Break(size.error());
    if (*size == 0)
      return Break({ErrorKind::kNotFound, "read an answer", {}, 0, "the server has ended the connection"});
    lines_.Append({chunk.data(), *size});
  }
}

void Client::Keep(Notification notification) {
  if (waiting_.size() >= kMaxWaiting) {
    waiting_.pop_front();
    ++missed_;
  }
  waiting_.push_back(std::move(notification));
}

std::unexpected<Error> Client::Break(Error error) {
  is_broken_ = true;
  return std::unexpected(std::move(error));
}

}  // namespace acledger::daemon
