// SPDX-License-Identifier: MIT
// What a bad client costs: an answer, its own connection, and a bounded number of bytes.
#include <gtest/gtest.h>

#include "tests/daemon/test_server.h"

namespace acledger::daemon {
namespace {

using fixtures::InLong;
using fixtures::kLong;
using fixtures::RawLines;
using fixtures::TestServer;
using std::chrono::milliseconds;

void ExpectServed(Client& client) { EXPECT_EQ(client.Call("echo", {{"x", 1}}, kLong).value()["x"], 1); }

// Of an error line without an id.
int CodeIn(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  EXPECT_TRUE(json.is_object() && json.contains("error") && json["id"].is_null()) << line;
  return json.is_object() && json.contains("error") ? json["error"]["code"].get<int>() : 0;
}

TEST(ServerLimitsTest, AnswersGarbageLineByLineAndServesOn) {
  TestServer server;
  Client other = server.Connect();
  const auto raw = server.ConnectRaw();
  const std::string garbage("\0\xff\xfe{[\"\n\n}{\r\n[[[[\nGET / HTTP/1.1\r\n", 33);
  ASSERT_TRUE(raw->Write(garbage, InLong()).has_value());
  RawLines lines(*raw);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(CodeIn(lines.Next()), kParseError);
  ASSERT_TRUE(raw->Write(RequestLine(1, "echo", {}) + "\n", InLong()).has_value());
  EXPECT_EQ(lines.NextJson()["id"], 1);
  ExpectServed(other);
  EXPECT_EQ(server.Counters().bad_requests, 5u);
}

TEST(ServerLimitsTest, EndsALineOfAGigabyteAfterItsFirstMegabyte) {
  TestServer server;
  Client other = server.Connect();
  const auto raw = server.ConnectRaw();
  const std::string chunk(1 << 20, 'x');
  int written = 0;
  while (written < 1024 && raw->Write(chunk, InLong())) ++written;
  EXPECT_LT(written, 1024);
  RawLines lines(*raw);
  EXPECT_EQ(CodeIn(lines.Next()), CodeOf(ErrorKind::kTooLarge));
  EXPECT_EQ(lines.Next(), "");
  ExpectServed(other);
  EXPECT_LE(server.Counters().peak_buffered, (1u << 20) + (64u << 10));
}

TEST(ServerLimitsTest, StopsReadingWhoFloodsAndNeverReads) {
  TestServer server({.write_time = milliseconds(300)});
  Client other = server.Connect();
  const auto raw = server.ConnectRaw();
  std::string calls;
  for (int i = 0; i < 100; ++i) calls += RequestLine(i, "echo", Json::array({std::string(1000, 'x')})) + "\n";
  Expected<void> written;
  for (int i = 0; i < 10'000 && written; ++i) written = raw->Write(calls, InLong());
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, ErrorKind::kNotFound);
  ExpectServed(other);
  EXPECT_LE(server.Counters().peak_buffered, 2u << 20);
}

TEST(ServerLimitsTest, StopsReadingWhoFloodsWithGarbage) {
  TestServer server({.write_time = milliseconds(300)});
  const auto raw = server.ConnectRaw();
  std::string garbage;
  for (int i = 0; i < 100'000; ++i) garbage += "x\n";
  Expected<void> written;
  for (int i = 0; i < 10'000 && written; ++i) written = raw->Write(garbage, InLong());
  ASSERT_FALSE(written.has_value());
  EXPECT_LE(server.Counters().peak_buffered, 2u << 20);
  EXPECT_LT(server.Counters().bad_requests, 100'000u);
}

TEST(ServerLimitsTest, KeepsAClientThatTookItsAnswerAndSaysNothingForLong) {
  TestServer server({.line_time = milliseconds(50), .write_time = milliseconds(50)});
  Client client = server.Connect();
  ExpectServed(client);
  std::this_thread::sleep_for(milliseconds(200));
  ExpectServed(client);
  EXPECT_EQ(server.Behind().Troubles(), 0u);
}

TEST(ServerLimitsTest, BeginsOnlySoManyCallsOfAClient) {
  TestServer server({.calls_in_flight = 4});
  Client other = server.Connect();
  const auto raw = server.ConnectRaw();
  std::string calls;
  for (int i = 0; i < 10; ++i) calls += RequestLine(i, "hold", {}) + "\n";
  ASSERT_TRUE(raw->Write(calls, InLong()).has_value());
  server.Behind().WaitHeld(4);
  ExpectServed(other);
  EXPECT_EQ(server.Behind().Held(), 4u);
  for (std::size_t begun : {4u, 8u, 10u}) {
    server.Behind().WaitHeld(begun);
    server.Behind().AnswerHeld("go on");
  }
  RawLines lines(*raw);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(lines.NextJson()["result"], "go on");
}

TEST(ServerLimitsTest, ClosesAClientWhoseAnswersPileUp) {
  TestServer server;
  Client other = server.Connect();
  const auto raw = server.ConnectRaw();
  std::string calls;
  for (int i = 0; i < 32; ++i) calls += RequestLine(i, "hold", {}) + "\n";
  ASSERT_TRUE(raw->Write(calls, InLong()).has_value());
  server.Behind().WaitHeld(32);
  server.Behind().AnswerHeld(std::string(1 << 20, 'x'));
  server.Behind().WaitGone(1);
  EXPECT_EQ(server.Behind().WaitTrouble(), "answer: the client does not take its answers");
  ExpectServed(other);
  EXPECT_LE(server.Counters().peak_buffered, 8u << 20);
  server.WaitFor(&ServerCounters::buffered, 0);
}

TEST(ServerLimitsTest, EndsALineThatIsNeverFinished) {
  TestServer server({.line_time = milliseconds(50)});
  Client other = server.Connect();
  const auto raw = server.ConnectRaw();
  ASSERT_TRUE(raw->Write(RequestLine(1, "echo", {}) + "\n{\"jsonrpc\":", InLong()).has_value());
  RawLines lines(*raw);
  EXPECT_EQ(lines.NextJson()["id"], 1);
  EXPECT_EQ(CodeIn(lines.Next()), CodeOf(ErrorKind::kBusy));
  EXPECT_EQ(lines.Next(), "");
  ExpectServed(other);
  EXPECT_EQ(server.Counters().clients, 1u);
}

TEST(ServerLimitsTest, EndsAnIdleConnectionOnlyWhereItIsToldTo) {
  TestServer server({.idle_time = milliseconds(50)});
  const auto idle = server.ConnectRaw(), waiting = server.ConnectRaw();
  ASSERT_TRUE(waiting->Write(RequestLine(1, "hold", {}) + "\n", InLong()).has_value());
  RawLines lines(*idle);
  EXPECT_EQ(CodeIn(lines.Next()), CodeOf(ErrorKind::kBusy));
  server.Behind().WaitHeld(1);
  server.Behind().AnswerHeld("a call in flight keeps the connection");
  RawLines answers(*waiting);
  EXPECT_EQ(answers.NextJson()["id"], 1);
  EXPECT_EQ(CodeIn(answers.Next()), CodeOf(ErrorKind::kBusy));
}

TEST(ServerLimitsTest, TellsOneClientTooManyThatTheServerIsFull) {
  TestServer server({.clients = 2});
  Client one = server.Connect();
  auto two = std::make_unique<Client>(server.Connect());
  ExpectServed(one);
  ExpectServed(*two);
  Client three = server.Connect();
  const Expected<Json> refused = three.Call("echo", {}, kLong);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
  EXPECT_EQ(refused.error().reason, "there are too many clients");
  EXPECT_TRUE(three.IsBroken());
  two.reset();
  server.WaitClients(1);
  Client four = server.Connect();
  ExpectServed(four);
  ExpectServed(one);
}

TEST(ServerLimitsTest, RefusesABatchThatIsTooLong) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  const std::vector<std::string> calls(65, RequestLine(1, "echo", {}));
  ASSERT_TRUE(raw->Write(BatchLine(calls) + "\n", InLong()).has_value());
  EXPECT_EQ(CodeIn(RawLines(*raw).Next()), kInvalidRequest);
  EXPECT_EQ(server.Behind().CountOf("echo"), 0u);
}

TEST(ServerLimitsTest, EndsABatchWhoseAnswersAreTooLong) {
  TestServer server;
  const auto raw = server.ConnectRaw();
  std::vector<std::string> calls;
  for (int i = 0; i < 64; ++i) calls.push_back(RequestLine(i, "text", {{"size", 1 << 20}}));
  calls.back() = RequestLine(63, "echo", {{"x", 1}});
  ASSERT_TRUE(raw->Write(BatchLine(calls) + "\n", InLong()).has_value());
  const Json answers = RawLines(*raw).NextJson();
  ASSERT_EQ(answers.size(), 64u);
  const auto is_whole = [](const Json& answer) { return answer.contains("result"); };
  EXPECT_EQ(std::ranges::count_if(answers, is_whole), 4) << "three long ones, and the short one";
  EXPECT_EQ(answers[40]["error"]["code"], CodeOf(ErrorKind::kTooLarge));
  EXPECT_EQ(answers[40]["id"], 40);
  EXPECT_TRUE(is_whole(answers[63]));
  EXPECT_LE(server.Counters().peak_buffered, 9u << 20);
}

TEST(ServerLimitsTest, GivesThePlaceOfAClientThatNeverCalledToTheNext) {
  TestServer server({.clients = 2});
  const auto silent = server.ConnectRaw();
  Client first = server.Connect();
  ExpectServed(first);
  Client second = server.Connect();
  ExpectServed(second);
  ExpectServed(first);
  RawLines lines(*silent);
  EXPECT_EQ(lines.Next(), "");
}

}  // namespace
}  // namespace acledger::daemon
