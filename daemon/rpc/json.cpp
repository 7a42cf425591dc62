// SPDX-License-Identifier: MIT
#include "daemon/rpc/json.h"

#include <vector>

namespace acledger::daemon {
namespace {

// Counts what a text holds as long as it is JSON; where it stops to be, the parser stops too.
class Shape {
 public:
  explicit Shape(const JsonLimits& limits) : limits_(limits) {}

  // Null: within the limits.
  const char* Excess(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '"') at = EndOfString(text, at);
      if (c == '[' || c == '{') open_.push_back(c == '{' ? 1 : 0);
      if ((c == ']' || c == '}') && !open_.empty()) open_.pop_back();
      if (c == ',' && !open_.empty() && open_.back() > 0) ++open_.back();
      if (c == '[' || c == '{' || c == ',') ++values_;
      if (open_.size() > limits_.depth) return "nested too deeply";
      if (!open_.empty() && open_.back() > limits_.members) return "too many members in an object";
      if (values_ > limits_.values) return "too many values";
    }
    return nullptr;
  }

 private:
  // Of the closing quote, or of the last character.
  static std::size_t EndOfString(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at)
      if (text[at] == '\\') ++at;
    return at;
  }

  const JsonLimits& limits_;
  std::vector<std::size_t> open_;  // For each open object its members, one at least; 0 for an array.
  std::size_t values_ = 0;
};

}  // namespace

Expected<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  constexpr char kOperation[] = "parse JSON";
  if (const char* excess = Shape(limits).Excess(text)) return Fail(ErrorKind::kTooLarge, kOperation, excess);
  Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return Fail(ErrorKind::kInvalid, kOperation, "this is no JSON text");
  return document;
}

std::string Text(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace acledger::daemon
