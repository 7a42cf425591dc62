// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "scanner/ntfs/catalog.h"
#include "scanner/ntfs/name_lookup.h"
#include "scanner/usn_record.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// A catalogue with all that belongs to it, and what in it is sure. Used by any number of threads.
class Tables {
 public:
  // Reads the whole volume. The device's errors; kCorrupt, kInvalid: see ntfs::ReadCatalog(); kMismatch: the device
  // holds another volume; $Secure cannot be read at all: then nothing would be sure.
  static Expected<std::unique_ptr<Tables>> Read(ntfs::BlockDevice& device, std::uint64_t serial);

  // From now on these objects, and what lies in their folders, are not sure. The first call before others use this.
  void Doubt(std::span<const UsnRecord> changes);

  // What is known for sure of an object: descriptor, attributes, reparse tag and every name. Never a file of NTFS
  // itself.
  std::optional<ntfs::CatalogObject> Find(ntfs::FileReference id) const {
    return IsDoubted(id, kChanged) ? std::nullopt : FindAsRead(id);
  }
  ObjectInfo InfoOf(const ntfs::CatalogObject& object) const;
  const security::DescriptorBytes& DescriptorOf(const ntfs::CatalogObject& object) const {
    return pool_.Get(object.descriptor);
  }
  std::vector<LinkName> NamesOf(const ntfs::CatalogObject& object) const;

  struct Child {
    std::string_view name;  // WTF-8. Valid as long as the tables.
    ntfs::CatalogObject object;
  };
  // What lies in a folder, by name; files of NTFS itself are left out. Empty result: that is not sure, since something
  // in it changed, or somewhere a record or a name is damaged that may belong here.
  std::optional<std::vector<Child>> ChildrenOf(ntfs::FileReference folder) const;
  // See BulkView::Find().
  std::optional<BulkView::Found> FindBelowRoot(const std::function<bool(security::Bytes)>& is_wanted) const;
  // By exactly this name.
  std::optional<ntfs::FileReference> FindChild(ntfs::FileReference folder, std::string_view name) const;

 private:
  class Search;
  // What a record of the journal makes doubtful of a record of $MFT.
  static constexpr std::uint8_t kChanged = 1;   // The object.
  static constexpr std::uint8_t kRelisted = 2;  // What lies in it.

  Tables(std::unique_ptr<DescriptorPool> pool, ntfs::Catalog catalog);

  bool IsDoubted(ntfs::FileReference id, std::uint8_t how) const {
    return doubts_ && id.Number() < catalog_.Records() && (doubts_[id.Number()].load() & how) != 0;
  }
  // True where that is new.
  bool AddDoubt(const FileId& id, std::uint8_t how);
  std::uint64_t OrphansOf(std::uint32_t number) const;
  std::optional<ntfs::CatalogObject> FindAsRead(ntfs::FileReference id) const;
  // No object and no name is missing.
  bool IsWhole() const { return is_sound_ && orphans_ == 0; }

  std::unique_ptr<DescriptorPool> pool_owner_;
  const DescriptorPool& pool_;
  ntfs::Catalog catalog_;
  std::optional<ntfs::NameLookup> lookup_;
  bool is_sound_ = false;                                // No record is damaged that may hide a name.
  std::atomic<std::uint64_t> orphans_{0};                // Names in no folder, but for those of objects that changed.
  std::unique_ptr<std::atomic<std::uint8_t>[]> doubts_;  // By number; null: nothing is doubted.
};

}  // namespace acledger::scanner
