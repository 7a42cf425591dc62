// SPDX-License-Identifier: MIT
#include "tools/acledger/settings.h"

#include "daemon/answers/mask.h"
#include "security/sddl.h"

namespace acledger::tools {
namespace {

std::unexpected<Error> Usage(const std::string& option, const std::string& reason) {
  return Fail(ErrorKind::kInvalid, option, reason);
}

Expected<security::AccessMask> Grantable(security::AccessMask mask, const std::string& option) {
  if (const auto refused = scanner::RefusedMask(mask)) return Usage(option, *refused);
  return security::kFileMapping.Map(mask);
}

Expected<security::AccessMask> MaskOf(const std::string& word) {
  if (word.empty()) return security::kFileReadAndExecute;
  const Expected<security::AccessMask> mask = daemon::ParseMask(word);
  if (!mask) return mask;
  return Grantable(*mask, "--mask " + word);
}

Expected<security::Sid> SidOf(const std::string& word, const char* option) {
  Expected<security::Sid> sid = security::SidFromSddl(word);
  if (!sid) return Usage(std::string(option) + " " + word, "not a SID: " + sid.error().reason);
  return sid;
}

}  // namespace

void AddGrantSettings(CLI::App& command, GrantSettings& settings) {
  command.add_option("--principal", settings.principal, "SID that receives access")->type_name("SID");
  command.add_option("--root", settings.roots, "Windows path to grant; several may be given (\\Users\\dev, C:\\work)")
      ->type_name("PATH")
      ->take_all();
  command.add_option("--mask", settings.mask, "Access mask (default 0x1200A9, read and execute)")->type_name("MASK");
  command.add_option("--protected", settings.protected_policy, "What to do with protected DACLs below a root")
      ->check(CLI::IsMember({"report", "grant"}));
  command.add_option("--exclude", settings.excludes, "Leave out what this glob matches, relative to the root")
      ->type_name("GLOB")
      ->take_all();
  command.add_option("--token-sids", settings.token_sids, "What the principal's token holds beside the usual SIDs")
      ->type_name("SID,...")
      ->delimiter(',');
  command.add_flag("--own-principal", settings.own_principal,
                   "The principal was made for acledger alone: any entry of it on the volume is ours");
}

// The wish itself, from what the words say or, where they say nothing, the file.
Expected<void> GrantSettings::Check(const store::Config& config) {
  if (principal.empty() && !config.principal) return Usage("--principal", "is missing (the SID that receives access)");
  const Expected<security::Sid> sid =
      principal.empty() ? Expected<security::Sid>(*config.principal) : SidOf(principal, "--principal");
  if (!sid) return std::unexpected(sid.error());
  if (const auto refused = scanner::RefusedPrincipal(*sid)) return Usage("--principal " + sid->ToString(), *refused);
  const Expected<security::AccessMask> rights =
      mask.empty() && config.mask ? Grantable(*config.mask, "mask") : MaskOf(mask);
  if (!rights) return std::unexpected(rights.error());
  request_.principal = *sid;
  request_.principal_is_ours = own_principal;
  request_.mask = *rights;
  request_.roots = roots.empty() ? config.roots : roots;
  if (request_.roots.empty()) return Usage("--root", "is missing (which folder to grant)");
  request_.rules = {excludes.empty() ? config.excludes : excludes, config.sensitive_names, config.appdata_allowed, {}};
  request_.protected_policy = config.protected_policy.value_or(store::ProtectedPolicy::kReport);
  if (!protected_policy.empty())
    request_.protected_policy =
        protected_policy == "grant" ? store::ProtectedPolicy::kGrant : store::ProtectedPolicy::kReport;
  request_.token_sids = config.token_sids;
  if (!token_sids.empty()) request_.token_sids.clear();
  for (const std::string& word : token_sids) {
    Expected<security::Sid> one = SidOf(word, "--token-sids");
    if (!one) return std::unexpected(one.error());
    request_.token_sids.push_back(*one);
  }
  return {};
}

Expected<void> GrantSettings::ReadConfig(const std::string& path) {
  if (path.empty()) return Check({});
  const Expected<store::Config> config = store::ReadConfig(path, {});
  if (!config) return std::unexpected(config.error());
  return Check(*config);
}

}  // namespace acledger::tools
