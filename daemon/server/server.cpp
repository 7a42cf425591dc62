// SPDX-License-Identifier: MIT
#include "daemon/server/server.h"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/rpc/message.h"
#include "daemon/server/seats.h"
#include "daemon/server/session.h"

namespace acledger::daemon {
namespace {

// Clients that are being told that there are too many; more are closed without a word.
constexpr std::size_t kRefusedAtOnce = 16;
// After an accept that failed (no descriptors left, say).
constexpr std::chrono::milliseconds kBeforeNextAccept{100};

}  // namespace

class Server::State : public SessionOwner, public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& io, Handler& handler, const ServerOptions& options)
      : handler_(handler),
        parts_(std::make_shared<SessionParts>(io, options, std::make_shared<Gate>(io), tally_)),
        seats_(options.clients),
        last_words_(io) {}

  Handler& Behind() override { return handler_; }
  Expected<void> Identified(const Caller& caller) override { return seats_.Take(caller); }
  void Ended(ClientId client) override;

  Expected<void> Listen(const ListenAt& place);
  bool Notify(ClientId client, std::string_view method, const Json& params);
  void Disconnect(ClientId client);
  void Finish(std::chrono::milliseconds time, std::function<void()> done);
  void Close();
  ServerCounters Counters() const { return tally_->Read(); }

 private:
  struct Place {
    std::unique_ptr<Listener> listener;
    asio::steady_timer pause;
  };

  bool IsEnding() const { return is_closed_ || finished_; }
  void Accept(Place& place);
  void AcceptLater(Place& place);
  void Admit(std::unique_ptr<Stream> stream);
  bool IsFull() const { return sessions_.size() - refused_.size() >= parts_->options.clients; }
  void MakeRoom();

  Handler& handler_;
  const std::shared_ptr<Tally> tally_ = std::make_shared<Tally>();
  const std::shared_ptr<const SessionParts> parts_;
  std::vector<std::unique_ptr<Place>> places_;
  Seats seats_;
  asio::steady_timer last_words_;
  std::function<void()> finished_;
  ClientId last_id_ = 0;
  bool is_closed_ = false;
  std::unordered_set<ClientId> refused_;  // Of sessions_, those that only hear why.
  std::mutex mutex_;                      // Guards changes of sessions_, and other threads' look into it.
  std::unordered_map<ClientId, std::shared_ptr<Session>> sessions_;
};

Expected<void> Server::State::Listen(const ListenAt& place) {
  Expected<std::unique_ptr<Listener>> listener = MakeListener(parts_->io, place);
  if (!listener) return std::unexpected(std::move(listener.error()));
  places_.push_back(std::make_unique<Place>(std::move(*listener), asio::steady_timer(parts_->io)));
  Accept(*places_.back());
  return {};
}

// The places stay until the State goes, and that is kept by whoever waits.
void Server::State::Accept(Place& place) {
  place.listener->Accept([self = shared_from_this(), &place](Expected<std::unique_ptr<Stream>> stream) {
    if (self->IsEnding()) return;
    if (stream) {
      self->Admit(std::move(*stream));
      if (!self->IsEnding()) self->Accept(place);
    } else {
      self->handler_.Trouble(stream.error());
      self->AcceptLater(place);
    }
  });
}

void Server::State::AcceptLater(Place& place) {
  place.pause.expires_after(kBeforeNextAccept);
  place.pause.async_wait([self = shared_from_this(), &place](std::error_code) {
    if (!self->IsEnding()) self->Accept(place);
  });
}

// Who connects and says nothing keeps nobody out: the first of those gives its place to the next client.
void Server::State::MakeRoom() {
  std::shared_ptr<Session> silent;
  ClientId first = last_id_ + 1;
  for (const auto& [id, session] : sessions_) {
    if (session->HasCalled() || refused_.contains(id) || id > first) continue;
    first = id;
    silent = session;
  }
  if (!silent) return;
  ++tally_->refused;
  silent->Close();
}

