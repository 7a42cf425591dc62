// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <toml++/toml.hpp>
#include <vector>

#include "store/config.h"

// How the tables of acledger.toml are read: a list of keys for each, everything else is refused. Private to the room.
namespace acledger::store::config {

// What is wrong, and where if that is not the line of the key itself.
struct Mistake {
  std::string reason;
  std::int64_t line = 0;  // 0: that of the key.
};
using Problem = std::optional<std::string>;  // What is wrong with a value; nothing if all is well.

template <class Out>
struct Key {
  using TakeValue = Problem (*)(const toml::node& node, Out& out);
  using TakeTable = std::optional<Mistake> (*)(const toml::node& node, Out& out);

  constexpr Key(std::string_view named, TakeValue takes) : name(named), take(takes) {}
  constexpr Key(std::string_view named, TakeTable takes) : name(named), take_table(takes) {}

  std::string_view name;
  TakeValue take = nullptr;
  TakeTable take_table = nullptr;  // Says by itself which key inside is wrong.
};

// "unknown key 'exlude'; did you mean 'exclude'?"
std::string UnknownKey(std::string_view name, std::span<const std::string_view> known);

template <class Out>
std::optional<Mistake> TakeKey(std::string_view name, const toml::node& node, std::span<const Key<Out>> keys,
                               const std::string& prefix, Out& out) {
  for (const Key<Out>& key : keys) {
    if (key.name != name) continue;
    if (key.take_table) return key.take_table(node, out);
    if (Problem problem = key.take(node, out)) return Mistake{prefix + std::string(name) + ": " + *problem};
    return {};
  }
  std::vector<std::string_view> known;
  for (const Key<Out>& key : keys) known.push_back(key.name);
  return Mistake{UnknownKey(name, known)};
}

// Fills `out` in. Of several mistakes the first in the file.
template <class Out>
std::optional<Mistake> TakeKeys(const toml::table& table, std::span<const Key<Out>> keys, const std::string& prefix,
                                Out& out) {
  std::optional<Mistake> first;
  for (const auto& [key, node] : table) {  // In the order of the keys, not of the lines.
    std::optional<Mistake> mistake = TakeKey<Out>(key.str(), node, keys, prefix, out);
    if (!mistake) continue;
    if (mistake->line == 0) mistake->line = key.source().begin.line;
    if (!first || mistake->line < first->line) first = std::move(mistake);
  }
  return first;
}

// The table [daemon].
std::optional<Mistake> TakeDaemon(const toml::node& node, Config& config);

}  // namespace acledger::store::config
