// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "daemon/rpc/message.h"

namespace acledger::daemon {
namespace {

TEST(ServerMessageTest, ReadsAResult) {
  const auto message = ParseServerMessage(ResultLine(3, {{"a", 1}}));
  ASSERT_TRUE(message.has_value());
  const auto& response = std::get<Response>(*message);
  EXPECT_EQ(response.id, 3);
  EXPECT_EQ(response.result.value()["a"], 1);
}

TEST(ServerMessageTest, ReadsAnError) {
  const auto message = ParseServerMessage(ErrorLine(nullptr, {ErrorKind::kBusy, "connect", {}, 0, "too many"}));
  ASSERT_TRUE(message.has_value());
  const auto& response = std::get<Response>(*message);
  EXPECT_TRUE(response.id.is_null());
  ASSERT_FALSE(response.result.has_value());
  EXPECT_EQ(response.result.error().kind, ErrorKind::kBusy);
}

TEST(ServerMessageTest, ReadsANotification) {
  const auto message = ParseServerMessage(NotificationLine("progress", {{"done", 5}}));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(std::get<Notification>(*message).method, "progress");
  EXPECT_EQ(std::get<Notification>(*message).params["done"], 5);
}

TEST(ServerMessageTest, CallsAnythingElseCorrupt) {
  for (const char* line : {"", "x", "1", "[]", "{}", R"({"id": 1})", R"({"result": 1})", R"({"method": 1})"}) {
    const auto message = ParseServerMessage(line);
    ASSERT_FALSE(message.has_value()) << line;
    EXPECT_EQ(message.error().kind, ErrorKind::kCorrupt) << line;
  }
}

}  // namespace
}  // namespace acledger::daemon
