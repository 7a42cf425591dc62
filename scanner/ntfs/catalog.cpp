// SPDX-License-Identifier: MIT
#include "scanner/ntfs/catalog.h"

#include <algorithm>

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kMaxDepth =
    32'768;  // Longer than any path that NT can name: whoever climbs further goes in circles.

std::unexpected<Error> NoPath(ErrorKind kind, FileReference id, const char* reason) {
  return Fail(kind, "find the path of " + id.ToFileId().ToString(), reason);
}

}  // namespace

CatalogObject Catalog::View(std::uint32_t number, const ObjectSlot& slot) const {
  CatalogObject object;
  object.id = FileReference::Of(number, slot.sequence);
  object.attributes = slot.attributes;
  object.descriptor = slot.descriptor;
  object.names_are_sure = !slot.Is(ObjectSlot::kNamesUnsure);
  object.is_folder = slot.Is(ObjectSlot::kFolder);
  if (slot.Is(ObjectSlot::kTagged)) {
    const auto found = std::ranges::lower_bound(tags_, number, {}, &Tag::number);
    object.reparse_tag = found->tag;
  }
  return object;
}

std::optional<CatalogObject> Catalog::FindNumber(std::uint64_t number) const {
  const ObjectSlot* slot = objects_.Find(number);
  if (slot == nullptr) return std::nullopt;
  return View(static_cast<std::uint32_t>(number), *slot);
}

std::optional<CatalogObject> Catalog::Find(FileReference id) const {
  const ObjectSlot* slot = objects_.Find(id.Number());
  if (slot == nullptr || slot->sequence != id.Sequence()) return std::nullopt;
  return View(static_cast<std::uint32_t>(id.Number()), *slot);
}

std::span<const Catalog::MoreNames> Catalog::MoreOf(std::uint32_t number) const {
  const auto range = std::ranges::equal_range(more_names_, number, {}, &MoreNames::number);
  return {range.begin(), range.end()};
}

Expected<void> Catalog::Climb(FileReference folder, std::vector<std::string_view>& components) const {
  const FileReference start = folder;
  while (folder.Number() != kRootRecord) {
    if (components.size() > kMaxDepth) return NoPath(ErrorKind::kCorrupt, start, "the folders above it go in circles");
    const ObjectSlot* slot = objects_.Find(folder.Number());
    if (slot == nullptr || slot->sequence != folder.Sequence()) {
      return NoPath(ErrorKind::kCorrupt, start, "a folder above it is missing");
    }
    if (!slot->Is(ObjectSlot::kFolder)) return NoPath(ErrorKind::kCorrupt, start, "what is above it is no folder");
    if (slot->first_name == NameArena::kNone) {
      return NoPath(ErrorKind::kCorrupt, start, "a folder above it has no name");
    }
    const Name name = names_.At(slot->first_name);
    components.push_back(name.text);
    folder = name.parent;
  }
  const ObjectSlot* root = objects_.Find(kRootRecord);
  if (root != nullptr && root->sequence == folder.Sequence()) return {};
  return NoPath(ErrorKind::kCorrupt, start, "a folder above it is missing");
}

Expected<std::string> Catalog::PathOf(const Name& name) const {
  std::vector<std::string_view> components{name.text};
  if (auto climbed = Climb(name.parent, components); !climbed) return std::unexpected(std::move(climbed.error()));
  std::string path;
  for (std::size_t i = components.size(); i-- > 0;) path.append("\\").append(components[i]);
  return path;
}

Expected<std::string> Catalog::PathOf(FileReference id) const {
  const ObjectSlot* slot = objects_.Find(id.Number());
  if (slot == nullptr || slot->sequence != id.Sequence()) return NoPath(ErrorKind::kNotFound, id, "it is not there");
  if (id.Number() == kRootRecord) return std::string("\\");
  if (slot->first_name == NameArena::kNone) return NoPath(ErrorKind::kNotFound, id, "it has no name");
  return PathOf(names_.At(slot->first_name));
}

std::size_t Catalog::MemoryBytes() const {
  return objects_.MemoryBytes() + names_.MemoryBytes() + more_names_.capacity() * sizeof(MoreNames) +
         tags_.capacity() * sizeof(Tag);
}

}  // namespace acledger::scanner::ntfs
