// SPDX-License-Identifier: MIT
#include "scanner/ntfs/catalog_builder.h"

#include <algorithm>

#include "scanner/ntfs/whole_attribute.h"
#include "scanner/volume.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::uint64_t kMostOwnBytes = std::uint64_t{64} << 20;  // Of distinct ones; more are not known.
constexpr std::uint64_t kMaxDescriptorBytes = 0x20000;  // Past two ACLs of 64 KiB and two SIDs there is nothing.
constexpr std::uint64_t kMaxReparseBytes = 0x10000;
constexpr std::uint64_t kLeastAttributeBytes = 24;  // Of a record.

bool Matters(AttributeType type) {
  return type == AttributeType::kStandardInformation || type == AttributeType::kFileName ||
         type == AttributeType::kSecurityDescriptor || type == AttributeType::kReparsePoint;
}

std::int64_t CountOf(std::span<const ListedAttribute> entries, AttributeType type) {
  return std::ranges::count(entries, type, &ListedAttribute::type);
}

}  // namespace

Expected<Catalog> ReadCatalog(BlockDevice& device, DescriptorPool& pool) {
  auto mft = Mft::Open(device);
  if (!mft) return std::unexpected(std::move(mft.error()));
  return CatalogBuilder(*mft, pool).Build();
}

Catalog CatalogBuilder::Build() {
  catalog_.report_.mft_error = mft_.FirstCopyError();
  ReadShared();
  catalog_.report_.pass =
      mft_.ForEach([this](std::uint32_t number, const Expected<RecordView>& record) { Take(number, record); });
  for (Continued& object : continued_) Join(object);
  Finish();
  return std::move(catalog_);
}

void CatalogBuilder::ReadShared() {
  auto report = ReadSecure(mft_, pool_, shared_);
  if (report) {
    catalog_.report_.secure = std::move(*report);
  } else {
    catalog_.report_.secure_error = std::move(report.error());
  }
}

void CatalogBuilder::Take(std::uint32_t number, const Expected<RecordView>& record) {
  if (!record) {
    catalog_.report_.damage.Add(DamageKind::kRecord, number, record.error().reason);
  } else if (record->IsExtension()) {
    TakeExtension(number, *record);
  } else {
    TakeBase(number, *record);
  }
}

void CatalogBuilder::TakeBase(std::uint32_t number, const RecordView& record) {
  facts_.Gather(record);
  Parts parts = PartsOf(facts_);
  kept_names_.clear();
  KeepNames(parts, kept_names_);
  ObjectSlot& slot = catalog_.objects_.Make(number);
  slot.sequence = record.Sequence();
  slot.flags = static_cast<std::uint16_t>(ObjectSlot::kPresent | (record.IsFolder() ? ObjectSlot::kFolder : 0));
  for (const NameArena::Position name : kept_names_) GiveName(number, slot, name);
  ++catalog_.report_.objects;
  if (facts_.list) {
    PutAside(number, record, parts);
  } else {
    Settle(number, parts, record.LinkCount());
  }
}

void CatalogBuilder::PutAside(std::uint32_t number, const RecordView& record, const Parts& parts) {
  Continued object{number, record.LinkCount(), parts, {}, {}};
  auto list = ReadList(record, mft_.Device(), mft_.Boot());
  if (!list) {
    object.list_error = std::move(list.error().reason);
    list = std::vector<ListedAttribute>();
  }
  // Any number of damaged records can have the same clusters for their lists: that must not fill memory. Each entry of
  // a sound one stands for an attribute in some record.
  listed_ += list->size();
  if (listed_ > mft_.Records() * std::uint64_t{mft_.Boot().record_bytes} / kLeastAttributeBytes) {
    object.list_error = "the volume's lists name more attributes than its records can hold";
    list->clear();
  }
  for (const ListedAttribute& entry : *list) {
    // A long attribute has an entry for each of its parts: its first stands for it.
    if (Matters(entry.type) && entry.record.Number() != number && entry.lowest_vcn == 0) {
      object.entries.push_back(entry);
    }
  }
  continued_.push_back(std::move(object));
}

void CatalogBuilder::TakeExtension(std::uint32_t number, const RecordView& record) {
  facts_.Gather(record);
  if (facts_.IsEmpty()) return;  // Parts of a file's contents.
  Extension extension{number, record.Sequence(), false, record.Base(), PartsOf(facts_), {}};
  KeepNames(extension.parts, extension.names);
  extensions_.push_back(std::move(extension));
}

