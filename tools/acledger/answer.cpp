// SPDX-License-Identifier: MIT
#include "tools/acledger/answer.h"

#include <cstdio>

#include "tools/acledger/console.h"

namespace acledger::tools {

using store::Verdict;

namespace {

// The order in which people read them.
constexpr Verdict kOrder[] = {Verdict::kReadable, Verdict::kCovered, Verdict::kPending, Verdict::kDenied,
                              Verdict::kSkipped,  Verdict::kDrifted, Verdict::kFailed,  Verdict::kUnknown};

}  // namespace

std::string Hex(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", value);
  return text;
}

Json ToJson(const store::Counts& counts) {
  Json json;
  json["objects"] = counts.Objects();
  for (const Verdict verdict : kOrder) json[store::Name(verdict)] = counts[verdict];
  return json;
}

Json ToJson(const Error& error) {
  return {{"kind", Name(error.kind)}, {"operation", error.operation}, {"code", error.code}, {"reason", error.reason}};
}

Json ToJson(const store::Failure& failure) {
  return {{"path", failure.path},
          {"right", failure.right},
          {"principal", failure.principal.ToString()},
          {"error", ToJson(failure.error)}};
}

Expected<Json> StatusJson(store::Ledger& ledger) {
  const Expected<std::vector<store::Grant>> grants = ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  store::Counts total;
  Json roots = Json::array();
  for (const store::Grant& grant : *grants) {
    const Expected<std::optional<store::Folder>> folder = ledger.Root(grant.id);
    if (!folder) return std::unexpected(folder.error());
    const store::Counts counts = *folder ? (*folder)->counts : store::Counts{};
    total += counts;
    Json root = {{"path", grant.root},
                 {"principal", grant.principal.ToString()},
                 {"mask", Hex(grant.mask)},
                 {"state", store::Name(grant.state)}};
    root.update(ToJson(counts));
    roots.push_back(std::move(root));
  }
  Json json = ToJson(total);
  json["roots"] = std::move(roots);
  return json;
}

std::string Sentence(const store::Counts& counts) {
  std::string text = std::to_string(counts.Objects()) + " objects";
  const char* separator = ": ";
  for (const Verdict verdict : kOrder) {
    if (counts[verdict] == 0) continue;
    text += separator + std::to_string(counts[verdict]) + " " + store::Name(verdict);
    separator = ", ";
  }
  return text;
}

std::string Sentence(const store::Failure& failure) {
  return failure.path + ": " + failure.right + " for " + failure.principal.ToString() + ": " + failure.error.ToString();
}

Expected<void> Print(const Json& document) {
  return WriteOutput(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Expected<void> PrintText(const std::string& text) { return WriteOutput(text + "\n"); }

}  // namespace acledger::tools
