// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "scanner/catalog/catalog_volume.h"

namespace acledger::scanner {

// A volume that remembers which objects were opened on it. Its view in bulk reads the device that it was given, which
// may tell something else than the volume: an older image, or a damaged copy. For one thread.
class WatchedVolume final : public Volume {
 public:
  // All must outlive it. `tables`: null for a volume without any. `journal`: it is a mounted one.
  WatchedVolume(Volume& real, ntfs::BlockDevice* tables, UsnJournal* journal = nullptr)
      : real_(real), tables_(tables), journal_(journal) {}

  const std::set<FileId>& Opened() const { return opened_; }
  const std::set<FileId>& OpenedForWriting() const { return opened_for_writing_; }
  void Forget() { opened_.clear(), opened_for_writing_.clear(); }
  // What others do to the volume meanwhile: called before a live view's first read.
  std::function<void()> before_read;

  // What is asked before an object is opened by its id: an error stands in the way.
  std::function<std::optional<Error>(const FileId&)> before_open;

  // What stops a view instead of what the engine gives it: as if that had been taken back at once.
  const StopFlag* stops_view = nullptr;

  // The view of a mounted volume.
  std::unique_ptr<CatalogVolume> ViewLive(IndexUse use, const StopFlag& stop);

  const VolumeInfo& Info() const override { return real_.Info(); }
  Expected<std::unique_ptr<Object>> OpenRoot(Access access) override { return Note(real_.OpenRoot(access), access); }
  Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) override {
    const auto error = before_open ? before_open(id) : std::nullopt;
    if (error) return std::unexpected(*error);
    return Note(real_.OpenById(id, access), access);
  }
  Expected<void> PrepareDescriptors(std::span<const security::Bytes> descriptors) override {
    return real_.PrepareDescriptors(descriptors);
  }
  Expected<void> Flush() override { return real_.Flush(); }
  Expected<void> ProbeDescriptors(Object& folder) override { return folder.Info() ? Expected<void>{} : Bad(); }
  Expected<std::unique_ptr<BulkView>> ViewInBulk(IndexUse use, const StopFlag& stop) override {
    if (tables_ == nullptr) return Volume::ViewInBulk(use, stop);
    if (journal_ != nullptr) return ViewLive(use, stop);
    return std::make_unique<CatalogVolume>(*this, *tables_, use, stops_view != nullptr ? *stops_view : stop);
  }

 private:
  class Watched;
  static Expected<void> Bad() { return Fail(ErrorKind::kIo, "probe", "no folder"); }
  Expected<std::unique_ptr<Object>> Note(Expected<std::unique_ptr<Object>> object, Access access);

  Volume& real_;
  ntfs::BlockDevice* tables_;
  UsnJournal* journal_;
  std::set<FileId> opened_, opened_for_writing_;
};

}  // namespace acledger::scanner
