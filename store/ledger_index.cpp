// SPDX-License-Identifier: MIT
#include <algorithm>

#include "store/ledger_impl.h"
#include "store/rows.h"

namespace acledger::store {
namespace {

constexpr char kAddNode[] =
    "INSERT INTO node(folder, name, file_id, descriptor, status) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

// `name` has the collation NOCASE: the first comparison is the look-up, the second tells case twins apart.
#define ONE_NODE " WHERE folder = ?1 AND name = ?2 AND +name = ?2 COLLATE BINARY"
constexpr char kOneNode[] = "SELECT name, file_id, descriptor, status FROM node" ONE_NODE;
constexpr char kSetNode[] = "UPDATE node SET descriptor = ?3, status = ?4" ONE_NODE " AND file_id = ?5";
constexpr char kSetNodeByName[] = "UPDATE node SET descriptor = ?3, status = ?4" ONE_NODE;
constexpr char kDropNode[] = "DELETE FROM node" ONE_NODE;
#undef ONE_NODE

std::vector<const Node*> Sorted(std::span<const Node> nodes) {
  std::vector<const Node*> sorted;
  sorted.reserve(nodes.size());
  for (const Node& node : nodes) sorted.push_back(&node);
  const auto less = [](const Node* a, const Node* b) { return NameLess(a->name, b->name); };
  if (!std::ranges::is_sorted(sorted, less)) std::ranges::sort(sorted, less);
  return sorted;
}

// What makes the rows of a folder equal to a new listing.
struct Difference {
  std::vector<const Node*> added, changed, gone;
};

// Both sorted by NameLess().
Difference Compare(std::span<const Node* const> before, std::span<const Node* const> after) {
  Difference difference;
  auto old = before.begin();
  for (const Node* node : after) {
    while (old != before.end() && NameLess((*old)->name, node->name)) difference.gone.push_back(*old++);
    if (old == before.end() || (*old)->name != node->name) {
      difference.added.push_back(node);
      continue;
    }
    const Node& known = **old++;
    if (known.file_id != node->file_id || known.is_folder != node->is_folder) {
      difference.gone.push_back(&known);  // Another object under the same name.
      difference.added.push_back(node);
    } else if (known != *node) {
      difference.changed.push_back(node);
    }
  }
  difference.gone.insert(difference.gone.end(), old, before.end());
  return difference;
}

}  // namespace

Expected<FolderId> Ledger::AddFolder(GrantId grant, FolderId parent, const Node& self) {
  auto query = impl_->db.Use("SELECT id FROM folder WHERE parent = ? AND name = ? AND grant_id = ?");
  auto row = query.With(parent, std::string_view(self.name), grant).Next();
  if (!row) return std::unexpected(row.error());
  if (*row) return query.Int(0);
  auto insert =
      impl_->db.Use("INSERT INTO folder(parent, grant_id, name, file_id, descriptor, status) VALUES(?, ?, ?, ?, ?, ?)");
  insert.With(parent, grant, std::string_view(self.name), self.file_id, self.descriptor, PackStatus(self));
  if (auto done = impl_->Write(insert); !done) return std::unexpected(done.error());
  return impl_->db.LastInsertId();
}

Expected<void> Ledger::Nodes(FolderId folder, std::vector<Node>& out) {
  out.clear();
  auto query =
      impl_->db.Use("SELECT name, file_id, descriptor, status FROM node WHERE folder = ? ORDER BY name, file_id");
  query.With(folder);
  return query.Each([&] { return ReadNode(query, 0, out.emplace_back()); });
}

Expected<void> Ledger::Impl::InsertNodes(FolderId folder, std::span<const Node* const> nodes) {
  auto insert = db.Use(kAddNode);
  insert.Bind(1, folder);
  for (const Node* node : nodes) {
    insert.Bind(2, std::string_view(node->name));
    insert.Bind(4, node->descriptor);
    insert.Bind(5, PackStatus(*node));
    // Names of one object that differ in case only (hard links in a case-sensitive folder) would share a key: the
    // number of the twin tells them apart. NTFS has at most 1024 links of a file.
    for (std::uint16_t twin = 0;; ++twin) {
      insert.BindId(3, node->file_id, twin);
      if (auto done = insert.Run(); !done) return done;
      insert.Again();
      if (db.Changed() == 1) break;
      if (twin == UINT16_MAX) {
        return std::unexpected(Error{ErrorKind::kTooLarge, "write ledger", Path(), 0,
                                     "more than 65536 names of one object differ only in case: " + node->name});
      }
    }
  }
  return {};
}

Expected<void> Ledger::Impl::SetNode(FolderId folder, const Node& node) {
  auto update = db.Use(kSetNode);
  update.With(folder, std::string_view(node.name), node.descriptor, PackStatus(node), node.file_id);
  if (auto done = update.Run(); !done || db.Changed() == 1) return done;
  // Perhaps a case twin, whose stored id carries a number.
  auto known = db.Use(kOneNode);
  auto row = known.With(folder, std::string_view(node.name)).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row || known.Id(1) != node.file_id) {
    return std::unexpected(Error{ErrorKind::kNotFound, "write ledger", Path(), 0,
                                 "folder " + std::to_string(folder) + " has no such object " + node.name});
  }
  auto by_name = db.Use(kSetNodeByName);
  return by_name.With(folder, std::string_view(node.name), node.descriptor, PackStatus(node)).Run();
}

Expected<void> Ledger::Impl::DropNode(FolderId folder, const Node& node) {
  if (auto done = db.Use(kDropNode).With(folder, std::string_view(node.name)).Run(); !done) return done;
  return node.is_folder ? RemoveSubtree(folder, node.name) : Expected<void>();
}

Expected<std::uint64_t> Ledger::ReplaceNodes(FolderId folder, std::span<const Node> nodes) {
  std::vector<Node> before;
  if (auto done = Nodes(folder, before); !done) return std::unexpected(done.error());
  const auto old_nodes = Sorted(before);
  const auto new_nodes = Sorted(nodes);
  const Difference difference = Compare(old_nodes, new_nodes);
  const std::uint64_t written = difference.gone.size() + difference.changed.size() + difference.added.size();
  if (written == 0) return 0;
  auto done = impl_->Atomically([&]() -> Expected<void> {
    for (const Node* node : difference.gone) {
      if (auto dropped = impl_->DropNode(folder, *node); !dropped) return dropped;
    }
    for (const Node* node : difference.changed) {
      if (auto set = impl_->SetNode(folder, *node); !set) return set;
    }
    return impl_->InsertNodes(folder, difference.added);
  });
  if (!done) return std::unexpected(done.error());
  return written;
}

Expected<void> Ledger::UpdateNode(FolderId folder, const Node& node) {
  Expected<void> found;
  auto done = impl_->Atomically([&]() -> Expected<void> {
    found = impl_->SetNode(folder, node);
    // Nothing was written, so nothing is doomed.
    return found || found.error().kind == ErrorKind::kNotFound ? Expected<void>() : found;
  });
  return done ? found : done;
}

Expected<void> Ledger::UpdateRoot(FolderId folder, const Node& self) {
  auto update = impl_->db.Use("UPDATE folder SET file_id = ?, descriptor = ?, status = ? WHERE id = ?");
  update.With(self.file_id, self.descriptor, PackStatus(self), folder);
  return impl_->WriteOne(update, "folder", folder);
}

}  // namespace acledger::store
