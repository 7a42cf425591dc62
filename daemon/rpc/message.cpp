// SPDX-License-Identifier: MIT
#include "daemon/rpc/message.h"

namespace acledger::daemon {
namespace {

using Element = std::expected<Request, BadRequest>;

constexpr char kVersion[] = "2.0";

std::unexpected<BadRequest> Bad(Json id, int code, std::string reason) {
  return std::unexpected(BadRequest{std::move(id), ProtocolError(code, std::move(reason))});
}

bool IsId(const Json& value) { return value.is_string() || value.is_number() || value.is_null(); }

bool HasVersion(const Json& object) {
  const auto version = object.find("jsonrpc");
  return version != object.end() && version->is_string() && version->get_ref<const std::string&>() == kVersion;
}

Element ReadRequest(Json&& object) {
  if (!object.is_object()) return Bad(nullptr, kInvalidRequest, "a request is an object");
  Request request;
  if (const auto id = object.find("id"); id != object.end()) {
    if (!IsId(*id)) return Bad(nullptr, kInvalidRequest, "an id is a string, a number or null");
    request.id = std::move(*id);
  }
  const auto refuse = [&](const char* reason) { return Bad(request.id.value_or(nullptr), kInvalidRequest, reason); };
  if (!HasVersion(object)) return refuse("\"jsonrpc\" must be \"2.0\"");
  const auto method = object.find("method");
  if (method == object.end() || !method->is_string()) return refuse("\"method\" must be a string");
  request.method = std::move(method->get_ref<std::string&>());
  if (const auto params = object.find("params"); params != object.end()) {
    if (!params->is_structured()) return refuse("\"params\" must be an object or an array");
    request.params = std::move(*params);
  }
  return request;
}

// What a line starts with, in the order of the specification's examples.
Json Head() {
  Json json;
  json["jsonrpc"] = kVersion;
  return json;
}

Message Refuse(int code, std::string reason) {
  Message message;
  message.requests.emplace_back(Bad(nullptr, code, std::move(reason)));
  return message;
}

std::string MethodLine(Json json, std::string_view method, const Json& params) {
  json["method"] = std::string(method);
  if (!params.is_null()) json["params"] = params;
  return Text(json);
}

}  // namespace

Message ParseMessage(std::string_view line) {
  Expected<Json> json = ParseJson(line);
  if (!json) return Refuse(kParseError, json.error().reason);
  Message message;
  if (!json->is_array()) {
    message.requests.push_back(ReadRequest(std::move(*json)));
    return message;
  }
  if (json->empty()) return Refuse(kInvalidRequest, "a batch must hold a request");
  if (json->size() > kMaxBatch)
    return Refuse(kInvalidRequest, "a batch may hold " + std::to_string(kMaxBatch) + " requests");
  message.is_batch = true;
  for (Json& element : *json) message.requests.push_back(ReadRequest(std::move(element)));
  return message;
}

std::string ResultLine(const Json& id, const Json& result) {
  return R"({"jsonrpc":"2.0","result":)" + Text(result) + R"(,"id":)" + Text(id) + "}";
}

std::string ErrorLine(const Json& id, const Error& error) {
  return R"({"jsonrpc":"2.0","error":)" + Text(ErrorObject(error)) + R"(,"id":)" + Text(id) + "}";
}

std::string AnswerLine(const Json& id, const Expected<Json>& answer) {
  return answer ? ResultLine(id, *answer) : ErrorLine(id, answer.error());
}

std::string RequestLine(const Json& id, std::string_view method, const Json& params) {
  Json json = Head();
  json["id"] = id;
  return MethodLine(std::move(json), method, params);
}

std::string NotificationLine(std::string_view method, const Json& params) { return MethodLine(Head(), method, params); }

std::string BatchLine(const std::vector<std::string>& lines) {
  std::string batch = "[";
  for (const std::string& line : lines) {
    if (batch.size() > 1) batch += ',';
    batch += line;
  }
  return batch + "]";
}

}  // namespace acledger::daemon
