// SPDX-License-Identifier: MIT
#include <algorithm>

#include "store/ledger_impl.h"
#include "store/rows.h"

namespace acledger::store {
namespace {

// A folder's own row: with its parent's nodes, or in `folder` for a root.
#define FOLDER_COLUMNS                                                                                                 \
  "SELECT f.id, f.parent, f.grant_id, f.name, f.file_id, f.descriptor, f.status, n.descriptor, n.status, f.unknown, "  \
  "f.readable, f.covered, f.pending, f.denied, f.skipped, f.drifted, f.failed, f.plan FROM folder f LEFT JOIN node n " \
  "ON "                                                                                                                \
  "n.folder = f.parent AND n.name = f.name AND +n.name = f.name COLLATE BINARY "
constexpr char kFoldersOfGrant[] = FOLDER_COLUMNS "WHERE f.grant_id = ? ORDER BY f.id";
constexpr char kRootOfGrant[] = FOLDER_COLUMNS "WHERE f.parent = 0 AND f.grant_id = ?";
constexpr char kFoldersIn[] = FOLDER_COLUMNS "WHERE f.parent = ? ORDER BY f.id";
constexpr char kFolder[] = FOLDER_COLUMNS "WHERE f.id = ?";
constexpr char kFolderAt[] = FOLDER_COLUMNS "WHERE f.parent = ? AND f.name = ? AND f.grant_id = ?";
#undef FOLDER_COLUMNS
constexpr int kFirstCount = 9;

Expected<Folder> ReadFolder(const sqlite::Query& row) {
  Folder folder;
  folder.id = row.Int(0);
  folder.parent = row.Int(1);
  folder.grant = row.Int(2);
  if (auto self = ReadNode(row, 3, folder.self); !self) return std::unexpected(self.error());
  if (!row.IsNull(7)) {
    folder.self.descriptor = row.Int(7);
    if (!UnpackStatus(row.Int(8), folder.self)) return BadRow(row, "node", 0, "status");
  }
  for (int i = 0; i < static_cast<int>(kVerdicts); ++i) {
    folder.counts.by_verdict[static_cast<std::size_t>(i)] = static_cast<std::uint64_t>(row.Int(kFirstCount + i));
  }
  folder.plan = static_cast<std::uint8_t>(row.Int(kFirstCount + static_cast<int>(kVerdicts)));
  return folder;
}

}  // namespace

Expected<std::optional<Folder>> Ledger::Root(GrantId grant) { return impl_->RootOf(grant); }

Expected<std::vector<Folder>> Ledger::Folders(GrantId grant) {
  auto query = impl_->db.Use(kFoldersOfGrant);
  return impl_->ReadFolders(query.With(grant));
}

Expected<std::vector<Folder>> Ledger::FoldersIn(FolderId parent) {
  auto query = impl_->db.Use(kFoldersIn);
  return impl_->ReadFolders(query.With(parent));
}

Expected<std::vector<Folder>> Ledger::FoldersTo(FolderId folder) {
  std::vector<Folder> way;
  auto done = impl_->AtOneMoment([&]() -> Expected<void> {
    for (FolderId next = folder; next != 0; next = way.back().parent) {
      auto query = impl_->db.Use(kFolder);
      auto found = impl_->OneFolder(query.With(next));
      if (!found) return std::unexpected(found.error());
      if (!*found && way.empty()) return {};
      // A parent's number is lower than its children's: a ring, or none, means a damaged file.
      if (!*found || (*found)->parent >= next)
        return std::unexpected(Error{ErrorKind::kCorrupt, "read ledger", Path(), 0, "a folder has no way to its root"});
      way.push_back(**std::move(found));
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  std::ranges::reverse(way);
  return way;
}

Expected<std::vector<Folder>> Ledger::FoldersAlong(GrantId grant, std::span<const std::string> names,
                                                   const Fold& fold) {
  std::vector<Folder> along;
  auto done = impl_->AtOneMoment([&]() -> Expected<void> {
    auto folder = impl_->RootOf(grant);
    if (!folder) return std::unexpected(folder.error());
    for (auto name = names.begin(); *folder; ++name) {
      along.push_back(**std::move(folder));
      if (name == names.end()) break;
      auto node = impl_->NodeAt(along.back().id, *name, fold);
      if (!node) return std::unexpected(node.error());
      if (!*node || !(*node)->is_folder) break;
      folder = impl_->FolderAt(grant, along.back().id, (*node)->name);
      if (!folder) return std::unexpected(folder.error());
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return along;
}

Expected<std::vector<Folder>> Ledger::Impl::ReadFolders(sqlite::Query& query) {
  std::vector<Folder> folders;
  auto done = query.Each([&]() -> Expected<void> {
    auto folder = ReadFolder(query);
    if (!folder) return std::unexpected(folder.error());
    folders.push_back(*std::move(folder));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return folders;
}

Expected<std::optional<Folder>> Ledger::Impl::OneFolder(sqlite::Query& query) {
  auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return ReadFolder(query);
}

Expected<std::optional<Folder>> Ledger::Impl::RootOf(GrantId grant) {
  auto query = db.Use(kRootOfGrant);
  return OneFolder(query.With(grant));
}

Expected<std::optional<Folder>> Ledger::Impl::FolderAt(GrantId grant, FolderId parent, std::string_view name) {
  auto query = db.Use(kFolderAt);
  return OneFolder(query.With(parent, name, grant));
}

Expected<void> Ledger::SetCounts(FolderId folder, const Counts& counts) {
  auto update = impl_->db.Use(
      "UPDATE folder SET unknown = ?, readable = ?, covered = ?, pending = ?, denied = ?, skipped = ?, drifted = ?, "
      "failed = ? WHERE id = ?");
  int index = 0;
  for (const std::uint64_t count : counts.by_verdict) update.Bind(++index, count);
  update.Bind(++index, folder);
  return impl_->WriteOne(update, "folder", folder);
}

Expected<void> Ledger::SetPlan(FolderId folder, const Counts& counts, std::uint8_t plan) {
  auto update = impl_->db.Use(
      "UPDATE folder SET unknown = ?, readable = ?, covered = ?, pending = ?, denied = ?, skipped = ?, drifted = ?, "
      "failed = ?, plan = ? WHERE id = ?");
  int index = 0;
  for (const std::uint64_t count : counts.by_verdict) update.Bind(++index, count);
  update.Bind(++index, plan);
  update.Bind(++index, folder);
  return impl_->WriteOne(update, "folder", folder);
}

Expected<std::vector<FolderId>> Ledger::Impl::FoldersIn(FolderId parent) {
  std::vector<FolderId> folders;
  auto query = db.Use("SELECT id FROM folder WHERE parent = ?");
  query.With(parent);
  auto done = query.Each([&]() -> Expected<void> {
    folders.push_back(query.Int(0));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return folders;
}

Expected<void> Ledger::Impl::RemoveSubtree(FolderId parent, const std::string& name) {
  auto frontier = db.Use(
      "DELETE FROM frontier WHERE grant_id = (SELECT grant_id FROM folder WHERE id = ?1) AND parent = ?1 AND name = "
      "?2");
  if (auto done = frontier.With(parent, std::string_view(name)).Run(); !done) return done;
  std::vector<FolderId> doomed;
  {
    auto query = db.Use("SELECT id FROM folder WHERE parent = ? AND name = ?");
    auto row = query.With(parent, std::string_view(name)).Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    doomed.push_back(query.Int(0));
  }
  while (!doomed.empty()) {
    const FolderId folder = doomed.back();
    doomed.pop_back();
    auto below = FoldersIn(folder);
    if (!below) return std::unexpected(below.error());
    doomed.insert(doomed.end(), below->begin(), below->end());
    for (const char* drop :
         {"DELETE FROM frontier WHERE grant_id = (SELECT grant_id FROM folder WHERE id = ?1) AND parent = ?1",
          "DELETE FROM node WHERE folder = ?", "DELETE FROM folder WHERE id = ?"}) {
      if (auto done = db.Use(drop).With(folder).Run(); !done) return done;
    }
  }
  return {};
}

Expected<void> Ledger::RemoveIndex(GrantId grant) {
  return impl_->Atomically([&]() -> Expected<void> {
    for (const char* drop : {"DELETE FROM node WHERE folder IN (SELECT id FROM folder WHERE grant_id = ?)",
                             "DELETE FROM folder WHERE grant_id = ?", "DELETE FROM frontier WHERE grant_id = ?"}) {
      if (auto done = impl_->db.Use(drop).With(grant).Run(); !done) return done;
    }
    return {};
  });
}

Expected<void> Ledger::AddFrontier(std::span<const FrontierFolder> folders) {
  return impl_->Atomically([&]() -> Expected<void> {
    auto insert = impl_->db.Use("INSERT OR REPLACE INTO frontier(grant_id, parent, name, file_id) VALUES(?, ?, ?, ?)");
    for (const FrontierFolder& folder : folders) {
      insert.With(folder.grant, folder.parent, std::string_view(folder.name), folder.file_id);
      if (auto done = insert.Run(); !done) return done;
      insert.Again();
    }
    return {};
  });
}

Expected<void> Ledger::RemoveFrontier(const FrontierFolder& folder) {
  auto remove = impl_->db.Use("DELETE FROM frontier WHERE grant_id = ? AND parent = ? AND name = ?");
  remove.With(folder.grant, folder.parent, std::string_view(folder.name));
  return impl_->Write(remove);
}

Expected<std::vector<FrontierFolder>> Ledger::Frontier(GrantId grant) {
  std::vector<FrontierFolder> folders;
  auto query = impl_->db.Use("SELECT parent, name, file_id FROM frontier WHERE grant_id = ? ORDER BY parent, name");
  query.With(grant);
  auto done = query.Each([&]() -> Expected<void> {
    const auto id = query.Id(2);
    if (!id) return BadRow(query, "frontier", 0, "file_id");
    folders.push_back({grant, query.Int(0), std::string(query.Text(1)), *id});
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return folders;
}

}  // namespace acledger::store
