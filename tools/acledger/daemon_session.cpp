// SPDX-License-Identifier: MIT
#include "tools/acledger/daemon_session.h"

#include <cstdlib>
#include <filesystem>

#include "daemon/rpc/endpoint.h"

namespace acledger::tools {
namespace {

constexpr auto kConnectTime = std::chrono::seconds(2);
constexpr auto kAnswerTime = std::chrono::seconds(30);

bool SameFile(const std::string& left, const std::string& right) {
  std::error_code ignored;
  return left == right || std::filesystem::equivalent(left, right, ignored);
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
  const Expected<std::string> ledger = LedgerPath(target);
  if (target.endpoint.empty() && !(ledger && SameFile(*ledger, version->value("ledger", "")))) return std::nullopt;
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

}  // namespace acledger::tools
