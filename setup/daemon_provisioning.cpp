// SPDX-License-Identifier: MIT
#include "setup/daemon_provisioning.h"

#include <algorithm>
#include <thread>

#include "store/files.h"
#include "store/ledger.h"

namespace acledger::setup {
namespace {

using daemon::Client;
using daemon::Json;

constexpr auto kConnectTime = std::chrono::seconds(2);
constexpr auto kAnswerTime = std::chrono::seconds(30);
constexpr int kMostRounds = 5;
constexpr auto kBetweenTries = std::chrono::milliseconds(200);

std::unexpected<Error> Strange(const char* what) {
  return Fail(ErrorKind::kMismatch, "ask the service", std::string("it answers without ") + what);
}

Expected<std::vector<GrantedRoot>> RootsIn(const Json& status) {
  if (!status.contains("roots") || !status["roots"].is_array()) return Strange("its roots");
  std::vector<GrantedRoot> roots;
  for (const Json& one : status["roots"]) {
    const auto principal = security::Sid::FromString(one.value("principal", ""));
    if (!principal) return Strange("a principal");
    roots.push_back({*principal, one.value("path", ""), one.value("state", "").starts_with("roll")});
  }
  return roots;
}

// Whether it is still at work on a rollback.
bool IsRollingBack(const Json& status) {
  return status.contains("queue") &&
         std::ranges::any_of(status["queue"], [](const Json& job) { return job.value("work", "") == "rollback"; });
}

std::string FirstFailure(Client& client) {
  const Expected<Json> failures = client.Call("failures", {{"limit", 1}}, kAnswerTime);
  if (!failures || !failures->contains("failures") || (*failures)["failures"].empty()) return {};
  const Json& first = (*failures)["failures"].front();
  return ", " + first.value("path", "") + " among them: " + first.value("error", Json::object()).value("reason", "");
}

std::unexpected<Error> Left(const std::vector<GrantedRoot>& roots, const std::string& why) {
  return Fail(ErrorKind::kIo, "roll back what was granted", std::to_string(roots.size()) + " grants are left" + why);
}

// Why a rollback could not go on, if one says so within a moment; else empty.
Expected<std::string> NextFailure(Client& client) {
  const auto end = std::chrono::steady_clock::now() + kBetweenTries;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::string();
    const Expected<daemon::Notification> told = client.NextNotification(left);
    if (!told && told.error().kind == ErrorKind::kBusy) return std::string();
    if (!told) return std::unexpected(told.error());
    if (told->method != "ended" || told->params.value("work", "") != "rollback") continue;
    const std::string how = told->params.value("ended", "");
    if (how == "failed" || how == "cancelled")
      return told->params.value("root", "") + ": " + told->params.value("error", Json::object()).value("reason", how);
  }
}

Expected<std::vector<GrantedRoot>> RootsOf(Client& client, const std::optional<security::Sid>& principal) {
  const Expected<Json> status = client.Call("status", Json::object(), kAnswerTime);
  auto roots = status ? RootsIn(*status) : std::unexpected(status.error());
  if (roots && principal) std::erase_if(*roots, [&](const GrantedRoot& one) { return one.principal != *principal; });
  return roots;
}

// Until the service is no longer at work on a rollback. An error: one could not go on.
Expected<void> Follow(Client& client, const std::optional<security::Sid>& principal, const Provisioning::Tell& tell) {
  for (std::size_t told = 0;;) {
    const auto roots = RootsOf(client, principal);
    if (!roots) return std::unexpected(roots.error());
    if (roots->empty()) return {};
    if (roots->size() != told) tell(std::to_string(roots->size()) + " grants are being rolled back");
    told = roots->size();
    // The service tries a failed one again, later: that is not waited for.
    const Expected<std::string> failed = NextFailure(client);
    if (!failed) return std::unexpected(failed.error());
    if (!failed->empty()) return Left(*roots, ": " + *failed);
    const Expected<Json> status = client.Call("status", Json::object(), kAnswerTime);
    if (!status) return std::unexpected(status.error());
    if (!IsRollingBack(*status)) return {};
  }
}

// Asks for the rollback of what is there now.
Expected<void> Begin(Client& client, const std::optional<security::Sid>& principal,
                     const std::vector<GrantedRoot>& roots) {
  std::vector<std::pair<const char*, Json>> calls;
  if (!principal) calls.emplace_back("rollback", Json{{"all", true}, {"force", true}});
  if (principal)
    for (const GrantedRoot& one : roots)
      calls.emplace_back("revoke", Json{{"principal", one.principal.ToString()}, {"root", one.root}, {"force", true}});
  for (const auto& [method, params] : calls)
    if (const Expected<Json> answer = client.Call(method, params, kAnswerTime); !answer)
      return std::unexpected(answer.error());
  return {};
}

}  // namespace

Expected<Client> DaemonProvisioning::Connect() const { return Client::Connect(places_.endpoint, kConnectTime); }

Expected<void> DaemonProvisioning::Await() {
  const auto end = std::chrono::steady_clock::now() + places_.patience;
  for (;;) {
    const Expected<Client> client = Connect();
    if (client) return {};
    if (client.error().kind != ErrorKind::kNotFound || std::chrono::steady_clock::now() >= end)
      return std::unexpected(client.error());
    std::this_thread::sleep_for(kBetweenTries);
  }
}

Expected<std::vector<GrantedRoot>> DaemonProvisioning::Roots() {
  Expected<Client> client = Connect();
  if (!client) return std::unexpected(client.error());
  const Expected<Json> status = client->Call("status", Json::object(), kAnswerTime);
  return status ? RootsIn(*status) : std::unexpected(status.error());
}

Expected<void> DaemonProvisioning::Queue(const security::Sid& principal, const std::string& root) {
  Expected<Client> client = Connect();
  if (!client) return std::unexpected(client.error());
  const Json request = {{"principal", principal.ToString()}, {"roots", Json::array({root})}, {"own_principal", true}};
  const Expected<Json> granted = client->Call("grant", request, kAnswerTime);
  return granted ? Expected<void>() : std::unexpected(granted.error());
}

// More than once: what somebody asked for just before (a set-up that was killed, say) may be granted only now.
Expected<void> DaemonProvisioning::RollBack(const std::optional<security::Sid>& principal, const Tell& tell) {
  Expected<Client> client = Connect();
  if (!client) return std::unexpected(client.error());
  if (const Expected<Json> answer = client->Call("subscribe", Json::object(), kAnswerTime); !answer)
    return std::unexpected(answer.error());
  for (int round = 0;; ++round) {
    const auto roots = RootsOf(*client, principal);
    if (!roots) return std::unexpected(roots.error());
    if (roots->empty() && round > 0) return {};
    if (round == kMostRounds) return Left(*roots, FirstFailure(*client));
    if (const auto begun = Begin(*client, principal, *roots); !begun) return begun;
    if (const auto followed = Follow(*client, principal, tell); !followed) return followed;
  }
}

Expected<std::size_t> DaemonProvisioning::GrantsInFile() {
  const auto there = store::Exists(places_.ledger);
  if (!there) return std::unexpected(there.error());
  if (!*there) return 0;
  store::OpenOptions options;
  options.read_only = true;
  options.check_volume = false;
  const auto ledger = store::Ledger::Open(places_.ledger, options);
  if (!ledger) return std::unexpected(ledger.error());
  const auto grants = (*ledger)->Grants();
  return grants ? Expected<std::size_t>(grants->size()) : std::unexpected(grants.error());
}

}  // namespace acledger::setup
