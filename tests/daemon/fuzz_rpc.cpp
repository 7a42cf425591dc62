// SPDX-License-Identifier: MIT
// One input is what a client sends and, read the other way, what a server sends. Lines come out whole however the bytes
// are cut; every line has at least one request or refusal, and what is answered is one line of JSON that a client
// reads. Driven by libFuzzer, and by fuzz_rpc_smoke_test.cpp.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "daemon/rpc/line_buffer.h"
#include "daemon/rpc/message.h"

namespace acledger::daemon {
namespace {

#define HOLDS(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

void IsReadByAClient(const std::string& line) {
  HOLDS(line.find('\n') == line.npos);
  const Expected<ServerMessage> message = ParseServerMessage(line);
  HOLDS(message && std::holds_alternative<Response>(*message));
}

void ReadsAMessage(std::string_view line) {
  const Message message = ParseMessage(line);
  HOLDS(!message.requests.empty() && message.requests.size() <= kMaxBatch);
  HOLDS(message.is_batch || message.requests.size() == 1);
  for (const auto& request : message.requests) {
    if (!request) {
      IsReadByAClient(ErrorLine(request.error().id, request.error().error));
      continue;
    }
    HOLDS(request->params.is_structured());
    if (request->id) IsReadByAClient(ResultLine(*request->id, Json::array({request->method})));
    const Message again = ParseMessage(RequestLine(request->id.value_or(0), request->method, request->params));
    HOLDS(again.requests.size() == 1 && again.requests[0]);
    HOLDS(again.requests[0]->params == request->params && again.requests[0]->method == request->method);
  }
}

std::string Lines(std::string_view bytes, std::size_t cut, std::size_t limit) {
  LineBuffer buffer(limit);
  std::string lines;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(cut, bytes.size()))) {
    buffer.Append(bytes.substr(0, cut));
    while (const auto line = buffer.Next()) lines.append(*line).append("\n");
    HOLDS(buffer.Size() <= limit);
  }
  return lines + (buffer.IsTooLong() ? "too long" : "");
}

}  // namespace
}  // namespace acledger::daemon

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace acledger::daemon;
  // A copy of exactly this size, so that a sanitizer sees the first byte that is read behind it.
  const std::string text(reinterpret_cast<const char*>(data), size);
  HOLDS(Lines(text, 1, 20) == Lines(text, 7, 20));
  ReadsAMessage(text);
  if (const auto message = ParseServerMessage(text); message && std::holds_alternative<Response>(*message)) {
    const auto& response = std::get<Response>(*message);
    if (!response.result) IsReadByAClient(ErrorLine(response.id, response.result.error()));
  }
  return 0;
}
