// SPDX-License-Identifier: MIT
#include "daemon/answers/plan.h"

#include <utility>

#include "daemon/answers/answer.h"
#include "security/wtf8.h"

namespace acledger::daemon {
namespace {

std::string PathOf(const scanner::GrantContext& context, const store::Change& change, char drive) {
  scanner::PathComponents path = context.root;
  if (change.folder != 0) {
    path = context.tree.Components(context.root, change.folder);
    path.push_back(FromWtf8(change.name).value_or(u"?"));
  }
  return scanner::FormatPath(path, drive);
}

// A mask in the words of icacls, which takes no numbers.
std::string IcaclsRights(security::AccessMask mask) {
  if (mask == security::kFileReadAndExecute) return "RX";
  if (mask == security::kFileGenericRead) return "R";
  constexpr std::pair<security::AccessMask, const char*> kWords[] = {
      {0x1, "RD"},  {0x2, "WD"},   {0x4, "AD"},     {0x8, "REA"},    {0x10, "WEA"},  {0x20, "X"},
      {0x80, "RA"}, {0x100, "WA"}, {0x10000, "DE"}, {0x20000, "RC"}, {0x100000, "S"}};
  std::string words;
  for (const auto& [right, word] : kWords)
    if (mask & right) words += (words.empty() ? "" : ",") + std::string(word);
  return words;
}

// What an administrator would type for one explicit entry; inherited ones follow from it.
std::string IcaclsLine(const std::string& path, const store::Change& change, const store::Grant& grant) {
  const std::string start = "icacls \"" + path + "\" ";
  const std::string who = "\"*" + grant.principal.ToString();
  if (!change.Adds()) return start + "/remove:g " + who + "\" /L";
  const bool inheritable = (change.entry_flags & security::kContainerInherit) != 0;
  // Where an entry of ours is there already, another one is to take its place.
  const char* verb = change.before == change.original ? "/grant " : "/grant:r ";
  return start + verb + who + ":" + (inheritable ? "(OI)(CI)" : "") + "(" + IcaclsRights(grant.mask) + ")\" /L";
}

// "C:\\work" names its drive; every root of a request names the same one, or none.
char DriveOf(const scanner::GrantRequest& request) {
  for (const std::string& root : request.roots)
    if (const Expected<scanner::ParsedPath> parsed = scanner::ParsePath(root); parsed && parsed->drive)
      return parsed->drive;
  return 0;
}

struct Planned {
  std::uint64_t sources = 0, inherited = 0;
  Json examples = Json::array(), lines = Json::array();
};

}  // namespace

Expected<Json> PlanJson(const scanner::Environment& scratch, const scanner::GrantRequest& request,
                        const PlanOptions& options) {
  scanner::Engine engine(scratch);
  std::vector<std::string> notes;
  const Expected<std::vector<store::Grant>> grants = engine.Register(request, notes);
  if (!grants) return std::unexpected(grants.error());
  Planned plan;
  const char drive = DriveOf(request);
  const auto on_planned = [&](const scanner::GrantContext& context, const store::Change& change) {
    const bool inherited = (change.entry_flags & security::kInherited) != 0;
    ++(inherited ? plan.inherited : plan.sources);
    const bool example = plan.examples.size() < options.examples;
    if (!example && (!options.manual || inherited)) return;
    const std::string path = PathOf(context, change, drive);
    if (example) plan.examples.push_back(path);
    if (options.manual && !inherited) plan.lines.push_back(IcaclsLine(path, change, context.grant));
  };
  store::Counts counts;
  const Expected<scanner::ProvisionReport> report = engine.Plan(*grants, on_planned, counts);
  if (!report) return std::unexpected(report.error());
  Json json = ToJson(counts);
  json["changes"] = report->changes;
  json["explicit_entries"] = plan.sources;
  json["inherited_entries"] = plan.inherited;
  json["examples"] = std::move(plan.examples);
  json["failures"] = report->failures;
  json["notes"] = notes;
  json["complete"] = report->complete;
  if (options.manual) json["manual"] = std::move(plan.lines);
  return json;
}

}  // namespace acledger::daemon
