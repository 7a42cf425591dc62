// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/daemon/test_server.h"

namespace acledger::daemon {
namespace {

using fixtures::InLong;
using fixtures::kLong;
using fixtures::RawLines;
using fixtures::TestServer;

TEST(ServerEndingTest, TellsTheHandlerOnceWhoHasGone) {
  TestServer server;
  auto client = std::make_unique<Client>(server.Connect());
  const ClientId id = client->Call("whoami", {}, kLong).value()["client"];
  client.reset();
  server.Behind().WaitGone(1);
  server.WaitClients(0);
  EXPECT_EQ(server.Behind().Gone(), std::vector<ClientId>{id});
}

TEST(ServerEndingTest, SaysNothingOfAClientThatNeverCalled) {
  TestServer server;
  {
    const auto raw = server.ConnectRaw();
  }
  Client client = server.Connect();
  EXPECT_TRUE(client.Call("echo", {}, kLong).has_value());
  server.WaitClients(1);
  EXPECT_TRUE(server.Behind().Gone().empty());
}

TEST(ServerEndingTest, OutlivesAClientThatGoesInTheMiddleOfABatch) {
  TestServer server;
  Client other = server.Connect();
  auto raw = server.ConnectRaw();
  std::vector<std::string> calls;
  for (int i = 0; i < 64; ++i) calls.push_back(RequestLine(i, i % 2 ? "hold" : "later", Json::array({i})));
  ASSERT_TRUE(raw->Write(BatchLine(calls) + "\n[{\"jsonrpc\"", InLong()).has_value());
  server.Behind().WaitHeld(32);
  raw.reset();
  server.Behind().WaitGone(1);
  server.Behind().AnswerHeld("nobody listens");
  EXPECT_TRUE(other.Call("echo", {}, kLong).has_value());
  server.WaitFor(&ServerCounters::buffered, 0);
}

TEST(ServerEndingTest, DropsAnswersThatComeAfterTheServer) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  ASSERT_TRUE(raw->Write(RequestLine(1, "hold", {}) + "\n", InLong()).has_value());
  server.Behind().WaitHeld(1);
  server.End();
  EXPECT_EQ(RawLines(*raw).Next(), "");
  server.Behind().AnswerHeld("too late");
  EXPECT_FALSE(server.Served().Notify(1, "progress", {}));
  EXPECT_TRUE(server.Behind().Gone().empty());
}

TEST(ServerEndingTest, WritesWhatWasAnsweredBeforeItEnds) {
  TestServer server;
  const auto waiting = server.ConnectRaw(), idle = server.ConnectRaw();
  ASSERT_TRUE(waiting->Write(RequestLine(1, "hold", {}) + "\n", InLong()).has_value());
  server.Behind().WaitHeld(1);
  server.OnItsThread([&] { server.Behind().AnswerHeld("the daemon is ending"); });
  std::promise<void> finished;
  server.OnItsThread([&] { server.Served().Finish(kLong, [&] { finished.set_value(); }); });
  finished.get_future().wait();
  RawLines lines(*waiting);
  EXPECT_EQ(lines.NextJson()["result"], "the daemon is ending");
  EXPECT_EQ(lines.Next(), "");
  EXPECT_EQ(RawLines(*idle).Next(), "");
  EXPECT_FALSE(Client::Connect(server.Endpoint(), kLong).has_value());
}

TEST(ServerEndingTest, WaitsOnlySoLongForAClientThatDoesNotRead) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  ASSERT_TRUE(raw->Write(RequestLine(1, "text", {{"size", 4 << 20}}) + "\n", InLong()).has_value());
  while (server.Behind().CountOf("text") == 0) std::this_thread::yield();
  std::promise<void> finished;
  server.OnItsThread([&] { server.Served().Finish(std::chrono::milliseconds(50), [&] { finished.set_value(); }); });
  finished.get_future().wait();
  EXPECT_EQ(server.Counters().clients, 0u);
}

TEST(ServerEndingTest, LetsNobodyConnectOnceClosed) {
  TestServer server;
  server.End();
  const auto refused = Client::Connect(server.Endpoint(), kLong);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(refused.error().path, server.Endpoint());
}

TEST(ServerEndingTest, DisconnectsOneClient) {
  TestServer server;
  Client one = server.Connect(), other = server.Connect();
  const ClientId id = one.Call("whoami", {}, kLong).value()["client"];
  server.OnItsThread([&] { server.Served().Disconnect(id); });
  const Expected<Json> answer = one.Call("echo", {}, kLong);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(other.Call("echo", {}, kLong).has_value());
  EXPECT_EQ(server.Behind().Gone(), std::vector<ClientId>{id});
}

TEST(ServerEndingTest, GivesItsPlaceToOneServerOnly) {
  TestServer server;
  asio::io_context io;
  fixtures::TestHandler handler;
  Server second(io, handler);
  const Expected<void> listening = second.Listen({.endpoint = server.Endpoint()});
  ASSERT_FALSE(listening.has_value());
  EXPECT_EQ(listening.error().kind, ErrorKind::kBusy);
  EXPECT_EQ(listening.error().path, server.Endpoint());
  Client client = server.Connect();
  EXPECT_TRUE(client.Call("echo", {}, kLong).has_value());
}

TEST(ServerEndingTest, ListensAgainWhereItListenedBefore) {
  TestServer server;
  Client before = server.Connect();
  ASSERT_TRUE(before.Call("echo", {}, kLong).has_value());
  server.End();
  asio::io_context io;
  fixtures::TestHandler handler;
  Server second(io, handler);
  EXPECT_TRUE(second.Listen({.endpoint = server.Endpoint()}).has_value());
}

}  // namespace
}  // namespace acledger::daemon
