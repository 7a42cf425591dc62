// SPDX-License-Identifier: MIT
#include "daemon/answers/reports.h"

#include "daemon/answers/answer.h"

namespace acledger::daemon {

using scanner::ProvisionReport;
using scanner::RollbackReport;
using scanner::VerifyReport;

namespace {

template <class Report>
struct Number {
  const char* name;
  std::uint64_t Report::* member;
};

constexpr Number<ProvisionReport> kProvision[] = {{"changes", &ProvisionReport::changes},
                                                  {"stripped", &ProvisionReport::stripped},
                                                  {"failures", &ProvisionReport::failures}};
constexpr Number<RollbackReport> kRollback[] = {
    {"restored", &RollbackReport::restored},     {"stripped", &RollbackReport::stripped},
    {"drifted", &RollbackReport::drifted},       {"already_gone", &RollbackReport::already_gone},
    {"missing", &RollbackReport::missing},       {"dismissed", &RollbackReport::dismissed},
    {"failed", &RollbackReport::failed},         {"remaining", &RollbackReport::remaining},
    {"orphans", &RollbackReport::orphans},       {"scanned", &RollbackReport::scanned},
    {"unreadable", &RollbackReport::unreadable}, {"writes", &RollbackReport::writes}};
constexpr Number<VerifyReport> kVerify[] = {{"looked_at", &VerifyReport::objects},
                                            {"differences", &VerifyReport::differences},
                                            {"failures", &VerifyReport::failures},
                                            {"orphans", &VerifyReport::orphans}};

template <class Report, std::size_t size>
Json Tell(const Report& report, const Number<Report> (&numbers)[size]) {
  Json json = Json::object();
  for (const auto& [name, member] : numbers) json[name] = report.*member;
  json["complete"] = report.complete;
  return json;
}

template <class Report, std::size_t size>
Report Read(const Json& json, const Number<Report> (&numbers)[size]) {
  Report report;
  for (const auto& [name, member] : numbers) report.*member = NumberIn(json, name);
  report.complete = json.is_object() && json.contains("complete") && json["complete"] == true;
  return report;
}

std::vector<std::string> TextsIn(const Json& json, const char* name) {
  std::vector<std::string> texts;
  if (!json.is_object() || !json.contains(name)) return texts;
  for (const Json& text : json[name])
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

}  // namespace

Json ToJson(const ProvisionReport& report) { return Tell(report, kProvision); }

Json ToJson(const RollbackReport& report) {
  Json json = Tell(report, kRollback);
  json["examples"] = report.examples;
  return json;
}

Json ToJson(const VerifyReport& report) {
  Json json = ToJson(report.counts);
  json.update(Tell(report, kVerify));
  json["orphan_examples"] = report.orphan_examples;
  return json;
}

ProvisionReport ProvisionReportFrom(const Json& json) { return Read(json, kProvision); }

RollbackReport RollbackReportFrom(const Json& json) {
  RollbackReport report = Read(json, kRollback);
  report.examples = TextsIn(json, "examples");
  return report;
}

VerifyReport VerifyReportFrom(const Json& json) {
  VerifyReport report = Read(json, kVerify);
  report.counts = CountsFrom(json);
  report.orphan_examples = TextsIn(json, "orphan_examples");
  return report;
}

}  // namespace acledger::daemon
