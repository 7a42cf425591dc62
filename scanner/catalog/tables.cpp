// SPDX-License-Identifier: MIT
#include "scanner/catalog/tables.h"

#include <algorithm>

#include "scanner/ntfs/catalog_builder.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using ntfs::Catalog;
using ntfs::CatalogObject;
using ntfs::DamageKind;
using ntfs::FileReference;

namespace {

// Each of these may hide a name that the folder's own index holds.
bool IsSound(const ntfs::CatalogReport& report) {
  const ntfs::DamageReport& damage = report.damage;
  return damage.Count(DamageKind::kRecord) + damage.Count(DamageKind::kExtension) + damage.Count(DamageKind::kName) +
             report.pass.blank ==
         0;
}

}  // namespace

Tables::Tables(std::unique_ptr<DescriptorPool> pool, Catalog catalog)
    : pool_owner_(std::move(pool)), pool_(*pool_owner_), catalog_(std::move(catalog)) {}

Expected<std::unique_ptr<Tables>> Tables::Read(ntfs::BlockDevice& device, std::uint64_t serial) {
  const auto mft = ntfs::Mft::Open(device);
  if (!mft) return std::unexpected(mft.error());
  if (mft->Boot().serial != serial)
    return std::unexpected(Error{ErrorKind::kMismatch, "read $MFT", device.Name(), 0, "it is another volume's"});
  auto pool = std::make_unique<DescriptorPool>();
  Catalog catalog = ntfs::CatalogBuilder(*mft, *pool).Build();
  if (const auto& error = catalog.Report().secure_error) return std::unexpected(*error);
  std::unique_ptr<Tables> tables(new Tables(std::move(pool), std::move(catalog)));
  auto lookup = ntfs::NameLookup::Make(tables->catalog_);
  if (!lookup) return std::unexpected(lookup.error());
  tables->lookup_.emplace(std::move(*lookup));
  tables->is_sound_ = IsSound(tables->catalog_.Report());
  tables->orphans_ = tables->lookup_->Orphans();
  return tables;
}

bool Tables::AddDoubt(const FileId& id, std::uint8_t how) {
  const std::uint64_t number = FileReference{id.low}.Number();
  // Behind the end it is an object that was made since.
  return number < catalog_.Records() && (doubts_[number].fetch_or(how) & how) == 0;
}

std::uint64_t Tables::OrphansOf(std::uint32_t number) const {
  std::uint64_t orphans = 0;
  catalog_.ForEachName(number, [&](const Catalog::Name& name) {
    const auto folder = catalog_.Find(name.parent);
    orphans += number != ntfs::kRootRecord && (!folder || !folder->is_folder);
  });
  return orphans;
}

void Tables::Doubt(std::span<const UsnRecord> changes) {
  if (!doubts_) doubts_ = std::make_unique<std::atomic<std::uint8_t>[]>(catalog_.Records());
  for (const UsnRecord& change : changes) {
    AddDoubt(change.parent, kRelisted);
    // A new object may have been read without its folder, if that is new too and has a number that was passed already.
    // The journal tells of both, so nothing is missing.
    if (AddDoubt(change.file, kChanged))
      orphans_ -= OrphansOf(static_cast<std::uint32_t>(FileReference{change.file.low}.Number()));
  }
}

std::optional<CatalogObject> Tables::FindAsRead(FileReference id) const {
  if (Catalog::IsOfNtfs(id.Number())) return std::nullopt;
  const std::optional<CatalogObject> object = catalog_.Find(id);
  if (!object || object->descriptor == DescriptorPool::kNone || !object->names_are_sure) return std::nullopt;
  if ((object->attributes & kAttributeReparsePoint) != 0 && object->reparse_tag == 0) return std::nullopt;
  return object;
}

ObjectInfo Tables::InfoOf(const CatalogObject& object) const {
  std::uint32_t names = 0;
  catalog_.ForEachName(static_cast<std::uint32_t>(object.id.Number()), [&names](const Catalog::Name&) { ++names; });
  const bool is_reparse_point = (object.attributes & kAttributeReparsePoint) != 0;
  return {object.id.ToFileId(), object.attributes, is_reparse_point ? object.reparse_tag : 0, std::max(names, 1u)};
}

std::vector<LinkName> Tables::NamesOf(const CatalogObject& object) const {
  std::vector<LinkName> names;
  catalog_.ForEachName(static_cast<std::uint32_t>(object.id.Number()), [&names](const Catalog::Name& name) {
    names.push_back({name.parent.ToFileId(), FromWtf8(name.text).value_or(u"")});
  });
  return names;
}

std::optional<std::vector<Tables::Child>> Tables::ChildrenOf(FileReference folder) const {
  if (!IsWhole() || IsDoubted(folder, kChanged | kRelisted)) return std::nullopt;
  std::vector<Child> children;
  bool is_sure = true;
  lookup_->ForEachChild(folder, [&](FileReference id, const Catalog::Name& name) {
    if (Catalog::IsOfNtfs(id.Number())) return;
    const std::optional<CatalogObject> object = Find(id);
    is_sure = is_sure && object;  // Else the listing would have to guess at its attributes.
    if (is_sure) children.push_back({name.text, *object});
  });
  if (!is_sure) return std::nullopt;
  std::ranges::sort(children, {}, &Child::name);
  return children;
}

std::optional<FileReference> Tables::FindChild(FileReference folder, std::string_view name) const {
  const std::optional<FileReference> found = lookup_->FindChild(folder, name);
  if (!found) return std::nullopt;
  // By the case rules of NTFS in general: those of this volume may differ.
  bool is_exact = false;
  catalog_.ForEachName(static_cast<std::uint32_t>(found->Number()), [&](const Catalog::Name& one) {
    is_exact = is_exact || (one.parent == folder && one.text == name);
  });
  return is_exact ? found : std::nullopt;
}

}  // namespace acledger::scanner
