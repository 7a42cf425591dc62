// SPDX-License-Identifier: MIT
#include "scanner/policy.h"

#include <algorithm>

#include "scanner/appdata_rules.h"
#include "scanner/exclusion_rules.h"
#include "scanner/sensitive_places.h"

namespace acledger::scanner {

using Place = AppDataRules::Place;

struct Policy::Rules {
  std::size_t root_size;
  ExclusionRules exclusions;
  std::optional<AppDataRules> appdata;  // Not with no_default_exclusions.

  Place PlaceOf(const PathComponents& path, bool is_folder) const {
    return appdata ? appdata->PlaceOf(path, is_folder) : Place::kElsewhere;
  }
};

namespace {

const std::vector<std::string>& SensitiveOf(const Policy::Options& options) {
  return options.sensitive_names.empty() ? SensitivePlaces() : options.sensitive_names;
}

Expected<void> AddSensitiveRules(const Policy::Options& options, ExclusionRules& rules) {
  for (const std::string& place : OwnPlaces()) {
    if (auto added = rules.AddSensitive(place); !added) return added;
  }
  for (const PathComponents& path : options.extra_sensitive_paths) {
    if (auto added = rules.AddSensitivePath(path); !added) return added;
  }
  if (options.no_default_exclusions) return {};
  for (const std::string& place : SensitiveOf(options)) {
    if (auto added = rules.AddSensitive(place); !added) return added;
  }
  return {};
}

}  // namespace

Expected<Policy::Options> Policy::OptionsOf(const store::Rules& rules) {
  Options options;
  options.excludes = rules.excludes;
  options.sensitive_names = rules.sensitive_names;
  options.appdata_allowed = rules.appdata_allowed;
  for (const std::string& text : rules.sensitive_paths) {
    Expected<ParsedPath> path = ParsePath(text);
    if (!path) return std::unexpected(std::move(path).error());
    options.extra_sensitive_paths.push_back(std::move(path->components));
  }
  return options;
}

Expected<Policy> Policy::Of(const PathComponents& root, const store::Rules& rules) {
  const Expected<Options> options = OptionsOf(rules);
  return options ? Make(root, *options) : std::unexpected(options.error());
}

Expected<Policy> Policy::Make(const PathComponents& root, const Options& options) {
  auto rules = std::make_shared<Rules>(root.size(), ExclusionRules(root), std::nullopt);
  if (auto added = AddSensitiveRules(options, rules->exclusions); !added) return std::unexpected(added.error());
  for (const std::string& glob : options.excludes) {
    if (auto added = rules->exclusions.AddGlob(glob); !added) return std::unexpected(added.error());
  }
  if (options.no_default_exclusions) return Policy(std::move(rules));

  const auto& allowed = options.appdata_allowed.empty() ? ToolPlacesInAppData() : options.appdata_allowed;
  Expected<AppDataRules> appdata = AppDataRules::Make(root, allowed);
  if (!appdata) return std::unexpected(std::move(appdata).error());
  rules->appdata = std::move(*appdata);
  // Whatever the lists say: a profile, and the AppData of one, may be created later.
  for (const std::string& profile : ProfileFolders()) {
    if (auto added = rules->exclusions.AddPrevention(profile + "/*"); !added) return std::unexpected(added.error());
  }
  return Policy(std::move(rules));
}

Exclusion Policy::Excluded(const PathComponents& path, bool is_folder) const {
  if (const ExclusionRule* rule = rules_->exclusions.Find(path)) {
    return rule->source == RuleSource::kSensitive ? Exclusion::kSensitive : Exclusion::kExcluded;
  }
  return rules_->PlaceOf(path, is_folder) == Place::kNotAllowed ? Exclusion::kNotAllowed : Exclusion::kNone;
}

Exclusion Policy::ExcludedAnywhere(const PathComponents& path, bool is_folder) const {
  PathComponents at(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(std::min(rules_->root_size, path.size())));
  for (;;) {
    bool is_last = at.size() == path.size();
    Exclusion exclusion = Excluded(at, is_folder || !is_last);
    if (exclusion != Exclusion::kNone || is_last) return exclusion;
    at.push_back(path[at.size()]);
  }
}

std::string Policy::Why(const PathComponents& path, bool is_folder) const {
  if (const ExclusionRule* rule = rules_->exclusions.Find(path)) return rule->text;
  bool not_allowed = rules_->PlaceOf(path, is_folder) == Place::kNotAllowed;
  return not_allowed ? "AppData is granted by allow-list" : "";
}

FolderRules Policy::RulesFor(const PathComponents& folder) const {
  Place place = rules_->PlaceOf(folder, true);
  if (place == Place::kNotAllowed || place == Place::kPassedBy) return {true, true};
  if (rules_->exclusions.FindAnywhere(folder)) return {true, true};
  return {rules_->exclusions.CouldMatchBelow(folder), rules_->appdata && IsProfileFolder(folder)};
}

std::optional<std::string> Policy::RefusedRoot(const PathComponents& root, bool is_image, const Options& options) {
  if (root.empty()) {
    if (is_image) return std::nullopt;
    return "a whole volume is granted only in an image; give the folders that are needed";
  }
  ExclusionRules rules({});
  if (auto added = AddSensitiveRules(options, rules); !added) return added.error().ToString();
  if (const ExclusionRule* rule = rules.FindAnywhere(root)) {
    return FormatPath(root) + " is a sensitive place (" + rule->text + ")";
  }
  return std::nullopt;
}

std::optional<std::string> Policy::RefusedRoot(const PathComponents& root, bool is_image) {
  return RefusedRoot(root, is_image, {});
}

const std::vector<std::string>& Policy::DefaultSensitiveNames() { return SensitivePlaces(); }
const std::vector<std::string>& Policy::DefaultAppDataAllowed() { return ToolPlacesInAppData(); }

}  // namespace acledger::scanner
