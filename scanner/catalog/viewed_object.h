// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/catalog/catalog_volume.h"

namespace acledger::scanner {

// An object of a CatalogVolume: known from the tables, or a handle of the volume itself. What lies in it is answered
// from the tables in both cases, as soon as they are there and sure; what they do not tell is asked of the volume.
class ViewedObject final : public Object {
 public:
  ViewedObject(CatalogVolume& view, std::unique_ptr<Object> real) : view_(view), real_(std::move(real)) {}
  ViewedObject(CatalogVolume& view, const Tables& tables, const ntfs::CatalogObject& known)
      : view_(view), tables_(&tables), known_(known) {}

  Expected<ObjectInfo> Info() override;
  Expected<void> ReadDescriptor(security::DescriptorBytes& out) override;
  Expected<void> WriteDacl(security::Bytes descriptor) override;
  Expected<void> List(const std::function<bool(std::span<const ListedName>)>& take) override;
  Expected<std::string> ReadContent(std::size_t limit) override;
  Expected<std::unique_ptr<Object>> OpenChild(std::u16string_view name, Access access) override;
  Expected<std::vector<LinkName>> Names() override;

 private:
  // The object itself, opened if it is not.
  Expected<Object*> Real();
  // By what the tables call it.
  Expected<ntfs::FileReference> Reference();
  std::optional<ntfs::FileReference> FindChild(const Tables& tables, ntfs::FileReference folder,
                                               std::u16string_view name);

  CatalogVolume& view_;
  std::unique_ptr<Object> real_;    // One of these two, or both.
  const Tables* tables_ = nullptr;  // Where known_ is from.
  std::optional<ntfs::CatalogObject> known_;
  std::vector<Tables::Child> listed_;  // The last listing, and how far its names were opened.
  std::size_t next_listed_ = 0;
};

}  // namespace acledger::scanner
