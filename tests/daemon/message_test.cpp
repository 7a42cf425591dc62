// SPDX-License-Identifier: MIT
// By meaning, the examples of https://www.jsonrpc.org/specification (section 7) and what they leave open.
#include "daemon/rpc/message.h"

#include <gtest/gtest.h>

namespace acledger::daemon {
namespace {

Request OnlyRequest(std::string_view line) {
  const Message message = ParseMessage(line);
  EXPECT_FALSE(message.is_batch);
  EXPECT_EQ(message.requests.size(), 1u);
  EXPECT_TRUE(message.requests.at(0).has_value()) << line;
  return message.requests.at(0).value_or(Request{});
}

// "code id" of each bad element, "ok" for the others.
std::vector<std::string> Verdicts(const Message& message) {
  std::vector<std::string> verdicts;
  for (const auto& request : message.requests)
    verdicts.push_back(request ? "ok"
                               : ErrorObject(request.error().error)["code"].dump() + " " + request.error().id.dump());
  return verdicts;
}

using Texts = std::vector<std::string>;

Texts Refusals(std::string_view line) {
  const Message message = ParseMessage(line);
  EXPECT_FALSE(message.is_batch) << line;
  return Verdicts(message);
}

TEST(MessageTest, ReadsACallWithPositionalParameters) {
  const Request request = OnlyRequest(R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})");
  EXPECT_EQ(request.method, "subtract");
  EXPECT_EQ(request.params, Json::array({42, 23}));
  EXPECT_EQ(request.id, Json(1));
}

TEST(MessageTest, ReadsACallWithNamedParametersInAnyOrder) {
  const Request request = OnlyRequest(
      R"({"id": "x-3", "params": {"subtrahend": 23, "minuend": 42}, "method": "subtract", "jsonrpc": "2.0"})");
  EXPECT_EQ(request.params["minuend"], 42);
  EXPECT_EQ(request.id, Json("x-3"));
}

TEST(MessageTest, TellsANotificationFromACallWithANullId) {
  EXPECT_FALSE(OnlyRequest(R"({"jsonrpc": "2.0", "method": "update", "params": [1, 2]})").id.has_value());
  EXPECT_EQ(OnlyRequest(R"({"jsonrpc": "2.0", "method": "update", "id": null})").id, Json(nullptr));
}

TEST(MessageTest, GivesAnEmptyObjectWhereThereAreNoParameters) {
  EXPECT_EQ(OnlyRequest(R"({"jsonrpc": "2.0", "method": "foobar", "id": 1.5})").params, Json::object());
}

TEST(MessageTest, AnswersTextThatIsNoJsonWithAParseError) {
  EXPECT_EQ(Refusals(R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])"), Texts{"-32700 null"});
  EXPECT_EQ(Refusals(R"([{"jsonrpc": "2.0", "method": "sum", "id": "1"},{"jsonrpc": "2.0", "method")"),
            Texts{"-32700 null"});
  EXPECT_EQ(Refusals(""), Texts{"-32700 null"});
  EXPECT_EQ(Refusals(std::string(100'000, '[')), Texts{"-32700 null"});
}

TEST(MessageTest, RefusesWhatIsNoRequest) {
  EXPECT_EQ(Refusals(R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})"), Texts{"-32600 null"});
  for (const char* text :
       {"1", "null", "\"text\"", "true", "{}", R"({"method": "x"})", R"({"jsonrpc": 2.0, "method": "x"})",
        R"({"jsonrpc": "1.0", "method": "x"})", R"({"jsonrpc": "2.0"})",
        R"({"jsonrpc": "2.0", "method": "x", "params": null})", R"({"jsonrpc": "2.0", "method": "x", "params": 7})",
        R"({"jsonrpc": "2.0", "method": "x", "id": []})", R"({"jsonrpc": "2.0", "method": "x", "id": true})"})
    EXPECT_EQ(Refusals(text), Texts{"-32600 null"}) << text;
}

TEST(MessageTest, RefusesARequestUnderTheIdThatItHas) {
  EXPECT_EQ(Refusals(R"({"id": 7, "method": "x"})"), Texts{"-32600 7"});
}

TEST(MessageTest, RefusesAnEmptyBatchAsAWhole) { EXPECT_EQ(Refusals("[]"), Texts{"-32600 null"}); }

TEST(MessageTest, RefusesEachBadElementOfABatchByItself) {
  const Message message = ParseMessage("[1,2,3]");
  EXPECT_TRUE(message.is_batch);
  EXPECT_EQ(Verdicts(message), (Texts{"-32600 null", "-32600 null", "-32600 null"}));
}

TEST(MessageTest, KeepsTheOrderOfAMixedBatch) {
  const Message message = ParseMessage(R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
    {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}, {"foo": "boo"},
    {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, []])");
  EXPECT_EQ(Verdicts(message), (Texts{"ok", "ok", "-32600 null", "ok", "-32600 null"}));
  EXPECT_EQ(message.requests[3]->method, "foo.get");
  EXPECT_FALSE(message.requests[1]->id.has_value());
}

TEST(MessageTest, TakesABatchOfTheLimitAndNoLongerOne) {
  std::string calls = "1";
  for (std::size_t i = 1; i < kMaxBatch; ++i) calls += ",1";
  EXPECT_EQ(ParseMessage("[" + calls + "]").requests.size(), kMaxBatch);
  EXPECT_EQ(Refusals("[" + calls + ",1]"), Texts{"-32600 null"});
}

TEST(MessageTest, WritesLinesThatItsOwnSideReads) {
  EXPECT_EQ(ResultLine(1, 19), R"({"jsonrpc":"2.0","result":19,"id":1})");
  EXPECT_EQ(NotificationLine("update", Json::array({1, "a\nb"})),
            R"({"jsonrpc":"2.0","method":"update","params":[1,"a\nb"]})");
  EXPECT_EQ(BatchLine({"1", "2"}), "[1,2]");
  const Request request = OnlyRequest(RequestLine("id\n", "sum", {{"path", "x"}}));
  EXPECT_EQ(request.id, Json("id\n"));
  EXPECT_EQ(request.params["path"], "x");
  EXPECT_EQ(OnlyRequest(RequestLine(1, "sum", nullptr)).params, Json::object());
}

TEST(MessageTest, WritesAnErrorUnderItsId) {
  const Json line = Json::parse(AnswerLine("1", std::unexpected(MethodNotFound("foobar"))));
  EXPECT_EQ(line["error"]["code"], -32601);
  EXPECT_EQ(line["id"], "1");
  EXPECT_FALSE(line.contains("result"));
}

}  // namespace
}  // namespace acledger::daemon
