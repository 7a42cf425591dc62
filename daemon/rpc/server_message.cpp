// SPDX-License-Identifier: MIT
#include "daemon/rpc/message.h"

namespace acledger::daemon {
namespace {

// A server is believed more than a client: its answers may be large, and come from the same program.
constexpr JsonLimits kAnswerLimits{.depth = 64, .members = 4'096, .values = 16u << 20};

std::unexpected<Error> Strange(const char* reason) {
  return Fail(ErrorKind::kCorrupt, "read a message of the server", reason);
}

Expected<ServerMessage> ReadNotification(Json& json, Json& method) {
  if (!method.is_string()) return Strange("its \"method\" is no string");
  Notification notification{std::move(method.get_ref<std::string&>()), Json::object()};
  if (const auto params = json.find("params"); params != json.end()) notification.params = std::move(*params);
  return notification;
}

}  // namespace

Expected<ServerMessage> ParseServerMessage(std::string_view line) {
  Expected<Json> json = ParseJson(line, kAnswerLimits);
  if (!json) return Strange(json.error().reason.c_str());
  if (!json->is_object()) return Strange("it is no object");
  if (const auto method = json->find("method"); method != json->end()) return ReadNotification(*json, *method);
  const auto id = json->find("id");
  if (id == json->end()) return Strange("it has no \"id\"");
  if (const auto error = json->find("error"); error != json->end())
    return Response{std::move(*id), std::unexpected(ErrorFrom(*error))};
  const auto result = json->find("result");
  if (result == json->end()) return Strange("it has neither \"result\" nor \"error\"");
  return Response{std::move(*id), std::move(*result)};
}

}  // namespace acledger::daemon
