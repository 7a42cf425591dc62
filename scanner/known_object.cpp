// SPDX-License-Identifier: MIT
#include "scanner/known_object.h"

#include <algorithm>

#include "security/wtf8.h"

namespace acledger::scanner {

using store::Change;

namespace {

// The volume answered: it is not there. (A filter driver may not support what was asked: that is no answer.)
bool SaysNothingIsThere(const Error& error) {
  return error.kind == ErrorKind::kNotFound || error.kind == ErrorKind::kMismatch ||
         error.kind == ErrorKind::kInvalid || IsNeverFollowed(error);
}

SeenObject Unknown(const Error& error) {
  SeenObject seen;
  seen.answer = SeenObject::kUnknown;
  seen.error = error;
  return seen;
}

// A damaged row of the ledger tells nothing; other errors are told.
template <class T>
bool IsDamage(const Expected<T>& value) {
  return !value && (value.error().kind == ErrorKind::kNotFound || value.error().kind == ErrorKind::kCorrupt);
}

}  // namespace

ObjectFinder::ObjectFinder(Volume& volume, GrantContext& context, const Paths& paths)
    : volume_(volume),
      context_(context),
      paths_(paths),
      opener_(volume, context.tree, context.root, context.grant.root_id) {}

Expected<SeenObject> ObjectFinder::AtPlaceWithId(const Change& change) {
  Expected<Opener::Opened> opened = opener_.Open(change.folder, change.name, change.file_id, Access::kRead);
  if (!opened) return Look(change, std::unexpected(opened.error()));
  if (opened->moved) return SeenObject{};
  return Look(change, std::move(opened->object));
}

Expected<SeenObject> ObjectFinder::AtPlace(const Change& change) {
  const std::optional<PathComponents> place = PlaceOf(change);
  if (!place) return SeenObject{};
  return Look(change, OpenAt(*place));
}

Expected<SeenObject> ObjectFinder::ById(const Change& change) {
  return Look(change, volume_.OpenById(change.file_id, Access::kRead));
}

Expected<SeenObject> ObjectFinder::MovedWithItsName(const Change& change) {
  Expected<std::unique_ptr<Object>> object = volume_.OpenById(change.file_id, Access::kRead);
  if (!object) return Look(change, std::move(object));
  const Expected<std::vector<LinkName>> names = (*object)->Names();
  if (!names) return Unknown(names.error());
  const std::optional<PathComponents> place = PlaceOf(change);
  const bool has_name = place && std::ranges::any_of(*names, [&place](const LinkName& name) {
                          return !place->empty() && SameName(name.name, place->back());
                        });
  Expected<SeenObject> seen = Look(change, std::move(object));
  if (seen && !has_name && (change.folder != 0 || !seen->is_same)) seen->answer = SeenObject::kNotOurs;
  return seen;
}

std::optional<PathComponents> ObjectFinder::PlaceOf(const Change& change) const {
  if (change.folder == 0) return context_.root;
  const auto name = FromWtf8(change.name);
  if (!name || !context_.tree.Contains(change.folder)) {
    const auto told = paths_.find(change.id);
    return told == paths_.end() ? std::nullopt : std::optional(told->second);
  }
  PathComponents path = context_.tree.Components(context_.root, change.folder);
  path.push_back(*name);
  return path;
}

Expected<std::unique_ptr<Object>> ObjectFinder::OpenAt(const PathComponents& path) {
  if (path.empty()) return volume_.OpenRoot(Access::kRead);
  const PathComponents folder(path.begin(), path.end() - 1);
  if (!parent_ || folder != parent_path_) {
    parent_.reset();
    Expected<std::unique_ptr<Object>> opened = OpenPath(volume_, folder, Access::kRead);
    if (!opened) return opened;
    const Expected<ObjectInfo> info = (*opened)->Info();
    if (!info) return std::unexpected(info.error());
    if (info->IsReparsePoint() && !IsTransparentTag(info->reparse_tag))
      return Fail(ErrorKind::kNotFound, "open " + FormatPath(folder), "a reparse point is no folder");
    parent_ = std::move(*opened);
    parent_path_ = folder;
  }
  return parent_->OpenChild(path.back(), Access::kRead);
}

Expected<bool> ObjectFinder::HoldsAfter(const Change& change, security::Bytes now) {
  const auto after = context_.descriptors.Get(change.after);
  if (IsDamage(after)) return false;
  if (!after) return std::unexpected(after.error());
  return security::SameSecurity(now, **after);
}

// That was not there before us.
Expected<bool> ObjectFinder::CarriesEntry(const Change& change, store::DescriptorId now) {
  const Expected<bool> has = context_.descriptors.Has(now, change.entry_flags);
  if (!has || !*has) return has;
  const Expected<bool> had = context_.descriptors.Has(change.original, change.entry_flags);
  if (IsDamage(had)) return true;
  return had ? Expected<bool>(!*had) : had;
}

Expected<SeenObject> ObjectFinder::Look(const Change& change, Expected<std::unique_ptr<Object>> object) {
  if (!object) return SaysNothingIsThere(object.error()) ? SeenObject{} : Unknown(object.error());
  const Expected<ObjectInfo> info = (*object)->Info();
  if (!info) return Unknown(info.error());
  SeenObject seen;
  seen.id = info->id;
  const bool is_link = info->IsReparsePoint() && !IsTransparentTag(info->reparse_tag);
  if (is_link || info->IsFolder() != change.is_folder) return seen;
  security::DescriptorBytes bytes;
  if (const Expected<void> read = (*object)->ReadDescriptor(bytes); !read) return Unknown(read.error());
  const Expected<store::DescriptorId> now = context_.descriptors.Intern(bytes);
  if (!now) return std::unexpected(now.error());
  seen.descriptor = *now;
  const Expected<bool> same = HoldsAfter(change, bytes);
  if (!same) return std::unexpected(same.error());
  seen.is_same = *same;
  const Expected<bool> ours = *same ? same : CarriesEntry(change, *now);
  if (!ours) return std::unexpected(ours.error());
  seen.answer = *ours ? SeenObject::kOurs : SeenObject::kNotOurs;
  return seen;
}

}  // namespace acledger::scanner