CatalogBuilder::Parts CatalogBuilder::PartsOf(const RecordFacts& facts) {
  Parts parts;
  parts.information = facts.information;
  parts.informations = static_cast<std::uint16_t>(facts.informations);
  parts.own_descriptors = static_cast<std::uint16_t>(facts.own_descriptors);
  parts.reparse_points = static_cast<std::uint16_t>(facts.reparse_points);
  parts.names = static_cast<std::uint16_t>(facts.names.size() + facts.bad_names);
  parts.bad_names = facts.bad_names != 0;
  if (facts.own_descriptor) parts.own_descriptor = ReadOwnDescriptor(*facts.own_descriptor);
  if (facts.reparse_point) {
    const auto value = ReadValue(*facts.reparse_point, mft_.Device(), mft_.Boot(), kMaxReparseBytes);
    if (value) parts.tag = ParseReparseTag(*value).value_or(0);
  }
  return parts;
}

DescriptorPool::Number CatalogBuilder::ReadOwnDescriptor(const AttributeView& attribute) {
  const auto bytes = ReadValue(attribute, mft_.Device(), mft_.Boot(), kMaxDescriptorBytes);
  // NTFS keeps no checksum of these. Clusters can be shared by any number of damaged records, each of which has them
  // end elsewhere: that must not fill memory.
  if (!bytes || !security::DescriptorView::Parse(*bytes)) return DescriptorPool::kNone;
  if (const DescriptorPool::Number known = pool_.Find(*bytes); known != DescriptorPool::kNone) return known;
  own_bytes_ += bytes->size();
  return own_bytes_ > kMostOwnBytes ? DescriptorPool::kNone : pool_.Intern(*bytes);
}

void CatalogBuilder::KeepNames(Parts& parts, std::vector<NameArena::Position>& to) {
  for (const FileName& name : facts_.names) {
    if (name.IsDosOnly()) continue;
    if (const NameArena::Position position = catalog_.names_.Add(name); position != NameArena::kNone) {
      to.push_back(position);
    } else {
      parts.bad_names = true;
    }
  }
}

void CatalogBuilder::GiveName(std::uint32_t number, ObjectSlot& slot, NameArena::Position name) {
  ++catalog_.report_.names;
  if (slot.first_name == NameArena::kNone) {
    slot.first_name = name;
    return;
  }
  slot.flags |= ObjectSlot::kMoreNames;
  catalog_.more_names_.push_back({number, name});
}

void CatalogBuilder::Join(Continued& object) {
  std::string why = object.list_error;
  std::ranges::sort(object.entries, {}, [](const ListedAttribute& entry) { return entry.record.raw; });
  for (auto at = object.entries.begin(); at != object.entries.end();) {
    const auto end = std::find_if(at, object.entries.end(),
                                  [&](const ListedAttribute& entry) { return entry.record != at->record; });
    Claim(object, {at, end}, why);
    at = end;
  }
  Settle(object.number, object.parts, object.links);
  if (why.empty()) return;
  ObjectSlot& slot = catalog_.objects_.Make(object.number);
  slot.descriptor = DescriptorPool::kNone;
  slot.flags |= ObjectSlot::kNamesUnsure;
  catalog_.report_.damage.Add(DamageKind::kExtension, object.number, std::move(why));
}

