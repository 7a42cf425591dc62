// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/server/handler.h"

namespace acledger::fixtures {

using daemon::Caller;
using daemon::ClientId;
using daemon::Json;
using daemon::Reply;

// Answers a few methods and remembers what it was told. All may be asked from the test's thread; a Wait...() that takes
// a minute fails the test.
//   echo    the params                          fail    an error with all fields set
//   whoami  {client, process, admin, user}      text    a string of params.size bytes
//   later   the params, from another thread     drop    lets the reply go
//   hold    nothing until AnswerHeld()
class TestHandler : public daemon::Handler {
 public:
  ~TestHandler() override;

  void Call(const Caller& caller, std::string method, Json params, Reply reply) override;
  void Gone(ClientId client) override;
  void Trouble(const Error& error) override;

  // Calls of "hold" since the start.
  void WaitHeld(std::size_t count);
  // Answers what is held, the last first.
  void AnswerHeld(const Json& answer);
  std::size_t Held();

  void WaitGone(std::size_t count);
  std::vector<ClientId> Gone();
  std::string WaitTrouble();  // The reason or operation of the first.
  std::size_t Troubles();
  std::size_t CountOf(const std::string& method);
  Caller LastCaller();

 private:
  void AnswerLater(Json params, Reply reply);
  template <class Done>
  void Wait(Done done);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::size_t> calls_;
  std::vector<Reply> held_;
  std::vector<ClientId> gone_;
  std::vector<std::string> troubles_;
  std::vector<std::thread> threads_;
  Caller last_caller_;
};

}  // namespace acledger::fixtures
