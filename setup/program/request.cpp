// SPDX-License-Identifier: MIT
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "setup/program/command.h"

namespace acledger::setup {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::array kVerbs = {Verb::kPlan, Verb::kInstall, Verb::kRepair, Verb::kUninstall, Verb::kStatus};
constexpr std::array kPrincipals = {"group", "synthetic"};

std::unexpected<Error> Bad(std::string reason, ErrorKind kind = ErrorKind::kInvalid) {
  return Fail(kind, "read the request", std::move(reason));
}

Expected<Command> ReadCommand(const Json& json) {
  static const std::set<std::string> kKnown = {"version",         "pipe",       "command",   "users",  "proxy_ports",
                                               "no_proxies",      "workspaces", "principal", "manual", "keep_accounts",
                                               "undo_on_failure", "json",       "quiet",     "log"};
  for (const auto& [key, value] : json.items())
    if (!kKnown.contains(key)) return Bad("\"" + key + "\" is unknown");
  Command command;
  const auto verb = json.at("command").get<std::string>();
  const auto* known = std::ranges::find(kVerbs, verb, [](Verb one) { return std::string(Name(one)); });
  if (known == kVerbs.end()) return Bad("there is no command \"" + verb + "\"");
  command.verb = *known;
  command.users = json.at("users").get<std::vector<std::string>>();
  for (const Json& port : json.at("proxy_ports")) {
    if (!port.is_number_unsigned() || port.get<std::uint64_t>() - 1 >= UINT16_MAX)
      return Bad("\"proxy_ports\": a port is a number from 1 to 65535");
    command.proxy_ports.push_back(port.get<std::uint16_t>());
  }
  command.no_proxies = json.at("no_proxies").get<bool>();
  command.workspaces = json.at("workspaces").get<std::vector<std::string>>();
  if (json.contains("principal")) {
    const auto principal = json.at("principal").get<std::string>();
    if (principal != kPrincipals[0] && principal != kPrincipals[1])
      return Bad("\"principal\": \"group\" or \"synthetic\" is wanted");
    command.principal = principal == kPrincipals[0] ? PrincipalKind::kGroup : PrincipalKind::kSynthetic;
  }
  if (json.contains("manual")) command.manual = json.at("manual").get<bool>();
  command.keep_accounts = json.at("keep_accounts").get<bool>();
  command.undo_on_failure = json.at("undo_on_failure").get<bool>();
  command.json = json.at("json").get<bool>();
  command.quiet = json.at("quiet").get<bool>();
  command.log = json.at("log").get<std::string>();
  return command;
}

}  // namespace

std::string Write(const Request& request) {
  const Command& command = request.command;
  Json json = {{"version", kVersion},
               {"pipe", request.pipe},
               {"command", Name(command.verb)},
               {"users", command.users},
               {"proxy_ports", command.proxy_ports},
               {"no_proxies", command.no_proxies},
               {"workspaces", command.workspaces},
               {"keep_accounts", command.keep_accounts},
               {"undo_on_failure", command.undo_on_failure},
               {"json", command.json},
               {"quiet", command.quiet},
               {"log", command.log}};
  if (command.principal) json["principal"] = kPrincipals[static_cast<std::size_t>(*command.principal)];
  if (command.manual) json["manual"] = *command.manual;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Expected<Request> ReadRequest(const std::string& text, const std::string& digest, const std::string& wanted_digest) {
  if (digest != wanted_digest)
    return Bad("it is not what was asked for: somebody changed the file since", ErrorKind::kMismatch);
  if (text.size() > kMostRequestBytes) return Bad("it is too long", ErrorKind::kTooLarge);
  try {
    const Json json = Json::parse(text);
    const int version = json.at("version").get<int>();
    if (version > kVersion) return Bad("it is of a newer version of acledger: use that one", ErrorKind::kUnsupported);
    if (version < 1) return Bad("its version is none");
    Expected<Command> command = ReadCommand(json);
    if (!command) return std::unexpected(command.error());
    return Request{*std::move(command), json.at("pipe").get<std::string>()};
  } catch (const Json::exception& error) {
    return Bad(error.what());
  }
}

}  // namespace acledger::setup