bool CatalogBuilder::Claim(Continued& object, std::span<const ListedAttribute> entries, std::string& why) {
  const FileReference reference = entries[0].record;
  const auto found = std::ranges::lower_bound(extensions_, reference.Number(), {}, &Extension::number);
  ObjectSlot& slot = catalog_.objects_.Make(object.number);
  const Parts& found_parts = found == extensions_.end() ? Parts() : found->parts;
  const bool same = found != extensions_.end() && found->number == reference.Number() && !found->claimed &&
                    found->sequence == reference.Sequence() &&
                    found->base == FileReference::Of(object.number, slot.sequence) &&
                    found_parts.informations == CountOf(entries, AttributeType::kStandardInformation) &&
                    found_parts.names == CountOf(entries, AttributeType::kFileName) &&
                    found_parts.own_descriptors == CountOf(entries, AttributeType::kSecurityDescriptor) &&
                    found_parts.reparse_points == CountOf(entries, AttributeType::kReparsePoint);
  if (!same) {
    why = "record " + std::to_string(reference.Number()) + " is not what its list says";
    return false;
  }
  found->claimed = true;
  Parts& parts = object.parts;
  parts.informations += found_parts.informations;
  parts.own_descriptors += found_parts.own_descriptors;
  parts.reparse_points += found_parts.reparse_points;
  parts.names += found_parts.names;
  parts.bad_names = parts.bad_names || found_parts.bad_names;
  if (found_parts.information) parts.information = found_parts.information;
  if (found_parts.own_descriptors != 0) parts.own_descriptor = found_parts.own_descriptor;
  if (found_parts.reparse_points != 0) parts.tag = found_parts.tag;
  for (const NameArena::Position name : found->names) GiveName(object.number, slot, name);
  return true;
}

void CatalogBuilder::Settle(std::uint32_t number, const Parts& parts, std::uint16_t links) {
  ObjectSlot& slot = catalog_.objects_.Make(number);
  DamageReport& damage = catalog_.report_.damage;
  SettleDescriptor(number, slot, parts);
  if (parts.bad_names || (parts.names != links && !Catalog::IsOfNtfs(number))) {
    slot.flags |= ObjectSlot::kNamesUnsure;
    damage.Add(DamageKind::kName, number,
               "names: " + std::to_string(parts.names) + ", counted there: " + std::to_string(links));
  }
  const bool is_reparse_point = (slot.attributes & kAttributeReparsePoint) != 0;
  if (parts.reparse_points == 1 && parts.tag != 0) {
    slot.flags |= ObjectSlot::kTagged;
    catalog_.tags_.push_back({number, parts.tag});
  } else if (is_reparse_point || parts.reparse_points != 0) {
    slot.attributes |= kAttributeReparsePoint;
    damage.Add(DamageKind::kReparse, number, "its tag cannot be read");
  }
}

void CatalogBuilder::SettleDescriptor(std::uint32_t number, ObjectSlot& slot, const Parts& parts) {
  const std::uint32_t folder = slot.Is(ObjectSlot::kFolder) ? kAttributeDirectory : 0;
  slot.attributes = folder;
  const auto unknown = [&](std::string why) {
    catalog_.report_.damage.Add(DamageKind::kDescriptor, number, std::move(why));
  };
  if (parts.informations != 1 || !parts.information) return unknown("not one $STANDARD_INFORMATION that can be read");
  slot.attributes = (parts.information->attributes & ~kAttributeDirectory) | folder;
  if (parts.own_descriptors > 1) return unknown("several descriptors of its own");
  const std::uint32_t id = parts.information->security_id;
  const DescriptorPool::Number shared = id == 0 ? DescriptorPool::kNone : shared_.Find(id);
  if (id == 0 && parts.own_descriptors == 0) {
    // mkntfs gives $MFT none: nobody opens it by name.
    if (!Catalog::IsOfNtfs(number)) unknown("it has no descriptor");
    return;
  }
  if (id == 0 && parts.own_descriptor == DescriptorPool::kNone) return unknown("its own descriptor cannot be read");
  if (id != 0 && shared == DescriptorPool::kNone) {
    return unknown("security_id " + std::to_string(id) + " has no descriptor that is sure");
  }
  if (id != 0 && parts.own_descriptors == 1 && parts.own_descriptor != shared) {
    return unknown("it has a shared descriptor and another one of its own");
  }
  slot.descriptor = id == 0 ? parts.own_descriptor : shared;
}

void CatalogBuilder::Finish() {
  for (const Extension& extension : extensions_) {
    if (extension.claimed) continue;
    catalog_.report_.damage.Add(
        DamageKind::kExtension, extension.number,
        "it claims to continue record " + std::to_string(extension.base.Number()) + ", whose list does not name it");
  }
  // Of one object in the order in which they were met, which is that of their positions.
  std::ranges::sort(catalog_.more_names_, {},
                    [](const Catalog::MoreNames& more) { return std::pair(more.number, more.position); });
  std::ranges::sort(catalog_.tags_, {}, &Catalog::Tag::number);
}

}  // namespace acledger::scanner::ntfs
