// SPDX-License-Identifier: MIT
#include "scanner/glob.h"

#include <algorithm>
#include <bit>

#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

// `*` and `?` against one component. On a mismatch only the last `*` has to take one unit more: an earlier one could
// gain nothing.
bool WildMatches(std::u16string_view pattern, std::u16string_view name) {
  std::size_t at = 0, in_name = 0, after_star = std::u16string_view::npos, retry = 0;
  while (in_name < name.size()) {
    if (at < pattern.size() && pattern[at] == u'*') {
      after_star = ++at;
      retry = in_name;
    } else if (at < pattern.size() && (pattern[at] == u'?' || pattern[at] == UpCase(name[in_name]))) {
      ++at;
      ++in_name;
    } else if (after_star != std::u16string_view::npos) {
      at = after_star;
      in_name = ++retry;
    } else {
      return false;
    }
  }
  return std::ranges::all_of(pattern.substr(at), [](char16_t unit) { return unit == u'*'; });
}

std::unexpected<Error> Refuse(std::string reason) { return Fail(ErrorKind::kInvalid, "read glob", std::move(reason)); }

}  // namespace

bool Glob::Token::Accepts(std::u16string_view component) const {
  if (kind == Kind::kWild) return WildMatches(text, component);
  return component.size() == text.size() &&
         std::ranges::equal(text, component, [](char16_t folded, char16_t unit) { return folded == UpCase(unit); });
}

Expected<void> Glob::Add(std::u16string_view component) {
  if (component.empty()) return Refuse("an empty component");
  if (component == u"." || component == u"..") return Refuse("'.' or '..'");
  if (component.find(u':') != component.npos) return Refuse("':' (a drive or a stream)");
  if (std::ranges::any_of(component, [](char16_t unit) { return unit < 0x20; })) return Refuse("a control character");
  if (component == u"**") {
    // Twice in a row says the same as once.
    if (!tokens_.empty() && tokens_.back().kind == Kind::kAnyDepth) return {};
    any_depth_ |= State{1} << tokens_.size();
    tokens_.push_back({Kind::kAnyDepth, {}});
  } else {
    bool wild = component.find_first_of(u"*?") != component.npos;
    tokens_.push_back({wild ? Kind::kWild : Kind::kLiteral, FoldName(component)});
  }
  return {};
}

Expected<Glob> Glob::Parse(std::string_view text, std::size_t text_offset) {
  auto refuse = [&](const std::string& what, std::size_t position) {
    Error error{ErrorKind::kInvalid, "read glob", std::string(text), 0, what};
    error.reason += " at position " + std::to_string(position + text_offset);
    return std::unexpected(std::move(error));
  };
  if (text.empty()) return refuse("nothing", 0);
  if (text[0] == '/' || text[0] == '\\') return refuse("a separator (globs are relative to the root)", 0);
  Glob glob;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find_first_of("/\\", at), text.size());
    Expected<std::u16string> component = FromWtf8(text.substr(at, end - at));
    if (!component) return refuse("text that is not UTF-8", at);
    if (Expected<void> added = glob.Add(*component); !added) return refuse(added.error().reason, at);
    // One place is kept for what a `**` at the end becomes.
    if (glob.tokens_.size() >= kMaxComponents) return refuse("too many components", at);
    at = end + 1;
  }
  // "Everything below" must not match the folder itself: at least one component.
  if (glob.tokens_.back().kind == Kind::kAnyDepth) glob.tokens_.push_back({Kind::kWild, u"*"});
  return glob;
}

Expected<Glob> Glob::Literal(const PathComponents& path) {
  if (path.empty() || path.size() > kMaxComponents) return Refuse("no components, or too many");
  Glob glob;
  for (const std::u16string& component : path) glob.tokens_.push_back({Kind::kLiteral, FoldName(component)});
  return glob;
}

// Adds the places that `**` reaches by matching nothing.
Glob::State Glob::Closed(State state) const {
  // Never two in a row, so one pass does.
  return state | (state & any_depth_) << 1;
}

Glob::State Glob::Step(State state, std::u16string_view component) const {
  State next = 0;
  state &= (State{1} << tokens_.size()) - 1;
  for (; state != 0; state &= state - 1) {
    auto i = static_cast<std::size_t>(std::countr_zero(state));
    if (tokens_[i].kind == Kind::kAnyDepth) {
      next |= State{1} << i;
    } else if (tokens_[i].Accepts(component)) {
      next |= State{1} << (i + 1);
    }
  }
  return Closed(next);
}

bool Glob::Matches(std::span<const std::u16string> path) const {
  State state = Start();
  for (const std::u16string& component : path) {
    state = Step(state, component);
    if (state == 0) return false;
  }
  return Matches(state);
}

bool Glob::LastMatches(std::u16string_view component) const { return tokens_.back().Accepts(component); }

const std::u16string* Glob::LastLiteral() const {
  return tokens_.back().kind == Kind::kLiteral ? &tokens_.back().text : nullptr;
}

}  // namespace acledger::scanner
