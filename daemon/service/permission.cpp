// SPDX-License-Identifier: MIT
#include "daemon/service/permission.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "store/clock.h"

namespace acledger::daemon {

using security::Sid;

namespace {

constexpr std::pair<std::string_view, Audience> kAudiences[]{
    {"version", Audience::kEverybody}, {"status", Audience::kEverybody},     {"coverage", Audience::kEverybody},
    {"explain", Audience::kEverybody}, {"failures", Audience::kEverybody},   {"subscribe", Audience::kEverybody},
    {"wait", Audience::kEverybody},    {"grant", Audience::kUsersOwn},       {"acquire", Audience::kUsersOwn},
    {"release", Audience::kUsersOwn},  {"holders", Audience::kUsersOwn},     {"rollback", Audience::kUsersOwn},
    {"verify", Audience::kUsersOwn},   {"pause", Audience::kUsersOwn},       {"resume", Audience::kUsersOwn},
    {"cancel", Audience::kUsersOwn},   {"prioritise", Audience::kUsersOwn},  {"revoke", Audience::kUsersOwn},
    {"dismiss", Audience::kUsersOwn},  {"index", Audience::kAdministrators},
};

bool Holds(const security::Token& token, const Sid& sid) {
  return std::ranges::find(token.sids, sid) != token.sids.end();
}

// What is wrong with what is said of a caller; nothing if it fits together. The server makes no such caller: whoever
// else brings one is not trusted with anything.
const char* Contradiction(const Caller& caller) {
  const security::Token& token = caller.token;
  const bool has_sid = caller.user.starts_with("S-");
  if (token.sids.empty()) return has_sid ? "a user of this system without a token" : nullptr;
  if (!has_sid || token.sids.front().ToString() != caller.user) return "the token is another user's";
  const bool holds_admin = token.sids.front() == Sid::System() || Holds(token, Sid::Administrators());
  if (caller.is_admin != holds_admin) return "the token does not say that of administrators";
  if (!token.restricting.empty()) return "the token is restricted";
  if (token.integrity < security::kMediumIntegrity) return "its integrity level is below medium";
  return nullptr;
}

store::Requester RequesterOf(const Caller& caller) {
  store::Requester requester;
  requester.user = caller.user;
  requester.sids = caller.token.sids;
  requester.deny_only = caller.token.deny_only;
  requester.process = caller.process.value_or(0);
  requester.asked = store::SecondsNow();
  return requester;
}

}  // namespace

bool OwnsGrant(const Viewer& viewer, std::span<const store::Grant> grants, store::GrantId id) {
  const auto found = std::ranges::find(grants, id, &store::Grant::id);
  return found == grants.end() ? viewer.IsAdmin() : viewer.Owns(*found);
}

Audience Permission::AudienceOf(std::string_view method) {
  const auto* found = std::ranges::find(kAudiences, method, &std::pair<std::string_view, Audience>::first);
  return found == std::end(kAudiences) ? Audience::kAdministrators : found->second;
}

Expected<void> Permission::MayCall(const Caller& caller, std::string_view method) {
  if (const char* wrong = Contradiction(caller))
    return Fail(ErrorKind::kDenied, "serve the caller",
                std::string("what is known of him contradicts itself: ") + wrong);
  if (caller.is_admin || AudienceOf(method) != Audience::kAdministrators) return {};
  return Fail(ErrorKind::kDenied, std::string(method), "is for administrators: run it elevated");
}

void Permission::KnowSandbox(const Sid& principal) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(sandboxes_, principal) == sandboxes_.end()) sandboxes_.push_back(principal);
}

Expected<void> Permission::MayCallFrom(const Caller& caller) const {
  if (caller.is_admin) return {};
  const std::lock_guard lock(mutex_);
  for (const Sid& sandbox : sandboxes_)
    if (Holds(caller.token, sandbox))
      return Fail(ErrorKind::kDenied, "serve the caller", "it runs in a sandbox, as " + sandbox.ToString());
  return {};
}

Viewer Permission::ViewerOf(const Caller& caller) {
  return caller.is_admin ? Viewer() : Viewer(caller.user, caller.token);
}

Expected<bool> Permission::IsPrincipalOf(const std::string& user, const Sid& principal) const {
  if (const auto configured = principals_.find(user); configured != principals_.end())
    if (std::ranges::find(configured->second, principal) != configured->second.end()) return true;
  const Expected<std::string> setting = ledger_.Setting("principals." + user);
  if (!setting) return std::unexpected(setting.error());
  std::istringstream words(*setting);
  for (std::string word; words >> word;)
    if (word == principal.ToString()) return true;
  return false;
}

// Also of one that is rolled back by now.
bool Permission::MayHear(const Viewer& viewer, const Json& notification) const {
  if (viewer.IsAdmin()) return true;
  const auto grant = notification.find("grant");
  if (grant == notification.end() || !grant->is_number_integer()) return false;
  const Expected<std::vector<store::Grant>> grants = ledger_.AllGrants();
  return grants && OwnsGrant(viewer, *grants, grant->get<store::GrantId>());
}

Expected<void> Permission::Admit(const Caller& caller, scanner::GrantRequest& request) const {
  if (caller.is_admin) return {};
  const std::string operation = "grant to " + request.principal.ToString();
  if (caller.token.sids.empty())
    return Fail(ErrorKind::kDenied, operation,
                "on this system it is for the daemon's own user: nobody else has a "
                "token that the volume's descriptors could be checked against");
  const Expected<bool> is_his = IsPrincipalOf(caller.user, request.principal);
  if (!is_his) return std::unexpected(is_his.error());
  if (!*is_his)
    return Fail(ErrorKind::kDenied, operation,
                "it is not among the principals of " + caller.user +
                    ": an administrator names them under [users] in acledger.toml");
  request.requester = RequesterOf(caller);
  return {};
}

}  // namespace acledger::daemon