void Server::State::Admit(std::unique_ptr<Stream> stream) {
  if (IsFull()) MakeRoom();
  const bool is_full = IsFull();
  if (is_full && refused_.size() >= kRefusedAtOnce) {
    ++tally_->refused;
    return;
  }
  const ClientId id = ++last_id_;
  const auto session = std::make_shared<Session>(id, std::move(stream), parts_, *this);
  {
    const std::lock_guard lock(mutex_);
    sessions_.emplace(id, session);
  }
  if (is_full) {
    refused_.insert(id);
    session->Refuse({ErrorKind::kBusy, "connect", {}, 0, "there are too many clients"});
  } else {
    ++tally_->clients;
    session->Start();
  }
}

void Server::State::Ended(ClientId client) {
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.erase(client) == 0) return;
  }
  seats_.Leave(client);
  if (finished_ && sessions_.empty()) last_words_.cancel();
  if (refused_.erase(client) == 0) --tally_->clients;
}

bool Server::State::Notify(ClientId client, std::string_view method, const Json& params) {
  std::shared_ptr<Outbox> outbox;
  std::weak_ptr<Session> session;  // Weak: it may end only on the thread of the io_context.
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(client);
    if (found == sessions_.end()) return false;
    outbox = found->second->Box();
    session = found->second;
  }
  const Outbox::Pushed pushed = outbox->PushNotification(NotificationLine(method, params));
  if (pushed == Outbox::Pushed::kAsleep) {
    parts_->gate->Post([session = std::move(session)] {
      if (const std::shared_ptr<Session> awake = session.lock()) awake->Flush();
    });
  }
  return pushed != Outbox::Pushed::kClosed;
}

void Server::State::Disconnect(ClientId client) {
  const auto found = sessions_.find(client);
  if (found == sessions_.end()) return;
  const std::shared_ptr<Session> session = found->second;  // Ended() takes the other reference away.
  session->Close();
}

void Server::State::Finish(std::chrono::milliseconds time, std::function<void()> done) {
  for (const std::unique_ptr<Place>& place : places_) place->listener->Close();
  std::vector<std::shared_ptr<Session>> sessions;
  for (const auto& [id, session] : sessions_) sessions.push_back(session);  // They go while they are told.
  for (const std::shared_ptr<Session>& session : sessions) session->Finish();
  finished_ = std::move(done);
  last_words_.expires_after(sessions_.empty() ? std::chrono::milliseconds::zero() : time);
  last_words_.async_wait([self = shared_from_this()](std::error_code) {
    self->Close();
    if (const auto finished = std::exchange(self->finished_, nullptr)) finished();
  });
}

void Server::State::Close() {
  is_closed_ = true;
  parts_->gate->Close();
  for (const std::unique_ptr<Place>& place : places_) {
    place->listener->Close();
    place->pause.cancel();
  }
  std::unordered_map<ClientId, std::shared_ptr<Session>> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions.swap(sessions_);
  }
  for (const auto& [id, session] : sessions) session->Abandon();
  refused_.clear();
  tally_->clients = 0;
}

Server::Server(asio::io_context& io, Handler& handler, const ServerOptions& options)
    : state_(std::make_shared<State>(io, handler, options)) {}
Server::~Server() { Close(); }

Expected<void> Server::Listen(const ListenAt& place) { return state_->Listen(place); }
bool Server::Notify(ClientId client, std::string_view method, const Json& params) {
  return state_->Notify(client, method, params);
}
void Server::Disconnect(ClientId client) { state_->Disconnect(client); }
void Server::Finish(std::chrono::milliseconds time, std::function<void()> done) {
  state_->Finish(time, std::move(done));
}
void Server::Close() { state_->Close(); }
ServerCounters Server::Counters() const { return state_->Counters(); }

}  // namespace acledger::daemon
