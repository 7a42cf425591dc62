// SPDX-License-Identifier: MIT
#include "scanner/ntfs/name_lookup.h"

#include <algorithm>

#include "security/wtf8.h"

namespace acledger::scanner::ntfs {
namespace {

std::uint32_t HashBytes(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

// Equal for names that NTFS takes for equal. Nearly all are ASCII: folded on the way, without a copy.
std::uint32_t FoldedHash(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325ull;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) >= 0x80) return HashBytes(FoldWtf8(name));
    const char folded = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
    hash = (hash ^ static_cast<unsigned char>(folded)) * 0x100000001B3ull;
  }
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace

Expected<NameLookup> NameLookup::Make(const Catalog& catalog) {
  if (catalog.Records() >= kFurther || catalog.more_names_.size() >= kFurther) {
    return Fail(ErrorKind::kTooLarge, "find names", "more names than numbers for them");
  }
  NameLookup lookup(catalog);
  lookup.Fill();
  lookup.SortByHash();
  return lookup;
}

FileReference NameLookup::ObjectOf(Link link) const {
  const std::uint32_t number = (link & kFurther) == 0 ? link : catalog_->more_names_[link & ~kFurther].number;
  const ObjectSlot* slot = catalog_->objects_.Find(number);
  return FileReference::Of(number, slot == nullptr ? std::uint16_t{0} : slot->sequence);  // Links lead to objects.
}

Catalog::Name NameLookup::NameOf(Link link) const {
  if ((link & kFurther) != 0) return catalog_->names_.At(catalog_->more_names_[link & ~kFurther].position);
  const ObjectSlot* slot = catalog_->objects_.Find(link);
  return slot == nullptr ? Catalog::Name() : catalog_->names_.At(slot->first_name);
}

bool NameLookup::IsSound(const Catalog::Name& name) const {
  const ObjectSlot* folder = catalog_->objects_.Find(name.parent.Number());
  return folder != nullptr && folder->sequence == name.parent.Sequence() && folder->Is(ObjectSlot::kFolder);
}

template <class Take>
void NameLookup::ForEachLink(Take take) const {
  for (Link number = 0; number < catalog_->Records(); ++number) {
    const ObjectSlot* slot = catalog_->objects_.Find(number);
    // The root's name says that it lies in itself.
    if (slot != nullptr && slot->first_name != NameArena::kNone && number != kRootRecord) take(number);
  }
  for (std::size_t i = 0; i < catalog_->more_names_.size(); ++i) take(static_cast<Link>(i) | kFurther);
}

void NameLookup::Fill() {
  starts_.assign(catalog_->Records() + std::size_t{1}, 0);
  ForEachLink([&](Link link) {
    const Catalog::Name name = NameOf(link);
    if (IsSound(name)) {
      ++starts_[name.parent.Number()];
    } else {
      ++orphans_;
    }
  });
  // Counts become the ends, and each link that is put in place moves its folder's back by one.
  std::uint32_t sum = 0;
  for (std::uint32_t& start : starts_) start = sum += start;
  links_.resize(sum);
  ForEachLink([&](Link link) {
    const Catalog::Name name = NameOf(link);
    if (IsSound(name)) links_[--starts_[name.parent.Number()]] = link;
  });
}

void NameLookup::SortByHash() {
  std::vector<std::pair<std::uint32_t, Link>> hashed;
  for (std::size_t folder = 0; folder + 1 < starts_.size(); ++folder) {
    const std::span<Link> links(links_.data() + starts_[folder], starts_[folder + 1] - starts_[folder]);
    if (links.size() < 2) continue;
    hashed.clear();
    for (const Link link : links) hashed.emplace_back(FoldedHash(NameOf(link).text), link);
    std::ranges::sort(hashed);
    std::ranges::transform(hashed, links.begin(), &std::pair<std::uint32_t, Link>::second);
  }
}

std::span<const NameLookup::Link> NameLookup::LinksOf(FileReference folder) const {
  if (!catalog_->Find(folder)) return {};
  const auto number = static_cast<std::size_t>(folder.Number());
  return {links_.data() + starts_[number], starts_[number + 1] - starts_[number]};
}

std::optional<FileReference> NameLookup::FindChild(FileReference folder, std::string_view name) const {
  const auto hash_of = [this](Link link) { return FoldedHash(NameOf(link).text); };
  const auto same_hash = std::ranges::equal_range(LinksOf(folder), FoldedHash(name), {}, hash_of);
  for (const Link link : same_hash) {
    if (NameOf(link).text == name) return ObjectOf(link);
  }
  const std::string folded = FoldWtf8(name);
  for (const Link link : same_hash) {
    if (FoldWtf8(NameOf(link).text) == folded) return ObjectOf(link);
  }
  return std::nullopt;
}

Expected<FileReference> NameLookup::Find(const PathComponents& path) const {
  const auto root = catalog_->FindNumber(kRootRecord);
  if (!root) return Fail(ErrorKind::kCorrupt, "find a path", "the volume has no root folder");
  FileReference at = root->id;
  for (const std::u16string& component : path) {
    const auto child = FindChild(at, ToWtf8(component));
    if (!child) {
      return std::unexpected(Error{ErrorKind::kNotFound, "find a path", FormatPath(path), 0,
                                   "there is no " + ToWtf8(component) + " in its folder"});
    }
    at = *child;
  }
  return at;
}

}  // namespace acledger::scanner::ntfs
