// SPDX-License-Identifier: MIT
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "daemon/client/client.h"
#include "daemon/rpc/endpoint.h"
#include "daemon/server/server.h"
#include "tests/daemon/test_handler.h"

namespace acledger::fixtures {

// More than any operation of a test takes; no test waits so long.
inline constexpr std::chrono::minutes kLong{2};
daemon::Deadline InLong();

// A place that no other test has; gone with the object, where it is a file.
class TestEndpoint {
 public:
  TestEndpoint();
  ~TestEndpoint();
  TestEndpoint(const TestEndpoint&) = delete;
  TestEndpoint& operator=(const TestEndpoint&) = delete;
  const std::string& Text() const { return text_; }

 private:
  std::string text_;
};

// A server that listens, on a thread of its own.
class TestServer {
 public:
  explicit TestServer(const daemon::ServerOptions& options = {}, std::string sddl = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  const std::string& Endpoint() const { return endpoint_.Text(); }
  TestHandler& Behind() { return handler_; }
  daemon::Server& Served() { return *server_; }
  daemon::ServerCounters Counters() const { return server_->Counters(); }

  // Throws where it cannot.
  daemon::Client Connect();
  std::unique_ptr<daemon::Connection> ConnectRaw();

  // Runs `work` on the server's thread, and waits for it.
  template <class Work>
  void OnItsThread(Work work) {
    std::promise<void> done;
    asio::post(io_, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  // The server goes; its thread and handler stay.
  void End();
  // Until a counter has this value; fails the test after a minute.
  void WaitFor(std::size_t daemon::ServerCounters::* counter, std::size_t value);
  void WaitClients(std::size_t count) { WaitFor(&daemon::ServerCounters::clients, count); }

 private:
  TestEndpoint endpoint_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  TestHandler handler_;
  std::unique_ptr<daemon::Server> server_;
  std::thread thread_;
};

// Lines that a raw connection receives.
class RawLines {
 public:
  explicit RawLines(daemon::Connection& connection) : connection_(connection) {}
  // Empty: the connection has ended.
  std::string Next();
  Json NextJson() { return Json::parse(Next()); }

 private:
  daemon::Connection& connection_;
  daemon::LineBuffer lines_{64 << 20};
};

}  // namespace acledger::fixtures
