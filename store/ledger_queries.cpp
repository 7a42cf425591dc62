// SPDX-License-Identifier: MIT
#include <algorithm>

#include "store/ledger_impl.h"
#include "store/rows.h"

namespace acledger::store {
namespace {

constexpr char kNodesNamed[] =
    "SELECT name, file_id, descriptor, status FROM node WHERE folder = ? AND name = ? ORDER BY file_id";

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<std::string_view> SplitRoot(std::string_view root) {
  std::vector<std::string_view> components;
  while (!root.empty()) {
    const std::size_t end = std::min(root.find('\\'), root.size());
    if (end > 0) components.push_back(root.substr(0, end));
    root.remove_prefix(std::min(end + 1, root.size()));
  }
  return components;
}

bool SameName(std::string_view a, std::string_view b, const Fold& fold) {
  return SameNameNoCase(a, b) || (fold && fold(a) == fold(b));
}

}  // namespace

// The exact name, else one that differs in ASCII case, else one that the volume takes for the same.
Expected<std::optional<Node>> Ledger::Impl::NodeAt(FolderId folder, std::string_view name, const Fold& fold) {
  std::optional<Node> found;
  Node node;
  auto query = db.Use(kNodesNamed);
  query.With(folder, name);
  auto done = query.Each([&]() -> Expected<void> {
    if (auto read = ReadNode(query, 0, node); !read) return read;
    if (!found || node.name == name) found = node;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (found || !fold || IsAscii(name)) return found;

  const std::string folded = fold(name);
  auto all = db.Use("SELECT name, file_id, descriptor, status FROM node WHERE folder = ?");
  all.With(folder);
  done = all.Each([&]() -> Expected<void> {
    if (found || fold(all.Text(0)) != folded) return {};
    return ReadNode(all, 0, found.emplace());
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

Expected<std::optional<Ledger::Found>> Ledger::Impl::FindBelow(const Grant& grant,
                                                               std::span<const std::string> components,
                                                               const Fold& fold) {
  auto folder = RootOf(grant.id);
  if (!folder) return std::unexpected(folder.error());
  if (!*folder) return std::nullopt;
  Found found{grant, 0, (*folder)->self, *folder};
  for (const std::string& component : components) {
    if (!found.as_folder) return std::nullopt;
    const FolderId parent = found.as_folder->id;
    auto node = NodeAt(parent, component, fold);
    if (!node) return std::unexpected(node.error());
    if (!*node) return std::nullopt;
    found.folder = parent;
    found.node = **std::move(node);
    found.as_folder.reset();
    if (!found.node.is_folder) continue;
    auto listed = FolderAt(grant.id, parent, found.node.name);
    if (!listed) return std::unexpected(listed.error());
    found.as_folder = *std::move(listed);
  }
  return found;
}

Expected<void> Ledger::Impl::FindInto(std::vector<Found>& all, std::span<const std::string> components,
                                      const Fold& fold) {
  auto grants = ReadGrants(GrantsWanted::kLive);
  if (!grants) return std::unexpected(grants.error());
  for (const Grant& grant : *grants) {
    const auto root = SplitRoot(grant.root);
    if (root.size() > components.size()) continue;
    const auto same = [&](std::string_view a, std::string_view b) { return SameName(a, b, fold); };
    if (!std::ranges::equal(root, components.first(root.size()), same)) continue;
    auto found = FindBelow(grant, components.subspan(root.size()), fold);
    if (!found) return std::unexpected(found.error());
    if (*found) all.push_back(**std::move(found));
  }
  return {};
}

Expected<std::vector<Ledger::Found>> Ledger::Find(std::span<const std::string> components, const Fold& fold) {
  std::vector<Found> all;
  auto done = impl_->AtOneMoment([&] { return impl_->FindInto(all, components, fold); });
  if (!done) return std::unexpected(done.error());
  return all;
}

Expected<std::string> Ledger::VolumeName() {
  auto query = impl_->db.Use("SELECT name FROM volume");
  auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::unexpected(Error{ErrorKind::kCorrupt, "read ledger", Path(), 0, "it names no volume"});
  return std::string(query.Text(0));
}

Expected<std::string> Ledger::PathOf(FolderId folder) {
  std::string path;
  auto done = impl_->AtOneMoment([&]() -> Expected<void> {
    auto found = impl_->PathTo(folder);
    if (!found) return std::unexpected(found.error());
    path = *std::move(found);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return path;
}

Expected<std::string> Ledger::Impl::PathTo(FolderId folder) {
  std::string below;
  for (;;) {
    auto query =
        db.Use("SELECT f.parent, f.name, g.root FROM folder f JOIN grant_ g ON g.id = f.grant_id WHERE f.id = ?");
    auto row = query.With(folder).Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return Missing("folder", folder);
    const FolderId parent = query.Int(0);
    if (parent == 0) {
      std::string root(query.Text(2));
      if (!below.empty() && root.ends_with('\\')) root.pop_back();
      return root + below;
    }
    // A parent's number is lower than its children's: a ring means a damaged file.
    if (parent >= folder) return BadRow(query, "folder", folder, "parent");
    below = "\\" + std::string(query.Text(1)) + below;
    folder = parent;
  }
}

}  // namespace acledger::store
