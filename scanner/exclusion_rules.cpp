// SPDX-License-Identifier: MIT
#include "scanner/exclusion_rules.h"

#include <algorithm>
#include <array>

#include "scanner/sensitive_places.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

Glob::State Walk(const Glob& glob, Glob::State state, std::span<const std::u16string> path) {
  for (const std::u16string& component : path) {
    if (state == 0) break;
    state = glob.Step(state, component);
  }
  return state;
}

}  // namespace

Expected<void> ExclusionRules::Add(Expected<Glob> glob, ExclusionRule rule) {
  if (!glob) return std::unexpected(Error(glob.error()).At(rule.text));
  rule.glob = std::move(*glob);
  bool relative = rule.source == RuleSource::kGlob;
  rule.at_root = relative ? rule.glob.Start() : Walk(rule.glob, rule.glob.Start(), root_);
  if (rule.at_root == 0) return {};
  if (rule.matches) {
    const std::u16string* last = rule.glob.LastLiteral();
    (last ? by_last_name_[*last] : wild_).push_back(rules_.size());
  }
  if (rule.prevents) preventing_.push_back(rules_.size());
  rules_.push_back(std::move(rule));
  return {};
}

Expected<void> ExclusionRules::AddSensitive(const std::string& entry) {
  auto rule = [&](bool matches, bool prevents) {
    return ExclusionRule{{}, 0, RuleSource::kSensitive, matches, prevents, entry};
  };
  bool from_volume = entry.starts_with('\\') || entry.starts_with('/');
  bool only_in_profile = entry.starts_with("~\\") || entry.starts_with("~/");
  std::size_t prefix = from_volume ? 1 : only_in_profile ? 2 : 0;
  std::string name = entry.substr(prefix);
  Expected<Glob> alone = Glob::Parse(name, prefix);
  if (!alone || from_volume) return Add(std::move(alone), rule(true, true));
  for (const std::string& profile : ProfileFolders()) {
    auto added = Add(Glob::Parse(profile + "/" + name), rule(only_in_profile, true));
    if (!added) return added;
  }
  return only_in_profile ? Expected<void>() : Add(Glob::Parse("**/" + name), rule(true, false));
}

Expected<void> ExclusionRules::AddSensitivePath(const PathComponents& path) {
  return Add(Glob::Literal(path), {{}, 0, RuleSource::kSensitive, true, true, FormatPath(path)});
}

Expected<void> ExclusionRules::AddGlob(const std::string& glob) {
  return Add(Glob::Parse(glob), {{}, 0, RuleSource::kGlob, true, true, glob});
}

Expected<void> ExclusionRules::AddPrevention(const std::string& glob) {
  return Add(Glob::Parse(glob), {{}, 0, RuleSource::kSensitive, false, true, glob});
}

std::span<const std::u16string> ExclusionRules::BelowRoot(std::span<const std::u16string> path) const {
  return path.subspan(std::min(path.size(), root_.size()));
}

bool ExclusionRules::Matches(const ExclusionRule& rule, std::span<const std::u16string> path) const {
  return rule.glob.LastMatches(path.back()) && rule.glob.Matches(Walk(rule.glob, rule.at_root, BelowRoot(path)));
}

const ExclusionRule* ExclusionRules::Find(std::span<const std::u16string> path) const {
  if (path.empty()) return nullptr;
  std::size_t first = rules_.size();
  auto consider = [&](const std::vector<std::size_t>& candidates) {
    // In the order they were added, so the first hit is the earliest of these.
    for (std::size_t index : candidates) {
      if (index >= first) return;
      if (Matches(rules_[index], path)) first = index;
    }
  };
  std::array<char16_t, 255> folded;
  if (std::u16string_view last = path.back(); last.size() <= folded.size()) {
    std::ranges::transform(last, folded.begin(), UpCase);
    auto candidates = by_last_name_.find(std::u16string_view(folded.data(), last.size()));
    if (candidates != by_last_name_.end()) consider(candidates->second);
  }
  consider(wild_);
  return first < rules_.size() ? &rules_[first] : nullptr;
}

const ExclusionRule* ExclusionRules::FindAnywhere(std::span<const std::u16string> path) const {
  for (std::size_t size = std::min(path.size(), root_.size()); size <= path.size(); ++size) {
    if (const ExclusionRule* rule = Find(path.first(size))) return rule;
  }
  return nullptr;
}

bool ExclusionRules::CouldMatchBelow(std::span<const std::u16string> folder) const {
  return std::ranges::any_of(preventing_, [&](std::size_t index) {
    const ExclusionRule& rule = rules_[index];
    return rule.glob.CanMatchBelow(Walk(rule.glob, rule.at_root, BelowRoot(folder)));
  });
}

}  // namespace acledger::scanner
