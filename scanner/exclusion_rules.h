// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/glob.h"
#include "security/error.h"

namespace acledger::scanner {

// Which of two lists a rule comes from.
enum class RuleSource : std::uint8_t { kSensitive, kGlob };

struct ExclusionRule {
  Glob glob;
  Glob::State at_root;  // After the components of the grant's root; for a --exclude glob, its start.
  RuleSource source;
  bool matches;   // Leaves out what is there.
  bool prevents;  // Keeps folders above it from carrying an inheritable entry.
  std::string text;
};

// All names and places that one grant leaves out, but for AppData's allow-list. Built once, then immutable.
// Rules that nothing at or below the root can match are dropped when they are added.
class ExclusionRules {
 public:
  explicit ExclusionRules(PathComponents root) : root_(std::move(root)) {}

  // An entry as sensitive_places.h describes it.
  Expected<void> AddSensitive(const std::string& entry);
  // A place from the volume's root, literally.
  Expected<void> AddSensitivePath(const PathComponents& path);
  // A glob relative to the grant's root.
  Expected<void> AddGlob(const std::string& glob);
  // A glob relative to the volume's root that leaves nothing out itself, but keeps inheritable entries away above it.
  Expected<void> AddPrevention(const std::string& glob);

  // The first rule that leaves out `path` itself (not one above it), or null. `path` is at or below the root.
  const ExclusionRule* Find(std::span<const std::u16string> path) const;

  // The same for `path` and every folder above it down to the root.
  const ExclusionRule* FindAnywhere(std::span<const std::u16string> path) const;

  // Something that is created below `folder` one day could be left out.
  bool CouldMatchBelow(std::span<const std::u16string> folder) const;

 private:
  Expected<void> Add(Expected<Glob> glob, ExclusionRule rule);
  std::span<const std::u16string> BelowRoot(std::span<const std::u16string> path) const;
  bool Matches(const ExclusionRule& rule, std::span<const std::u16string> path) const;

  PathComponents root_;
  std::vector<ExclusionRule> rules_;
  // Rules by their last component, so that a walk asks only few of them about each name.
  std::map<std::u16string, std::vector<std::size_t>, std::less<>> by_last_name_;
  std::vector<std::size_t> wild_;
  std::vector<std::size_t> preventing_;
};

}  // namespace acledger::scanner
