// SPDX-License-Identifier: MIT
#include "daemon/answers/answer.h"

#include <algorithm>
#include <cstdio>

#include "daemon/answers/tombstones.h"

namespace acledger::daemon {

using store::Verdict;

namespace {

// The order in which people read them.
constexpr Verdict kOrder[] = {Verdict::kReadable, Verdict::kCovered, Verdict::kPending, Verdict::kDenied,
                              Verdict::kSkipped,  Verdict::kDrifted, Verdict::kFailed,  Verdict::kUnknown};

// Of paths and reasons in one page of failures.
constexpr std::size_t kPageBytes = 256 << 10;

}  // namespace

const char* const kStale = "changes were missed: it is looked at again";

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

std::uint64_t NumberIn(const Json& json, const char* name) {
  if (!json.is_object()) return 0;
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_integer()) return 0;
  if (found->is_number_unsigned()) return found->get<std::uint64_t>();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(found->get<std::int64_t>(), 0));
}

store::Counts CountsFrom(const Json& json) {
  store::Counts counts;
  for (const Verdict verdict : kOrder) counts[verdict] = NumberIn(json, store::Name(verdict));
  return counts;
}

store::Counts Known(const store::Grant& grant, const store::Counts& counts) {
  if (!grant.is_stale) return counts;
  store::Counts unknown;
  unknown[Verdict::kUnknown] = counts.Objects();
  return unknown;
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

Expected<Json> HoldersJson(store::Ledger& ledger, const std::vector<store::Grant>& grants, const std::string& user) {
  const Expected<std::vector<store::Holder>> holders = ledger.Holders();
  if (!holders) return std::unexpected(holders.error());
  Json listed = Json::array();
  for (const store::Holder& holder : *holders) {
    const auto grant = std::ranges::find(grants, holder.grant, &store::Grant::id);
    if (grant == grants.end() || (!user.empty() && holder.user != user)) continue;
    listed.push_back({{"holder", holder.id},
                      {"root", grant->root},
                      {"grant", grant->id},
                      {"principal", grant->principal.ToString()},
                      {"mask", Hex(grant->mask)},
                      {"state", store::Name(grant->state)},
                      {"permanent", grant->is_permanent},
                      {"user", holder.user},
                      {"pid", holder.process},
                      {"acquired", holder.acquired}});
  }
  return Json{{"holders", std::move(listed)}};
}

Expected<Json> StatusJson(store::Ledger& ledger, const Viewer& viewer) {
  const Expected<std::vector<store::Grant>> grants = ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  store::Counts total;
  Json roots = Json::array();
  for (const store::Grant& grant : *grants) {
    if (!viewer.Owns(grant)) continue;
    const Expected<std::optional<store::Folder>> folder = ledger.Root(grant.id);
    if (!folder) return std::unexpected(folder.error());
    const store::Counts counts = Known(grant, *folder ? (*folder)->counts : store::Counts{});
    total += counts;
    Json root = {{"grant", grant.id},
                 {"path", grant.root},
                 {"principal", grant.principal.ToString()},
                 {"mask", Hex(grant.mask)},
                 {"state", store::Name(grant.state)},
                 {"stale", grant.is_stale}};
    root.update(ToJson(counts));
    roots.push_back(std::move(root));
  }
  Json json = ToJson(total);
  json["roots"] = std::move(roots);
  Expected<Json> tombstones = TombstoneCountsJson(ledger, viewer);
  if (!tombstones) return tombstones;
  json["tombstones"] = std::move(*tombstones);
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

std::string FailureSentence(const Json& failure) {
  const Json error = failure.value("error", Json::object());
  return failure.value("path", "") + ": " + failure.value("right", "") + " for " + failure.value("principal", "") +
         ": " + error.value("operation", "") + ": " + error.value("reason", "");
}

Expected<Json> FailuresJson(store::Ledger& ledger, const Viewer& viewer, const FailuresWanted& wanted) {
  const Expected<std::vector<store::Failure>> failures = ledger.Failures();
  if (!failures) return std::unexpected(failures.error());
  const Expected<std::vector<store::Grant>> grants = ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  Json listed = Json::array();
  std::size_t seen = 0, bytes = 0, next = 0;
  for (const store::Failure& failure : *failures) {
    const auto grant = std::ranges::find(*grants, failure.grant, &store::Grant::id);
    const bool is_his = grant == grants->end() ? viewer.IsAdmin() : viewer.Owns(*grant);
    if (!is_his || seen++ < wanted.skip) continue;
    if (wanted.limit && (listed.size() >= *wanted.limit || bytes > kPageBytes)) {
      next = seen - 1;
      break;
    }
    bytes += failure.path.size() + failure.error.reason.size();
    listed.push_back(ToJson(failure));
  }
  Json answer = {{"failures", std::move(listed)}};
  if (next > 0) answer["next"] = next;
  const auto add = [&](const char* name, TombstonesWanted which) -> Expected<void> {
    Expected<Json> tombstones = TombstonesJson(ledger, viewer, which);
    if (!tombstones) return std::unexpected(tombstones.error());
    answer[name] = std::move(*tombstones);
    return {};
  };
  if (wanted.tombstones && wanted.skip == 0)
    if (Expected<void> added = add("tombstones", TombstonesWanted::kStanding); !added)
      return std::unexpected(added.error());
  if (wanted.dismissed && wanted.skip == 0)
    if (Expected<void> added = add("dismissed", TombstonesWanted::kDismissed); !added)
      return std::unexpected(added.error());
  return answer;
}

Json CoverageOf(const std::string& path, const store::Grant& grant, const store::Node& node,
                const store::Counts& counts) {
  Json answer = {{"path", path},
                 {"root", grant.root},
                 {"principal", grant.principal.ToString()},
                 {"verdict", store::Name(grant.is_stale ? Verdict::kUnknown : node.verdict)},
                 {"reason", grant.is_stale ? kStale : store::Name(node.reason)},
                 {"state", store::Name(grant.state)},
                 {"stale", grant.is_stale}};
  answer.update(ToJson(Known(grant, counts)));
  return answer;
}

Error NotInTheIndex(const std::string& path) {
  return {ErrorKind::kNotFound, "coverage", path, 0,
          "it is not in the index: outside every grant, excluded with a folder above it, or "
          "created since (acledger explain tells which)"};
}

Expected<Json> CoverageJson(store::Ledger& ledger, const std::string& path, const Viewer& viewer) {
  const Expected<std::vector<store::Ledger::Found>> found = viewer.Find(ledger, path);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::unexpected(NotInTheIndex(path));
  Json answers = Json::array();
  for (const store::Ledger::Found& one : *found) {
    const Expected<store::Counts> counts = viewer.CountsOf(ledger, one);
    if (!counts) return std::unexpected(counts.error());
    answers.push_back(CoverageOf(path, one.grant, one.node, *counts));
  }
  return Json{{"coverage", std::move(answers)}};
}

}  // namespace acledger::daemon
