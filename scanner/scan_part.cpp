// SPDX-License-Identifier: MIT
// A part of a scan: folders that changed, and what is new in them.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "scanner/opener.h"
#include "scanner/scan.h"
#include "scanner/unlisted.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Node;

namespace {

// Beyond that a whole scan, which is resumable and reads with several threads, is the better way.
constexpr std::size_t kMostNames = 100'000;

}  // namespace

// What the index holds of one folder.
struct Scan::Known {
  std::unordered_multimap<std::string, Node> nodes;
  std::unordered_map<std::string, FileId> folders;  // The listed ones.

  const Node* Find(const std::string& name, const FileId& id) const {
    const auto [first, last] = nodes.equal_range(name);
    const auto found = std::find_if(first, last, [&id](const auto& one) { return one.second.file_id == id; });
    return found == last ? nullptr : &found->second;
  }
};

Expected<void> Scan::NoteFoldersIn(store::FolderId folder) {
  const Expected<std::vector<store::Folder>> below = ledger_.FoldersIn(folder);
  if (!below) return std::unexpected(below.error());
  for (const store::Folder& one : *below) known_.Add({one.id, folder, one.self.name, one.self.file_id});
  return {};
}

// Its path must lead to it, through the folders that the index has: else a folder above is what changed.
Expected<FolderTask> Scan::OpenTask(std::shared_ptr<FolderRef> ref) {
  std::vector<const FolderRef*> way;
  for (const FolderRef* at = ref.get(); at; at = at->parent.get()) way.push_back(at);
  Expected<std::unique_ptr<Object>> object = OpenPath(volume_, root_, Access::kRead);
  for (std::size_t i = way.size(); i-- > 0;) {
    if (i + 1 < way.size()) object = (*object)->OpenChild(way[i]->name, Access::kRead);
    if (!object) return std::unexpected(object.error());
    const Expected<ObjectInfo> info = (*object)->Info();
    if (!info) return std::unexpected(info.error());
    if (info->id != way[i]->id) return Fail(ErrorKind::kNotFound, "open", "another object is there");
  }
  return FolderTask{std::move(ref), std::move(*object)};
}

Expected<bool> Scan::RootIsAsKnown(Object& root) {
  const Expected<std::optional<store::Folder>> indexed = ledger_.Root(grant_.id);
  if (!indexed) return std::unexpected(indexed.error());
  security::DescriptorBytes bytes;
  if (Expected<void> read = root.ReadDescriptor(bytes); !read) return false;
  if (!*indexed || (*indexed)->self.descriptor == 0) return false;
  const auto known = descriptors_.Get((*indexed)->self.descriptor);
  if (!known) return std::unexpected(known.error());
  return **known == bytes;
}

Expected<bool> Scan::IsAsKnown(const ScannedName& name, const Node& node) {
  const bool has_links = !name.info.IsFolder() && name.info.link_count > 1;
  if (node.is_folder != name.info.IsFolder() || node.has_links != has_links) return false;
  if (name.descriptor == DescriptorPool::kNone || node.descriptor == 0)
    return name.descriptor == DescriptorPool::kNone && node.descriptor == 0;
  const auto known = descriptors_.Get(node.descriptor);
  if (!known) return std::unexpected(known.error());
  return **known == pool_.Get(name.descriptor);
}

// It, and everything below it, may leave the index. False: one of the files has other names.
Expected<bool> Scan::NoteGone(store::FolderId folder, const Node& node) {
  if (node.has_links) return false;
  gone_.insert(node.file_id);
  if (!node.is_folder) return true;
  const Expected<std::vector<store::Folder>> folders = ledger_.FoldersIn(folder);
  if (!folders) return std::unexpected(folders.error());
  std::vector<store::FolderId> below;
  for (const store::Folder& one : *folders)
    if (one.self.name == node.name) below.push_back(one.id);
  std::vector<Node> nodes;
  while (!below.empty()) {
    const store::FolderId next = below.back();
    below.pop_back();
    if (Expected<void> loaded = ledger_.Nodes(next, nodes); !loaded) return std::unexpected(loaded.error());
    for (const Node& one : nodes) {
      if (one.has_links) return false;
      gone_.insert(one.file_id);
    }
    const Expected<std::vector<store::Folder>> deeper = ledger_.FoldersIn(next);
    if (!deeper) return std::unexpected(deeper.error());
    for (const store::Folder& one : *deeper) below.push_back(one.id);
  }
  return true;
}

