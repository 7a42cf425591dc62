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
    {"restored", &RollbackReport::restored}, {"stripped", &RollbackReport::stripped},
    {"drifted", &RollbackReport::drifted},   {"already_gone", &RollbackReport::already_gone},
    {"failed", &RollbackReport::failed},     {"remaining", &RollbackReport::remaining},
    {"scanned", &RollbackReport::scanned},   {"unreadable", &RollbackReport::unreadable},
    {"writes", &RollbackReport::writes}};
constexpr Number<VerifyReport> kVerify[] = {{"looked_at", &VerifyReport::objects},
                                            {"differences", &VerifyReport::differences},
                                            {"failures", &VerifyReport::failures}};

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
  return json;
}

ProvisionReport ProvisionReportFrom(const Json& json) { return Read(json, kProvision); }

RollbackReport RollbackReportFrom(const Json& json) {
  RollbackReport report = Read(json, kRollback);
  if (!json.is_object() || !json.contains("examples")) return report;
  for (const Json& example : json["examples"])
    if (example.is_string()) report.examples.push_back(example.get<std::string>());
  return report;
}

VerifyReport VerifyReportFrom(const Json& json) {
  VerifyReport report = Read(json, kVerify);
  report.counts = CountsFrom(json);
  return report;
}

}  // namespace acledger::daemon
