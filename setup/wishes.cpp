// SPDX-License-Identifier: MIT
#include "setup/wishes.h"

#include <array>
#include <nlohmann/json.hpp>
#include <set>

namespace acledger::setup {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::array kPrincipals = {"group", "synthetic"};
constexpr std::size_t kMostUsers = 1000, kMostWorkspaces = 10'000;

std::unexpected<Error> Bad(std::string reason, ErrorKind kind = ErrorKind::kInvalid) {
  return Fail(kind, "read what is to be installed", std::move(reason));
}

Expected<Wishes> Read(const Json& json) {
  static const std::set<std::string> kKnown = {"version", "users", "proxy_ports", "workspaces", "principal", "manual"};
  for (const auto& [key, value] : json.items())
    if (!kKnown.contains(key)) return Bad("\"" + key + "\" is unknown");
  Wishes wishes;
  for (const std::string& text : json.at("users").get<std::vector<std::string>>()) {
    const auto sid = security::Sid::FromString(text);
    if (!sid) return Bad("\"users\": " + sid.error().reason);
    wishes.users.push_back(*sid);
  }
  for (const Json& port : json.at("proxy_ports")) {
    if (!port.is_number_unsigned() || port.get<std::uint64_t>() - 1 >= UINT16_MAX)
      return Bad("\"proxy_ports\": a port is a number from 1 to 65535");
    wishes.proxy_ports.push_back(port.get<std::uint16_t>());
  }
  wishes.workspaces = json.at("workspaces").get<std::vector<std::string>>();
  const auto principal = json.at("principal").get<std::string>();
  if (principal != kPrincipals[0] && principal != kPrincipals[1])
    return Bad("\"principal\": \"group\" or \"synthetic\" is wanted");
  wishes.principal = principal == kPrincipals[0] ? PrincipalKind::kGroup : PrincipalKind::kSynthetic;
  wishes.manual = json.at("manual").get<bool>();
  if (wishes.users.size() > kMostUsers || wishes.workspaces.size() > kMostWorkspaces) return Bad("it names too many");
  return wishes;
}

}  // namespace

std::string Write(const Wishes& wishes) {
  Json users = Json::array();
  for (const security::Sid& user : wishes.users) users.push_back(user.ToString());
  return Json{{"version", kVersion},
              {"users", std::move(users)},
              {"proxy_ports", wishes.proxy_ports},
              {"workspaces", wishes.workspaces},
              {"principal", kPrincipals[static_cast<std::size_t>(wishes.principal)]},
              {"manual", wishes.manual}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Expected<Wishes> ReadWishes(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    const int version = json.at("version").get<int>();
    if (version > kVersion) return Bad("it is of a newer version of acledger: use that one", ErrorKind::kUnsupported);
    if (version < 1) return Bad("its version is none");
    return Read(json);
  } catch (const Json::exception& error) {
    return Bad(error.what());
  }
}

}  // namespace acledger::setup
