// SPDX-License-Identifier: MIT
#include "tests/daemon/test_server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <stdexcept>

namespace acledger::fixtures {

namespace {

constexpr char kPipePrefix[] = R"(\\.\pipe\)";

template <class T>
T Must(Expected<T> value) {
  if (!value) throw std::runtime_error(value.error().ToString());
  return std::move(*value);
}

}  // namespace

daemon::Deadline InLong() { return std::chrono::steady_clock::now() + kLong; }

TestEndpoint::TestEndpoint() {
  std::random_device random;
  const std::string name = "acledger-test-" + std::to_string(random()) + std::to_string(random());
  if (daemon::DefaultEndpoint().starts_with(kPipePrefix)) {
    text_ = kPipePrefix + name;
  } else {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directory(folder);
    text_ = (folder / "socket").string();
  }
}

TestEndpoint::~TestEndpoint() {
  if (text_.starts_with(kPipePrefix)) return;
  std::error_code ignored;
  std::filesystem::remove_all(std::filesystem::path(text_).parent_path(), ignored);
}

TestServer::TestServer(const daemon::ServerOptions& options, std::string sddl)
    : server_(std::make_unique<daemon::Server>(io_, handler_, options)) {
  const Expected<void> listening = server_->Listen({.endpoint = Endpoint(), .sddl = std::move(sddl)});
  if (!listening) throw std::runtime_error(listening.error().ToString());
  thread_ = std::thread([this] { io_.run(); });
}

TestServer::~TestServer() {
  End();
  work_.reset();
  thread_.join();
}

void TestServer::End() {
  OnItsThread([&] { server_->Close(); });
}

daemon::Client TestServer::Connect() { return Must(daemon::Client::Connect(Endpoint(), kLong)); }

std::unique_ptr<daemon::Connection> TestServer::ConnectRaw() {
  return Must(daemon::OpenConnection(Endpoint(), InLong()));
}

void TestServer::WaitFor(std::size_t daemon::ServerCounters::* counter, std::size_t value) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (Counters().*counter != value && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(Counters().*counter, value);
}

std::string RawLines::Next() {
  char chunk[16 << 10];
  while (true) {
    if (const auto line = lines_.Next()) return std::string(*line);
    const auto size = connection_.Read(chunk, InLong());
    if (!size || *size == 0) return {};
    lines_.Append({chunk, *size});
  }
}

}  // namespace acledger::fixtures
