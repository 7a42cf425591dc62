// SPDX-License-Identifier: MIT
#include "scanner/appdata_rules.h"

#include <optional>

#include "scanner/sensitive_places.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

// How many components of `path` are a profile folder; 0 if it lies in none.
std::size_t ProfileDepth(std::span<const std::u16string> path) {
  static const std::vector<Glob> profiles = [] {
    std::vector<Glob> globs;
    for (const std::string& folder : ProfileFolders()) globs.push_back(Glob::Parse(folder).value());
    return globs;
  }();
  for (const Glob& profile : profiles) {
    Glob::State state = profile.Start();
    for (std::size_t i = 0; i < path.size() && state != 0; ++i) {
      state = profile.Step(state, path[i]);
      if (profile.Matches(state)) return i + 1;
    }
  }
  return 0;
}

// What follows AppData in `path`; nothing if the path is not in an AppData folder.
std::optional<std::span<const std::u16string>> BelowAppData(std::span<const std::u16string> path) {
  std::size_t profile = ProfileDepth(path);
  if (profile == 0 || path.size() == profile || !SameName(path[profile], u"AppData")) return std::nullopt;
  return path.subspan(profile + 1);
}

// Deeper in AppData than its three standard folders.
bool IsWishInAppData(const PathComponents& root) {
  auto below = BelowAppData(root);
  if (!below || below->empty()) return false;
  const std::u16string& first = below->front();
  return below->size() > 1 ||
         !(SameName(first, u"Local") || SameName(first, u"LocalLow") || SameName(first, u"Roaming"));
}

}  // namespace

bool IsProfileFolder(std::span<const std::u16string> path) {
  return !path.empty() && ProfileDepth(path) == path.size();
}

Expected<AppDataRules> AppDataRules::Make(const PathComponents& root, const std::vector<std::string>& allowed) {
  AppDataRules rules;
  rules.applies_ = !IsWishInAppData(root);
  for (const std::string& place : allowed) {
    Expected<Glob> glob = Glob::Parse(place);
    if (!glob) return std::unexpected(std::move(glob).error());
    rules.allowed_.push_back(std::move(*glob));
  }
  return rules;
}

AppDataRules::Place AppDataRules::PlaceOf(std::span<const std::u16string> path, bool is_folder) const {
  if (!applies_) return Place::kElsewhere;
  auto below = BelowAppData(path);
  if (!below) return Place::kElsewhere;
  bool leads_on = false;
  for (const Glob& allowed : allowed_) {
    Glob::State state = allowed.Start();
    for (const std::u16string& component : *below) {
      state = allowed.Step(state, component);
      if (allowed.Matches(state)) return Place::kAllowed;
      if (state == 0) break;
    }
    leads_on |= allowed.CanMatchBelow(state);
  }
  return is_folder && leads_on ? Place::kPassedBy : Place::kNotAllowed;
}

}  // namespace acledger::scanner
