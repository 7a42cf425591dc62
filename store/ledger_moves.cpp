// SPDX-License-Identifier: MIT
// What one grant has recorded becomes another's.
#include "store/ledger_impl.h"

namespace acledger::store {
namespace {

static_assert(static_cast<int>(ChangeState::kUndone) == 5 && static_cast<int>(ChangeState::kAbandoned) == 6 &&
              static_cast<int>(ChangeState::kMissing) == 7);

// Folders of the index and all below them; 0 for none.
#define SUBTREE(ROOTS)                         \
  "WITH RECURSIVE below(id) AS (VALUES " ROOTS \
  " UNION ALL SELECT folder.id FROM folder, below WHERE folder.parent = below.id AND below.id <> 0) "
// node.status: bit 1 is set for a file with several names (rows.h).
constexpr char kMoveAll[] =
    "UPDATE change SET grant_id = ?2, folder = iif(folder = 0, -1, folder) WHERE grant_id = ?1 AND (state < 5 OR "
    "state = 7)";
constexpr char kMoveBelow[] = SUBTREE("(?3), (?4)")
    "UPDATE change SET grant_id = ?2 WHERE grant_id = ?1 AND state < 5 AND (folder IN below OR file_id IN "
    "(SELECT node.file_id FROM below JOIN node ON node.folder = below.id)) AND folder <> 0";
constexpr char kMoveRoot[] =
    "UPDATE change SET grant_id = ?2, folder = 0 WHERE grant_id = ?1 AND state < 5 AND file_id = ?3";
constexpr char kHasLinks[] =
    SUBTREE("(?1), (?2)") "SELECT 1 FROM below JOIN node ON node.folder = below.id WHERE node.status & 2 LIMIT 1";
constexpr char kGiveLinksBack[] = SUBTREE("(?3), (?4)")
    "UPDATE change SET grant_id = ?1 WHERE grant_id = ?2 AND state < 5 AND file_id IN (SELECT node.file_id FROM folder "
    "JOIN node ON node.folder = folder.id WHERE folder.grant_id = ?1 AND node.status & 2 AND folder.id NOT IN below)";
constexpr char kMoveFrontier[] = SUBTREE("(?1)") "UPDATE frontier SET grant_id = ?2 WHERE parent IN below";
constexpr char kMoveFolders[] = SUBTREE("(?1)") "UPDATE folder SET grant_id = ?2 WHERE id IN below";
// A root's own row stands with the folder.
constexpr char kMakeRoot[] =
    "UPDATE folder SET parent = 0, (descriptor, status) = (SELECT node.descriptor, node.status FROM node WHERE "
    "node.folder = folder.parent AND node.name = folder.name AND +node.name = folder.name COLLATE BINARY) WHERE id = ?";
#undef SUBTREE

}  // namespace

Expected<void> Ledger::MoveChanges(GrantId from, GrantId to) {
  auto move = impl_->db.Use(kMoveAll);
  return impl_->Write(move.With(from, to));
}

Expected<void> Ledger::MoveChangesBelow(GrantId from, GrantId to, FolderId place, const FileId& root_id) {
  auto own = impl_->RootOf(to);
  if (!own) return std::unexpected(own.error());
  const FolderId own_root = *own && (*own)->id != place ? (*own)->id : 0;
  return impl_->Atomically([&]() -> Expected<void> {
    if (auto done = impl_->db.Use(kMoveRoot).With(from, to, root_id).Run(); !done) return done;
    if (place == 0 && own_root == 0) return {};
    if (auto done = impl_->db.Use(kMoveBelow).With(from, to, place, own_root).Run(); !done) return done;
    auto links = impl_->db.Use(kHasLinks);
    const auto any = links.With(place, own_root).Next();
    if (!any) return std::unexpected(any.error());
    if (!*any) return {};
    return impl_->db.Use(kGiveLinksBack).With(from, to, place, own_root).Run();
  });
}

Expected<void> Ledger::MoveIndex(FolderId folder, GrantId to) {
  return impl_->Atomically([&]() -> Expected<void> {
    for (const char* move : {kMoveFrontier, kMoveFolders})
      if (auto done = impl_->db.Use(move).With(folder, to).Run(); !done) return done;
    return impl_->db.Use(kMakeRoot).With(folder).Run();
  });
}

}  // namespace acledger::store
