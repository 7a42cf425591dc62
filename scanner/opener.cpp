// SPDX-License-Identifier: MIT
#include "scanner/opener.h"

#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

// A name that is no WTF-8 (a forged row) opens nothing: OpenChild() refuses the empty name.
std::u16string NameOf(std::string_view wtf8) { return FromWtf8(wtf8).value_or(u""); }

constexpr char kNeverFollowed[] = "a reparse point is never followed";

// Checks identity on the handle itself.
Expected<std::unique_ptr<Object>> WithId(Expected<std::unique_ptr<Object>> object, const FileId& id) {
  if (!object) return object;
  const Expected<ObjectInfo> info = (*object)->Info();
  if (!info) return std::unexpected(info.error());
  if (info->id != id)
    return Fail(
        ErrorKind::kMismatch, "open",
        "the name leads to another object now (file id " + info->id.ToString() + " instead of " + id.ToString() + ")");
  return object;
}

}  // namespace

Expected<std::unique_ptr<Object>> OpenPath(Volume& volume, const PathComponents& path, Access access) {
  Expected<std::unique_ptr<Object>> object = volume.OpenRoot(path.empty() ? access : Access::kRead);
  PathComponents walked;
  for (std::size_t i = 0; object && i < path.size(); ++i) {
    walked.push_back(path[i]);
    object = (*object)->OpenChild(path[i], i + 1 == path.size() ? access : Access::kRead);
    if (!object) return std::unexpected(Error(object.error()).At(FormatPath(walked)));
    const Expected<ObjectInfo> info = (*object)->Info();
    if (!info) return std::unexpected(Error(info.error()).At(FormatPath(walked)));
    if (info->IsReparsePoint() && !IsTransparentTag(info->reparse_tag) && i + 1 < path.size())
      return std::unexpected(Error{ErrorKind::kUnsupported, "open", {}, 0, kNeverFollowed}.At(FormatPath(walked)));
  }
  return object;
}

bool IsNeverFollowed(const Error& error) {
  return error.kind == ErrorKind::kUnsupported && error.reason == kNeverFollowed;
}

namespace {

// `typed` leads to `id`; where the folder cannot be listed, it is all that is known.
std::u16string StoredName(Object& folder, const std::u16string& typed, const FileId& id) {
  std::u16string stored = typed;
  bool is_same = false;
  static_cast<void>(folder.List([&](std::span<const ListedName> run) {
    for (const ListedName& name : run) {
      if (name.id != id || is_same) continue;
      is_same = SameName(name.name, typed);
      stored = name.name;
    }
    return !is_same;
  }));
  return stored;
}

}  // namespace

Expected<std::optional<std::vector<PathStep>>> StepsTo(Volume& volume, FileId id) {
  constexpr std::size_t kDeepest = 4096;  // A ring cannot be: what moves meanwhile could look like one.
  std::vector<PathStep> steps;
  while (id != volume.Info().root && steps.size() < kDeepest) {
    const Expected<std::unique_ptr<Object>> object = volume.OpenById(id, Access::kRead);
    if (!object && object.error().kind == ErrorKind::kNotFound) return std::nullopt;
    if (!object) return std::unexpected(object.error());
    const Expected<std::vector<LinkName>> names = (*object)->Names();
    if (!names) return std::unexpected(names.error());
    if (names->empty()) return std::nullopt;
    steps.insert(steps.begin(), {id, names->front().name});
    id = names->front().parent;
  }
  return steps;
}

Expected<std::optional<PathComponents>> PathById(Volume& volume, const FileId& id) {
  Expected<std::optional<std::vector<PathStep>>> steps = StepsTo(volume, id);
  if (!steps) return std::unexpected(steps.error());
  if (!*steps) return std::nullopt;
  PathComponents path;
  for (PathStep& step : **steps) path.push_back(std::move(step.name));
  return path;
}

