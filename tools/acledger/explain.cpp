// SPDX-License-Identifier: MIT
#include "tools/acledger/explain.h"

namespace acledger::tools {

Expected<Json> Explain(store::Ledger& ledger, const TargetOptions& target, const std::string& path,
                       const std::string& access) {
  const Expected<scanner::ParsedPath> parsed = scanner::ParsePath(path);
  if (!parsed) return std::unexpected(parsed.error());
  const Expected<std::unique_ptr<scanner::Volume>> volume = OpenVolume(target, parsed->drive, true);
  if (!volume) return daemon::ExplainJson(ledger, std::unexpected(volume.error()), path, access);
  return daemon::ExplainJson(ledger, volume->get(), path, access);
}

std::string ExplainText(const Json& explained) {
  const std::string path = explained["path"].get<std::string>();
  if (explained["grants"].empty()) return path + ": outside every grant";
  std::string text;
  for (const Json& grant : explained["grants"]) {
    text += (text.empty() ? "" : "\n") + path + ": " + grant["verdict"].get<std::string>();
    for (const char* key : {"reason", "why", "excluded_at"})
      if (grant.contains(key) && !grant[key].get<std::string>().empty()) text += ", " + grant[key].get<std::string>();
    text += "\n  grant:  " + grant["principal"].get<std::string>() + " " + grant["mask"].get<std::string>() + " on " +
            grant["root"].get<std::string>();
    if (grant.contains("entry")) text += "\n  entry:  " + grant["entry"].get<std::string>();
    if (grant.contains("before")) text += "\n  before: " + grant["before"].get<std::string>();
    if (!grant.contains("now")) {
      text += "\n  now:    not known: " + grant["now_unknown"].get<std::string>();
      continue;
    }
    const Json& now = grant["now"];
    text += "\n  now:    " + now["sddl"].get<std::string>();
    if (!now.contains("granted")) continue;
    text += "\n  access " + now["access"].get<std::string>() + ": ";
    text += now["granted"].get<bool>() ? "granted" : "refused, missing " + now["missing"].get<std::string>();
  }
  return text;
}

}  // namespace acledger::tools