// Child folders that the index holds as they are need no look. Notes what left. False: a file with several names.
Expected<bool> Scan::Prune(ScannedFolder& scanned, const Known& known, std::vector<FolderTask>& tasks) {
  std::unordered_map<FileId, FolderTask> entered;
  for (FolderTask& task : std::exchange(scanned.subfolders, {})) entered.emplace(task.ref->id, std::move(task));
  std::unordered_multimap<std::string, const ScannedName*> now;
  for (ScannedName& name : scanned.names) {
    const std::string text = ToWtf8(name.name);
    now.emplace(text, &name);
    const Node* node = known.Find(text, name.info.id);
    Expected<bool> same = false;
    if (node) same = IsAsKnown(name, *node);
    if (!same) return std::unexpected(same.error());
    const bool has_links = !name.info.IsFolder() && name.info.link_count > 1;
    if (!*same && (has_links || (node && node->has_links))) return false;
    if (!name.entered) {
      // It is a folder of the index and must not be one any more.
      if (node && known.folders.contains(text) && !name.IsUnopened())
        if (Expected<bool> noted = NoteGone(scanned.ref->number, *node); !noted || !*noted) return noted;
      continue;
    }
    const auto listed = known.folders.find(text);
    name.as_known =
        *same && listed != known.folders.end() && listed->second == name.info.id && !unopened_.contains(name.info.id);
    if (name.as_known) continue;
    // What the index has below it may be elsewhere by now.
    if (node && listed != known.folders.end())
      if (Expected<bool> noted = NoteGone(scanned.ref->number, *node); !noted || !*noted) return noted;
    tasks.push_back(std::move(entered.at(name.info.id)));
  }
  if (scanned.list_error && !scanned.IsGone()) return true;  // What was not reached stays.
  for (const auto& [text, node] : known.nodes) {
    const auto [first, last] = now.equal_range(text);
    if (std::any_of(first, last, [&](const auto& one) { return one.second->info.id == node.file_id; })) continue;
    if (Expected<bool> noted = NoteGone(scanned.ref->number, node); !noted || !*noted) return noted;
  }
  return true;
}

// False: only a whole scan can tell.
Expected<bool> Scan::ReadFolderOfPart(FolderReader& reader, FolderTask task, bool wholly,
                                      std::vector<FolderTask>& below) {
  ScannedFolder scanned = reader.Read(std::move(task));
  if (wholly) {
    for (const ScannedName& name : scanned.names)
      if (!name.info.IsFolder() && name.info.link_count > 1) return false;
    for (FolderTask& next : std::exchange(scanned.subfolders, {})) below.push_back(std::move(next));
  } else {
    Known known;
    std::vector<Node> nodes;
    if (Expected<void> loaded = ledger_.Nodes(scanned.ref->number, nodes); !loaded)
      return std::unexpected(loaded.error());
    for (Node& node : nodes) known.nodes.emplace(node.name, std::move(node));
    const Expected<std::vector<store::Folder>> folders = ledger_.FoldersIn(scanned.ref->number);
    if (!folders) return std::unexpected(folders.error());
    for (const store::Folder& one : *folders) known.folders.emplace(one.self.name, one.self.file_id);
    if (Expected<bool> pruned = Prune(scanned, known, below); !pruned || !*pruned) return pruned;
  }
  part_.push_back(std::move(scanned));
  return true;
}