Expected<PathComponents> StoredNames(Volume& volume, const PathComponents& path) {
  PathComponents stored;
  for (const std::u16string& component : path) {
    Expected<std::unique_ptr<Object>> folder = OpenPath(volume, stored, Access::kRead);
    if (!folder) return std::unexpected(folder.error());
    PathComponents next = stored;
    next.push_back(component);
    const Expected<std::unique_ptr<Object>> object = OpenPath(volume, next, Access::kRead);
    if (!object) return std::unexpected(object.error());
    const Expected<ObjectInfo> info = (*object)->Info();
    if (!info) return std::unexpected(Error(info.error()).At(FormatPath(next)));
    stored.push_back(StoredName(**folder, component, info->id));
  }
  return stored;
}

Opener::Opener(Volume& volume, const FolderTree& tree, const PathComponents& root, FileId root_id)
    : volume_(volume), tree_(tree), root_(root), root_id_(root_id) {}

void Opener::Forget() {
  chain_.clear();
  root_handle_.reset();
}

Expected<Object*> Opener::Root() {
  if (!root_handle_) {
    Expected<std::unique_ptr<Object>> opened = WithId(OpenPath(volume_, root_, Access::kRead), root_id_);
    if (!opened && opened.error().kind == ErrorKind::kBusy) return std::unexpected(opened.error());
    root_moved_ = !opened;
    if (!opened) opened = WithId(volume_.OpenById(root_id_, Access::kRead), root_id_);
    if (!opened) return std::unexpected(opened.error());
    root_handle_ = std::move(*opened);
  }
  return root_handle_.get();
}

Expected<Object*> Opener::Folder(store::FolderId id) {
  Expected<Object*> at = Root();
  if (!at) return at;
  const std::vector<store::FolderId> wanted = tree_.Chain(id);
  std::size_t common = 0;
  while (common < wanted.size() && common < chain_.size() && wanted[common] == chain_[common].id) ++common;
  chain_.resize(common);
  if (common > 0) at = chain_.back().handle.get();
  for (; common < wanted.size(); ++common) {
    const FolderTree::Entry& entry = tree_.At(wanted[common]);
    Expected<std::unique_ptr<Object>> opened =
        WithId((*at)->OpenChild(NameOf(entry.name), Access::kRead), entry.file_id);
    if (!opened && opened.error().kind == ErrorKind::kBusy) return std::unexpected(opened.error());
    const bool moved = Moved() || !opened;
    if (!opened) opened = WithId(volume_.OpenById(entry.file_id, Access::kRead), entry.file_id);
    if (!opened) return std::unexpected(opened.error());
    chain_.push_back({wanted[common], std::move(*opened), moved});
    at = chain_.back().handle.get();
  }
  return at;
}

Expected<Opener::Opened> Opener::OpenByName(store::FolderId folder, std::string_view name, const FileId& id,
                                            Access access) {
  const auto found = [](Expected<std::unique_ptr<Object>> object, bool moved) -> Expected<Opened> {
    if (!object) return std::unexpected(object.error());
    return Opened{std::move(*object), moved};
  };
  if (folder == 0) return found(WithId(OpenPath(volume_, root_, access), id), false);
  if (!tree_.Contains(folder)) return Fail(ErrorKind::kNotFound, "open", "its folder has left the index");
  const Expected<Object*> parent = Folder(folder);
  if (!parent) return std::unexpected(parent.error());
  return found(WithId((*parent)->OpenChild(NameOf(name), access), id), Moved());
}

Expected<Opener::Opened> Opener::Open(store::FolderId folder, std::string_view name, const FileId& id, Access access) {
  Expected<Opened> opened = OpenByName(folder, name, id, access);
  if (opened) return opened;
  const ErrorKind kind = opened.error().kind;
  if (kind != ErrorKind::kNotFound && kind != ErrorKind::kMismatch && kind != ErrorKind::kInvalid) return opened;
  Expected<std::unique_ptr<Object>> elsewhere = WithId(volume_.OpenById(id, access), id);
  if (!elsewhere) return std::unexpected(elsewhere.error());
  return Opened{std::move(*elsewhere), true};
}

}  // namespace acledger::scanner
