// SPDX-License-Identifier: MIT
#include "daemon/service/params.h"

#include <algorithm>

#include "daemon/answers/index_use.h"
#include "daemon/answers/mask.h"
#include "security/sddl.h"

namespace acledger::daemon {

Params::Params(const Json& params) : params_(params) {
  if (!params.is_object()) Refuse("an object of named parameters is wanted");
}

void Params::Refuse(const std::string& reason) {
  if (!error_) error_ = InvalidParams(reason);
}

bool Params::Has(const char* name) const { return params_.is_object() && params_.contains(name); }

const Json* Params::Find(const char* name, bool must) {
  asked_.emplace_back(name);
  if (Has(name)) return &params_[name];
  if (must) Refuse(std::string("\"") + name + "\" is missing");
  return nullptr;
}

std::string Params::Text(const char* name) {
  const Json* value = Find(name, true);
  if (!value) return {};
  if (value->is_string()) return value->get<std::string>();
  Refuse(std::string("\"") + name + "\": a string is wanted");
  return {};
}

std::string Params::TextOr(const char* name, std::string otherwise) {
  if (Has(name)) return Text(name);
  asked_.emplace_back(name);
  return otherwise;
}

std::vector<std::string> Params::Texts(const char* name) {
  std::vector<std::string> texts;
  const Json* value = Find(name, false);
  if (!value) return texts;
  const bool all_strings =
      value->is_array() && std::ranges::all_of(*value, [](const Json& one) { return one.is_string(); });
  if (!all_strings) {
    Refuse(std::string("\"") + name + "\": an array of strings is wanted");
    return texts;
  }
  for (const Json& one : *value) texts.push_back(one.get<std::string>());
  return texts;
}

bool Params::Flag(const char* name) {
  const Json* value = Find(name, false);
  if (!value) return false;
  if (value->is_boolean()) return value->get<bool>();
  Refuse(std::string("\"") + name + "\": true or false is wanted");
  return false;
}

std::uint64_t Params::NumberOr(const char* name, std::uint64_t otherwise, std::uint64_t most) {
  const Json* value = Find(name, false);
  if (!value) return otherwise;
  const bool is_natural =
      value->is_number_unsigned() || (value->is_number_integer() && value->get<std::int64_t>() >= 0);
  if (is_natural && value->get<std::uint64_t>() <= most) return value->get<std::uint64_t>();
  Refuse(std::string("\"") + name + "\": a whole number from 0 to " + std::to_string(most) + " is wanted");
  return otherwise;
}

Expected<void> Params::End() {
  if (!error_ && params_.is_object())
    for (const auto& [name, value] : params_.items())
      if (std::ranges::find(asked_, name) == asked_.end()) Refuse("there is no parameter \"" + name + "\"");
  if (error_) return std::unexpected(*error_);
  return {};
}

scanner::IndexUse IndexUseIn(Params& params) {
  const auto use = IndexUseFrom(params.TextOr("index", "auto"));
  if (!use) params.Refuse("\"index\": \"auto\", \"always\" or \"never\" is wanted");
  return use.value_or(scanner::IndexUse::kAuto);
}

Expected<scanner::GrantRequest> GrantRequestFrom(Params& params) {
  scanner::GrantRequest request;
  const std::string principal = params.Text("principal");
  request.roots = params.Texts("roots");
  if (request.roots.empty()) params.Refuse("\"roots\": at least one path is wanted");
  const std::string mask = params.TextOr("mask", "");
  const std::string policy = params.TextOr("protected", "report");
  if (policy != "report" && policy != "grant") params.Refuse("\"protected\": \"report\" or \"grant\" is wanted");
  request.protected_policy = policy == "grant" ? store::ProtectedPolicy::kGrant : store::ProtectedPolicy::kReport;
  request.principal_is_ours = params.Flag("own_principal");
  request.machine_sid_final = params.Flag("machine_sid_final");
  request.rules = {params.Texts("exclude"), params.Texts("sensitive_names"), params.Texts("appdata_allowed"), {}};
  const std::vector<std::string> token_sids = params.Texts("token_sids");
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());

  const Expected<security::Sid> sid = security::SidFromSddl(principal);
  if (!sid) return std::unexpected(InvalidParams("\"principal\": " + sid.error().reason));
  request.principal = *sid;
  for (const std::string& text : token_sids) {
    const Expected<security::Sid> one = security::SidFromSddl(text);
    if (!one) return std::unexpected(InvalidParams("\"token_sids\": " + text + ": " + one.error().reason));
    request.token_sids.push_back(*one);
  }
  if (mask.empty()) return request;
  const Expected<security::AccessMask> rights = ParseMask(mask);
  if (!rights) return std::unexpected(InvalidParams("\"mask\": " + rights.error().reason));
  request.mask = *rights;
  return request;
}

}  // namespace acledger::daemon
