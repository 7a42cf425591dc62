// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/descriptor_cache.h"
#include "store/ledger.h"
#include "store/opening.h"
#include "store/sqlite/database.h"
#include "store/sqlite/query.h"

namespace acledger::store {

using Fold = std::function<std::string(std::string_view)>;

struct Ledger::Impl {
  explicit Impl(OpenedLedger opened) : file(std::move(opened)), db(*file.database) {}

  OpenedLedger file;
  sqlite::Database& db;
  DescriptorCache descriptors;
  std::uint64_t transactions = 0;
  std::function<void()> on_commit;
  std::uint64_t checkpoints = 0;
  int depth = 0;                // Of InTransaction().
  std::int64_t untold = 0;      // Rows that the open transaction wrote and SetOnCommit() is not for.
  std::optional<Error> poison;  // What failed in the open transaction: it will be rolled back.
  // Lowest and highest id that may be in the states applied or reverted; nothing: not known, look at all.
  std::optional<std::pair<ChangeId, ChangeId>> unflushed;

  const std::string& Path() const { return file.path; }
  std::unexpected<Error> Missing(const char* what, std::int64_t id) const;

  // InTransaction(). A failure inside an open transaction dooms the whole of it, also where the caller goes on.
  Expected<void> Atomically(const std::function<Expected<void>()>& body);
  // Runs questions that belong together: the same state of the file for all of them, and its locks taken once.
  Expected<void> AtOneMoment(const std::function<Expected<void>()>& body);
  Expected<void> StillOpen();
  void RollBack();
  void KeepLogShort();
  Expected<void> CopyLog();

  // One statement: its own transaction, or part of the open one.
  Expected<void> Write(sqlite::Query& query);
  // The same; kNotFound if it changed no row, which dooms nothing.
  Expected<void> WriteOne(sqlite::Query& query, const char* what, std::int64_t id);

  Expected<Grant> ReadGrant(sqlite::Query& row);
  Expected<void> ReadLists(Grant& grant);
  enum class GrantsWanted : std::uint8_t { kLive, kAll };
  Expected<std::vector<Grant>> ReadGrants(GrantsWanted wanted);
  Expected<void> WriteLists(const Grant& grant);
  Expected<void> WriteRequester(GrantId grant, const Requester& requester);
  Expected<void> ReadRequester(Grant& grant);
  Expected<void> SetGrantFlag(GrantId id, std::int64_t flag, bool value);
  Expected<std::int64_t> PrincipalRow(const security::Sid& sid);

  Expected<DescriptorId> FindDescriptor(std::uint64_t hash, security::Bytes bytes);

  Expected<void> InsertNodes(FolderId folder, std::span<const Node* const> nodes);
  Expected<void> SetNode(FolderId folder, const Node& node);
  Expected<void> DropNode(FolderId folder, const Node& node);
  // Drops the folder at this place and everything below it; not its own node.
  Expected<void> RemoveSubtree(FolderId parent, const std::string& name);
  Expected<std::vector<FolderId>> FoldersIn(FolderId parent);

  // What was reverted and is found to hold our entry still: live again.
  Expected<void> Revive(ChangeId first, ChangeId last);
  Expected<void> DropTombstones(ChangeId first, ChangeId last);
  void NoteUnflushed(ChangeId first, ChangeId last);

  Expected<std::vector<Folder>> ReadFolders(sqlite::Query& query);
  Expected<std::optional<Folder>> OneFolder(sqlite::Query& query);
  Expected<std::optional<Folder>> RootOf(GrantId grant);
  Expected<std::optional<Folder>> FolderAt(GrantId grant, FolderId parent, std::string_view name);
  Expected<std::optional<Node>> NodeAt(FolderId folder, std::string_view name, const Fold& fold);
  Expected<void> FindInto(std::vector<Found>& all, std::span<const std::string> components, const Fold& fold);
  Expected<std::string> PathTo(FolderId folder);
  Expected<std::optional<Found>> FindBelow(const Grant& grant, std::span<const std::string> components,
                                           const Fold& fold);
};

}  // namespace acledger::store