Expected<bool> Scan::ReadPart(std::vector<std::shared_ptr<FolderRef>> folders, const StopFlag& stop) {
  is_part_ = true;
  FolderReader reader(volume_, policy_, &requester_, pool_, root_);
  // A folder's number is higher than those of the ones above it: these come later, and know what could not be opened.
  std::map<store::FolderId, std::shared_ptr<FolderRef>> waiting;
  for (std::shared_ptr<FolderRef>& ref : folders) waiting.emplace(ref->number, std::move(ref));
  std::vector<FolderTask> below;
  std::size_t names = 0;
  while (!waiting.empty() && !stop) {
    const std::shared_ptr<FolderRef> ref = std::move(waiting.extract(std::prev(waiting.end())).mapped());
    const bool is_root = ref->parent == nullptr;
    Expected<FolderTask> task = OpenTask(ref);
    if (!task) {
      if (is_root) return false;
      if (task.error().kind != ErrorKind::kNotFound) unopened_.insert(ref->id);
      waiting.emplace(ref->parent->number, std::const_pointer_cast<FolderRef>(ref->parent));
      continue;
    }
    if (is_root)
      if (Expected<bool> same = RootIsAsKnown(*task->handle); !same || !*same) return same;
    if (Expected<bool> read = ReadFolderOfPart(reader, std::move(*task), false, below); !read || !*read) return read;
  }
  // A folder that is to be looked at and lies in one that is entered wholly is read twice; the second look counts.
  while (!below.empty() && !stop) {
    FolderTask task = std::move(below.back());
    below.pop_back();
    if (Expected<bool> read = ReadFolderOfPart(reader, std::move(task), true, below); !read || !*read) return read;
    names += part_.back().names.size();
    if (names > kMostNames) return false;
  }
  return waiting.empty() && below.empty();
}

Expected<std::vector<FileId>> Scan::IdsOfPart() {
  std::vector<FileId> ids(gone_.begin(), gone_.end());
  for (const ScannedFolder& folder : part_)
    for (const ScannedName& name : folder.names) ids.push_back(name.info.id);
  return ids;
}

Expected<ScanReport> Scan::MergePart(LiveEntries& live) {
  live_ = &live;
  const Expected<std::vector<store::Failure>> failures = ledger_.Failures();
  if (!failures) return std::unexpected(failures.error());
  for (const store::Failure& failure : *failures)
    if (failure.grant == grant_.id) told_.emplace(failure.path, failure.right);
  for (ScannedFolder& folder : part_) {
    // It may have left the index with a folder above it a moment ago.
    const FolderRef& known = folder.ref->number == 0 ? *folder.ref->parent : *folder.ref;
    const Expected<bool> there = IsInReach(known.number);
    if (!there) return std::unexpected(there.error());
    if (!*there) continue;
    if (Expected<void> merged = Merge(folder); !merged) return std::unexpected(merged.error());
  }
  report_.complete = true;
  return report_;
}

// In the index, and not below a folder that could not be looked at.
Expected<bool> Scan::IsInReach(store::FolderId folder) {
  const Expected<std::vector<store::Folder>> way = ledger_.FoldersTo(folder);
  if (!way) return std::unexpected(way.error());
  return !way->empty() && std::ranges::none_of(*way, IsUnseen, &store::Folder::self);
}

Expected<std::vector<store::FolderId>> Scan::FoldersOfPart() {
  std::vector<store::FolderId> folders;
  for (const ScannedFolder& folder : part_) {
    const Expected<bool> there = IsInReach(folder.ref->number);
    if (!there) return std::unexpected(there.error());
    if (*there) folders.push_back(folder.ref->number);
  }
  return folders;
}

std::vector<PathComponents> Scan::PlacesOfPart() const {
  std::vector<PathComponents> places;
  for (const ScannedFolder& folder : part_) places.push_back(folder.ref->Components(root_));
  return places;
}

}  // namespace acledger::scanner
