// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_view.h"

#include <vector>

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kPagesKept = 64;      // About 100 KiB each.
constexpr std::size_t kPathsKept = 16'384;  // About 100 bytes each.
constexpr std::size_t kMaxDepth = 32'768;   // As Catalog::PathOf(): longer than any path that NT can name.

// kCorrupt is for damage of the index itself.
std::unexpected<Error> NoPath(FileReference id, const char* reason) {
  return Fail(ErrorKind::kNotFound, "find the path of " + id.ToFileId().ToString(), reason);
}

}  // namespace

Expected<const store::VolumePage*> IndexView::Page(std::uint32_t page) {
  auto found = cache_.find(page);
  if (found == cache_.end()) {
    auto read = pages_.Read(page);
    if (!read) return std::unexpected(read.error());
    if (cache_.size() >= kPagesKept) cache_.clear();
    found = cache_.emplace(page, *std::move(read)).first;
  }
  return found->second ? &*found->second : nullptr;
}

Expected<std::optional<store::IndexedObject>> IndexView::Find(FileReference id) {
  const auto page = Page(static_cast<std::uint32_t>(id.Number() / store::kObjectsAPage));
  if (!page) return std::unexpected(page.error());
  const auto* entry = *page == nullptr ? nullptr : (*page)->Find(id.Number());
  if (entry == nullptr || entry->object.id != id.raw) return std::nullopt;
  return entry->object;
}

Expected<IndexView::Folder> IndexView::FindFolder(FileReference id) {
  const auto page = Page(static_cast<std::uint32_t>(id.Number() / store::kObjectsAPage));
  if (!page) return std::unexpected(page.error());
  const auto* entry = *page == nullptr ? nullptr : (*page)->Find(id.Number());
  if (entry == nullptr || entry->object.id != id.raw) return NoPath(id, "it is not there");
  if (!entry->object.is_folder) return NoPath(id, "it is no folder");
  if (id.Number() == kRootRecord) return Folder{"\\", id};
  if (entry->names == 0) return NoPath(id, "it has no name");
  const store::IndexedName& name = (*page)->NamesOf(*entry).front();
  return Folder{std::string(name.text), {name.parent}};
}

Expected<std::string> IndexView::FolderPath(FileReference folder) {
  std::vector<std::pair<FileReference, std::string>> below;  // Innermost first.
  std::string path;
  for (FileReference at = folder;;) {
    if (const auto known = paths_.find(at.raw); known != paths_.end()) {
      path = known->second;
      break;
    }
    auto found = FindFolder(at);
    if (!found) return std::unexpected(std::move(found.error()));
    if (at.Number() == kRootRecord) break;
    if (below.size() > kMaxDepth) return NoPath(folder, "the folders above it go in circles");
    below.emplace_back(at, std::move(found->name));
    at = found->parent;
  }
  if (paths_.size() + below.size() > kPathsKept) paths_.clear();
  for (std::size_t i = below.size(); i-- > 0;) {
    path.append("\\").append(below[i].second);
    // Paths of a chain add up to the square of its length: only the place that was asked for and a few above it.
    if (i < 4) paths_.emplace(below[i].first.raw, path);
  }
  return path;
}

Expected<std::string> IndexView::PathOf(const store::IndexedName& name) {
  auto path = FolderPath({name.parent});
  if (path) path->append("\\").append(name.text);
  return path;
}

Expected<std::string> IndexView::PathOrWhatIsKnown(const store::IndexedName& name) {
  auto path = PathOf(name);
  if (path || path.error().kind != ErrorKind::kNotFound) return path;
  return "?\\" + std::string(name.text);
}

}  // namespace acledger::scanner::ntfs
