// SPDX-License-Identifier: MIT
#include "scanner/reader.h"

#include <algorithm>

#include "scanner/opener.h"

namespace acledger::scanner {
namespace {

// Handles that stay open between reading a folder as a child and listing it. More than these are opened again.
constexpr std::size_t kKeptHandles = 64;

bool Enters(const ScannedName& name) {
  return name.info.IsFolder() && !name.info.IsReparsePoint() && name.exclusion == Exclusion::kNone && !name.error &&
         !name.hidden && !(name.info.attributes & kAttributeRecallOnOpen);
}

}  // namespace

PathComponents FolderRef::Components(const PathComponents& root) const {
  PathComponents below;
  for (const FolderRef* at = this; at->parent; at = at->parent.get()) below.push_back(at->name);
  PathComponents all = root;
  all.insert(all.end(), below.rbegin(), below.rend());
  return all;
}

FolderReader::FolderReader(Volume& volume, const Policy& policy, const RequesterCheck* requester, DescriptorPool& pool,
                           const PathComponents& root)
    : volume_(volume), policy_(policy), requester_(requester), pool_(pool), root_(root) {}

Expected<std::unique_ptr<Object>> FolderReader::Open(const FolderRef& ref) {
  Expected<std::unique_ptr<Object>> opened = OpenPath(volume_, ref.Components(root_), Access::kRead);
  if (opened) {
    const Expected<ObjectInfo> info = (*opened)->Info();
    if (!info) return std::unexpected(info.error());
    if (info->id == ref.id) return opened;
  } else if (opened.error().kind != ErrorKind::kNotFound) {
    return opened;
  }
  return volume_.OpenById(ref.id, Access::kRead);
}

ScannedName FolderReader::ReadName(Object& folder, PathComponents& path, const ListedName& listed,
                                   std::unique_ptr<Object>& handle) {
  ScannedName scanned;
  scanned.name = listed.name;
  scanned.info = {listed.id, listed.attributes, listed.reparse_tag, 1};
  if (IsTransparentTag(listed.reparse_tag)) scanned.info.attributes &= ~kAttributeReparsePoint;
  path.push_back(listed.name);
  scanned.exclusion = policy_.Excluded(path, scanned.info.IsFolder());
  path.pop_back();
  if (listed.attributes & kAttributeRecallOnOpen) return scanned;  // Opening it would fetch it.

  auto fail = [&scanned](const char* right, const Error& error) {
    scanned.right = right;
    scanned.error = error;
    return scanned;
  };
  Expected<std::unique_ptr<Object>> opened = folder.OpenChild(listed.name, Access::kRead);
  if (!opened) return fail("READ_CONTROL", opened.error());
  const Expected<ObjectInfo> info = (*opened)->Info();
  if (!info) return fail("FILE_READ_ATTRIBUTES", info.error());
  scanned.info = *info;
  if (IsTransparentTag(info->reparse_tag)) scanned.info.attributes &= ~kAttributeReparsePoint;
  if (const Expected<void> read = (*opened)->ReadDescriptor(buffer_); !read) return fail("READ_CONTROL", read.error());
  scanned.descriptor = pool_.Intern(buffer_);
  scanned.hidden = scanned.info.IsFolder() && requester_ && !requester_->MayEnter(buffer_);
  handle = std::move(*opened);
  return scanned;
}

ScannedName FolderReader::ReadNamePatiently(Object& folder, PathComponents& path, const ListedName& listed,
                                            std::unique_ptr<Object>& handle) {
  ScannedName scanned = ReadName(folder, path, listed, handle);
  for (int tries = 1; tries < kTriesWhileBusy && scanned.error && scanned.error->kind == ErrorKind::kBusy; ++tries)
    scanned = ReadName(folder, path, listed, handle);
  return scanned;
}

ScannedFolder FolderReader::Read(FolderTask task) {
  ScannedFolder result{task.ref, {}, {}, {}};
  if (!task.handle) {
    Expected<std::unique_ptr<Object>> opened = Open(*task.ref);
    if (!opened) {
      result.list_error = opened.error();
      return result;
    }
    task.handle = std::move(*opened);
  }
  // Names first, children after: a listing that is held open while its folder's children are opened costs a rescan on
  // some volumes.
  std::vector<ListedName> listed;
  const Expected<void> end = task.handle->List([&listed](std::span<const ListedName> run) {
    listed.insert(listed.end(), run.begin(), run.end());
    return true;
  });
  if (!end) result.list_error = end.error();
  PathComponents path = task.ref->Components(root_);
  result.names.reserve(listed.size());
  for (const ListedName& name : listed) {
    std::unique_ptr<Object> handle;
    ScannedName scanned = ReadNamePatiently(*task.handle, path, name, handle);
    if (scanned.error && scanned.error->kind == ErrorKind::kNotFound) continue;  // Deleted since it was listed.
    scanned.entered = Enters(scanned);
    if (scanned.entered) {
      auto ref = std::make_shared<FolderRef>(FolderRef{task.ref, scanned.name, scanned.info.id, 0});
      if (result.subfolders.size() >= kKeptHandles) handle.reset();
      result.subfolders.push_back({std::move(ref), std::move(handle)});
    }
    result.names.push_back(std::move(scanned));
  }
  return result;
}

}  // namespace acledger::scanner
