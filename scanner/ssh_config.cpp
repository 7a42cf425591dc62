// SPDX-License-Identifier: MIT
#include "scanner/ssh_config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "scanner/glob.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;
constexpr std::size_t kMaxTargets = 1000;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool NamesFiles(std::string_view keyword) {
  static constexpr std::array<std::string_view, 9> kKeywords = {
      "IDENTITYFILE",  "CERTIFICATEFILE", "USERKNOWNHOSTSFILE", "GLOBALKNOWNHOSTSFILE", "CONTROLPATH",
      "IDENTITYAGENT", "INCLUDE",         "REVOKEDHOSTKEYS",    "PKCS11PROVIDER"};
  return std::ranges::find(kKeywords, FoldWtf8(keyword)) != kKeywords.end();
}

// Takes the next argument off the front of `rest`. Quotes may stand anywhere in it; a backslash is a separator of
// Windows unless a quote follows it.
std::optional<std::string> TakeArgument(std::string_view& rest) {
  rest = Trimmed(rest);
  if (rest.empty() || rest.front() == '#') return std::nullopt;
  std::string argument;
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size() && (quoted || !IsBlank(rest[at])); ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size() && rest[at + 1] == '"') {
      argument.push_back(rest[++at]);
    } else if (rest[at] == '"') {
      quoted = !quoted;
    } else {
      argument.push_back(rest[at]);
    }
  }
  rest.remove_prefix(at);
  return argument;
}

// Takes `prefix` off the front of `text`, if a separator or the end follows.
bool TakeFolder(std::string_view& text, std::string_view prefix) {
  bool is_whole = text.size() == prefix.size();
  if (!text.starts_with(prefix) || (!is_whole && text[prefix.size()] != '/' && text[prefix.size()] != '\\'))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Where a path starts; `text` keeps what is below that. Nothing for a relative path.
std::optional<PathComponents> TakeStart(std::string_view& text, const PathComponents& profile) {
  for (std::string_view home : {"~", "%d", "${HOME}", "${USERPROFILE}"}) {
    if (TakeFolder(text, home)) return profile;
  }
  if (TakeFolder(text, "__PROGRAMDATA__")) return PathComponents{u"ProgramData"};
  auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  auto is_separator = [](char c) { return c == '/' || c == '\\'; };
  bool has_drive = text.size() >= 3 && is_letter(text[0]) && text[1] == ':' && is_separator(text[2]);
  bool has_git_drive = text.size() >= 3 && text[0] == '/' && is_letter(text[1]) && text[2] == '/';
  if (has_drive || has_git_drive) {
    text.remove_prefix(2);
  } else if (text.empty() || !is_separator(text[0]) || (text.size() > 1 && is_separator(text[1]))) {
    return std::nullopt;
  }
  return PathComponents{};
}

bool IsAtOrAbove(const PathComponents& folder, const PathComponents& path) {
  return folder.size() <= path.size() && std::ranges::equal(folder, std::span(path).first(folder.size()), SameName);
}

std::optional<PathComponents> TargetOf(std::string_view text, const PathComponents& profile) {
  std::optional<PathComponents> target = TakeStart(text, profile);
  if (!target) return std::nullopt;
  while (!text.empty()) {
    std::size_t end = std::min(text.find_first_of("/\\"), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      if (!target->empty()) target->pop_back();
      continue;
    }
    if (name.find_first_of("%*?$") != name.npos || target->size() == Glob::kMaxComponents) break;
    Expected<std::u16string> component = FromWtf8(name);
    if (!component) return std::nullopt;
    target->push_back(std::move(*component));
  }
  if (IsAtOrAbove(*target, profile)) return std::nullopt;
  return target;
}

}  // namespace

std::vector<PathComponents> SshConfigTargets(std::string_view config_text, const PathComponents& profile) {
  std::vector<PathComponents> targets;
  std::string_view text = config_text.substr(0, kMaxText);
  while (!text.empty() && targets.size() < kMaxTargets) {
    std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));

    std::size_t keyword = std::min(line.find_first_of(" \t="), line.size());
    if (!NamesFiles(line.substr(0, keyword))) continue;
    line = Trimmed(line.substr(keyword));
    if (line.starts_with('=')) line.remove_prefix(1);
    while (std::optional<std::string> argument = TakeArgument(line)) {
      std::optional<PathComponents> target = TargetOf(*argument, profile);
      if (target && targets.size() < kMaxTargets && std::ranges::find(targets, *target) == targets.end()) {
        targets.push_back(std::move(*target));
      }
    }
  }
  return targets;
}

}  // namespace acledger::scanner
