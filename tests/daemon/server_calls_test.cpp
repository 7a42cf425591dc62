// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/daemon/test_server.h"

namespace acledger::daemon {
namespace {

using fixtures::InLong;
using fixtures::kLong;
using fixtures::RawLines;
using fixtures::TestServer;

std::string Call(int id, const char* method, const Json& params = Json::object()) {
  return RequestLine(id, method, params) + "\n";
}

TEST(ServerCallsTest, AnswersOneCall) {
  TestServer server;
  Client client = server.Connect();
  EXPECT_EQ(client.Call("echo", {{"path", "C:\\Users\\\xC3\xA9"}}, kLong).value()["path"], "C:\\Users\\\xC3\xA9");
  EXPECT_EQ(client.Call("echo", Json::array({1, 2}), kLong).value(), Json::array({1, 2}));
}

TEST(ServerCallsTest, AnswersTwoClientsAtOnce) {
  TestServer server;
  Client one = server.Connect(), other = server.Connect();
  const Json first = one.Call("whoami", {}, kLong).value(), second = other.Call("whoami", {}, kLong).value();
  EXPECT_NE(first["client"], second["client"]);
  EXPECT_EQ(first["user"], second["user"]);
  EXPECT_EQ(server.Counters().clients, 2u);
}

TEST(ServerCallsTest, TellsThatTheOwnUserMayEverything) {
  TestServer server;
  Client client = server.Connect();
  EXPECT_NE(client.Call("whoami", {}, kLong).value()["user"], "");
  EXPECT_TRUE(server.Behind().LastCaller().process.has_value());
}

TEST(ServerCallsTest, GivesAnErrorOfTheHandlerWhole) {
  TestServer server;
  Client client = server.Connect();
  const Expected<Json> answer = client.Call("fail", {}, kLong);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(answer.error().ToString(), "open C:\\x: access is denied (5)");
  EXPECT_FALSE(client.IsBroken());
}

TEST(ServerCallsTest, RefusesAnUnknownMethodAndGoesOn) {
  TestServer server;
  Client client = server.Connect();
  const Expected<Json> answer = client.Call("nonsense", {}, kLong);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(static_cast<int>(answer.error().code), kMethodNotFound);
  EXPECT_TRUE(client.Call("echo", {}, kLong).has_value());
}

TEST(ServerCallsTest, TakesAnAnswerFromAnotherThread) {
  TestServer server;
  Client client = server.Connect();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.Call("later", {{"i", i}}, kLong).value()["i"], i);
}

TEST(ServerCallsTest, AnswersACallThatWasDropped) {
  TestServer server;
  Client client = server.Connect();
  const Expected<Json> answer = client.Call("drop", {}, kLong);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(static_cast<int>(answer.error().code), kInternalError);
}

TEST(ServerCallsTest, GivesAnswersInTheOrderInWhichTheyComeUnderTheirIds) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  ASSERT_TRUE(raw->Write(Call(1, "hold") + Call(2, "echo") + Call(3, "hold"), InLong()).has_value());
  RawLines lines(*raw);
  EXPECT_EQ(lines.NextJson()["id"], 2);
  server.Behind().WaitHeld(2);
  server.Behind().AnswerHeld("done");
  EXPECT_EQ(lines.NextJson()["id"], 3);
  EXPECT_EQ(lines.NextJson()["id"], 1);
}

TEST(ServerCallsTest, DoesNotAnswerNotifications) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  const std::string text = NotificationLine("echo", {{"x", 1}}) + "\n" + NotificationLine("nonsense", {}) + "\n" + "[" +
                           NotificationLine("echo", {}) + "]\n" + Call(9, "echo");
  ASSERT_TRUE(raw->Write(text, InLong()).has_value());
  EXPECT_EQ(RawLines(*raw).NextJson()["id"], 9);
  EXPECT_EQ(server.Behind().CountOf("echo"), 3u);
}

TEST(ServerCallsTest, AnswersABatchOf64InOneArray) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  std::vector<std::string> calls;
  for (int i = 0; i < 64; ++i) calls.push_back(RequestLine(i, i % 3 ? "echo" : "later", Json::array({i})));
  ASSERT_TRUE(raw->Write(BatchLine(calls) + "\n", InLong()).has_value());
  const Json answers = RawLines(*raw).NextJson();
  ASSERT_EQ(answers.size(), 64u);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)]["result"][0], i);
}

TEST(ServerCallsTest, AnswersAMixedBatchWhenTheLastAnswerIsThere) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  const std::string batch = BatchLine({RequestLine(1, "hold", {}), NotificationLine("echo", {}), "7",
                                       RequestLine("b", "nonsense", {}), RequestLine(nullptr, "echo", {})});
  ASSERT_TRUE(raw->Write(batch + "\n" + Call(5, "echo"), InLong()).has_value());
  RawLines lines(*raw);
  EXPECT_EQ(lines.NextJson()["id"], 5);
  server.Behind().AnswerHeld("late");
  const Json answers = lines.NextJson();
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0]["result"], "late");
  EXPECT_EQ(answers[1]["error"]["code"], kInvalidRequest);
  EXPECT_EQ(answers[2]["error"]["code"], kMethodNotFound);
  EXPECT_EQ(answers[3]["result"], Json::object());
}

TEST(ServerCallsTest, CarriesAMegabyteEachWay) {
  TestServer server;
  Client client = server.Connect();
  const std::string text(1'000'000, 'x');
  EXPECT_EQ(client.Call("echo", Json::array({text}), kLong).value()[0], text);
  EXPECT_EQ(client.Call("text", {{"size", 6'000'000}}, kLong).value().get<std::string>().size(), 6'000'000u);
}

TEST(ServerCallsTest, DropsTheAnswerOfACallThatWasGivenUp) {
  TestServer server;
  Client client = server.Connect();
  const Expected<Json> late = client.Call("hold", {}, std::chrono::milliseconds(1));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kBusy);
  server.Behind().WaitHeld(1);
  server.Behind().AnswerHeld("too late");
  EXPECT_EQ(client.Call("echo", {{"a", 1}}, kLong).value()["a"], 1);
}

}  // namespace
}  // namespace acledger::daemon
