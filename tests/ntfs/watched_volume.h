// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <set>

#include "scanner/catalog/catalog_volume.h"

namespace acledger::scanner {

// A volume that remembers which objects were opened on it. Its view in bulk reads the device that it was given, which
// may tell something else than the volume: an older image, or a damaged copy. For one thread.
class WatchedVolume final : public Volume {
 public:
  // Both must outlive it. `tables`: null for a volume without any.
  WatchedVolume(Volume& real, ntfs::BlockDevice* tables) : real_(real), tables_(tables) {}

  const std::set<FileId>& Opened() const { return opened_; }
  const std::set<FileId>& OpenedForWriting() const { return opened_for_writing_; }
  void Forget() { opened_.clear(), opened_for_writing_.clear(); }

  const VolumeInfo& Info() const override { return real_.Info(); }
  Expected<std::unique_ptr<Object>> OpenRoot(Access access) override { return Note(real_.OpenRoot(access), access); }
  Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) override {
    return Note(real_.OpenById(id, access), access);
  }
  Expected<void> PrepareDescriptors(std::span<const security::Bytes> descriptors) override {
    return real_.PrepareDescriptors(descriptors);
  }
  Expected<void> Flush() override { return real_.Flush(); }
  Expected<void> ProbeDescriptors(Object& folder) override { return folder.Info() ? Expected<void>{} : Bad(); }
  std::unique_ptr<BulkView> ViewInBulk(IndexUse use) override {
    if (tables_ == nullptr) return nullptr;
    return std::make_unique<CatalogVolume>(*this, *tables_, use);
  }

 private:
  class Watched;
  static Expected<void> Bad() { return Fail(ErrorKind::kIo, "probe", "no folder"); }
  Expected<std::unique_ptr<Object>> Note(Expected<std::unique_ptr<Object>> object, Access access);

  Volume& real_;
  ntfs::BlockDevice* tables_;
  std::set<FileId> opened_, opened_for_writing_;
};

}  // namespace acledger::scanner
