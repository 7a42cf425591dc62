// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/rpc/error_object.h"
#include "daemon/rpc/json.h"

// JSON-RPC 2.0 (https://www.jsonrpc.org/specification): one message a line. Pure functions, any thread, no exceptions.
namespace acledger::daemon {

inline constexpr std::size_t kMaxBatch = 64;

struct Request {
  std::string method;
  Json params = Json::object();  // An object or an array; where the text has none, an empty object.
  std::optional<Json> id{};      // String, number or null; absent: a notification, which is never answered.
};

// What is answered at once, without looking for a method.
struct BadRequest {
  Json id;  // Null where the text has none.
  Error error;
};

struct Message {
  // The answers make one array. Not set for a text that is refused as a whole.
  bool is_batch = false;
  std::vector<std::expected<Request, BadRequest>> requests;
};

// Every line gives at least one element: a text that is no JSON, an empty batch and one with more than kMaxBatch
// elements give one BadRequest; a bad element of a batch is bad by itself.
Message ParseMessage(std::string_view line);

// Lines without their end.
std::string ResultLine(const Json& id, const Json& result);
std::string ErrorLine(const Json& id, const Error& error);
std::string AnswerLine(const Json& id, const Expected<Json>& answer);
std::string RequestLine(const Json& id, std::string_view method, const Json& params);
std::string NotificationLine(std::string_view method, const Json& params);
// "[a,b]" of what the functions above gave.
std::string BatchLine(const std::vector<std::string>& lines);

// What a client receives.
struct Response {
  Json id;  // Null: an error that belongs to no call.
  Expected<Json> result;
};
struct Notification {
  std::string method;
  Json params;
};
using ServerMessage = std::variant<Response, Notification>;

// kCorrupt for a line that is neither (batches included: our client sends none).
Expected<ServerMessage> ParseServerMessage(std::string_view line);

}  // namespace acledger::daemon
