// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "scanner/ntfs/catalog.h"
#include "scanner/ntfs/name_lookup.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// A catalogue with all that belongs to it, and what in it is sure. Read by any number of threads.
class Tables {
 public:
  // Reads the whole volume. The device's errors; kCorrupt, kInvalid: see ntfs::ReadCatalog(); kMismatch: the device
  // holds another volume; $Secure cannot be read at all: then nothing would be sure.
  static Expected<std::unique_ptr<const Tables>> Read(ntfs::BlockDevice& device, std::uint64_t serial);

  // What is known for sure of an object: descriptor, attributes, reparse tag and every name. Never a file of NTFS
  // itself.
  std::optional<ntfs::CatalogObject> Find(ntfs::FileReference id) const;
  ObjectInfo InfoOf(const ntfs::CatalogObject& object) const;
  const security::DescriptorBytes& DescriptorOf(const ntfs::CatalogObject& object) const {
    return pool_.Get(object.descriptor);
  }
  std::vector<LinkName> NamesOf(const ntfs::CatalogObject& object) const;

  struct Child {
    std::string_view name;  // WTF-8. Valid as long as the tables.
    ntfs::FileReference id;
  };
  // What lies in a folder, by name; files of NTFS itself are left out. Empty result: that is not sure, since somewhere
  // a record or a name is damaged that may belong here.
  std::optional<std::vector<Child>> ChildrenOf(ntfs::FileReference folder) const;
  // See BulkView::Find().
  std::optional<BulkView::Found> FindBelowRoot(const std::function<bool(security::Bytes)>& is_wanted) const;
  // By exactly this name.
  std::optional<ntfs::FileReference> FindChild(ntfs::FileReference folder, std::string_view name) const;

 private:
  class Search;
  Tables(std::unique_ptr<DescriptorPool> pool, ntfs::Catalog catalog);

  std::unique_ptr<DescriptorPool> pool_owner_;
  const DescriptorPool& pool_;
  ntfs::Catalog catalog_;
  std::optional<ntfs::NameLookup> lookup_;
  bool is_whole_ = false;  // No object and no name is missing.
};

}  // namespace acledger::scanner
