// SPDX-License-Identifier: MIT
#include "tools/acledger/daemon_session.h"

#include <cstdlib>

#include "daemon/rpc/endpoint.h"
#include "daemon/target/absolute_path.h"

namespace acledger::tools {
namespace {

constexpr auto kConnectTime = std::chrono::seconds(2);
constexpr auto kAnswerTime = std::chrono::seconds(30);

// Whether the daemon keeps the ledger that is meant here: it may run in another folder, where the same words mean
// another file.
bool Keeps(const Json& version, const TargetOptions& target) {
  const Expected<std::string> ledger = LedgerPath(target);
  const Expected<std::string> whole = ledger ? daemon::AbsolutePath(*ledger) : ledger;
  return whole && daemon::IsSameFile(*whole, version.value("ledger", ""));
}

std::string EndpointOf(const TargetOptions& target) {
  if (!target.endpoint.empty()) return target.endpoint;
  const char* given = std::getenv("ACLEDGER_ENDPOINT");
  return given != nullptr && *given != '\0' ? given : daemon::DefaultEndpoint();
}

}  // namespace

Expected<std::optional<daemon::Client>> FindDaemon(const TargetOptions& target) {
  const std::string endpoint = EndpointOf(target);
  Expected<daemon::Client> client = daemon::Client::Connect(endpoint, kConnectTime);
  // A daemon that is not elevated listens there. Who serves is checked at both places.
  if (!client && endpoint == daemon::DefaultEndpoint() && endpoint != daemon::FallbackEndpoint())
    client = daemon::Client::Connect(daemon::FallbackEndpoint(), kConnectTime);
  if (!client && target.endpoint.empty()) return std::nullopt;
  if (!client) return std::unexpected(client.error());
  const Expected<Json> version = Ask(*client, "version");
  if (!version) return std::unexpected(version.error());
  if (target.endpoint.empty() && !Keeps(*version, target)) return std::nullopt;
  return std::move(*client);
}

Expected<daemon::Client> NeedDaemon(const TargetOptions& target) {
  Expected<std::optional<daemon::Client>> found = FindDaemon(target);
  if (!found) return std::unexpected(found.error());
  if (*found) return std::move(**found);
  return std::unexpected(
      Error{ErrorKind::kNotFound, "ask the daemon", EndpointOf(target), 0,
            "none serves this ledger (acledgerd --foreground starts one; --endpoint names another)"});
}

Expected<Json> Ask(daemon::Client& client, const char* method, const Json& params) {
  return client.Call(method, params, kAnswerTime);
}

Expected<Json> AskFailures(daemon::Client& client, Json params) {
  Expected<Json> all = Ask(client, "failures", params);
  while (all && all->contains("next")) {
    params["skip"] = (*all)["next"];
    const Expected<Json> page = Ask(client, "failures", params);
    if (!page) return page;
    for (const Json& failure : (*page)["failures"]) (*all)["failures"].push_back(failure);
    all->erase("next");
    if (page->contains("next") && (*page)["next"] > params["skip"]) (*all)["next"] = (*page)["next"];
  }
  return all;
}

}  // namespace acledger::tools
