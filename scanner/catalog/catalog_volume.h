// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "scanner/catalog/tables.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// The BulkView of an NTFS volume. `device` has to hold, at any time, all that `real` has written after Flush(), and
// nobody else may write: so an image or a device that is ours alone, never a mounted volume.
//
// When are the tables read? With kAuto after so many objects were opened that the tables would have cost no more, so
// the whole never costs more than twice the better of the two ways, however small the part of the volume is that is
// looked at. Any thread; each object is used by one.
class CatalogVolume final : public BulkView {
 public:
  // Objects of $MFT that are read in the time in which one is opened and asked; measured with libntfs-3g on a cached
  // image (bench/indexed_provision_bench.py). Elsewhere an open costs more: then the tables come a little late.
  static constexpr std::uint64_t kRecordsAnOpen = 4;

  // Both must outlive it.
  CatalogVolume(Volume& real, ntfs::BlockDevice& device, IndexUse use);
  ~CatalogVolume() override;

  Outcome Report() const override;
  std::optional<Found> Find(const std::function<bool(security::Bytes)>& is_wanted) override;

  const VolumeInfo& Info() const override { return info_; }
  Expected<std::unique_ptr<Object>> OpenRoot(Access access) override;
  Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) override;
  Expected<void> PrepareDescriptors(std::span<const security::Bytes> descriptors) override;
  Expected<void> Flush() override;
  Expected<void> ProbeDescriptors(Object& folder) override;

 private:
  friend class ViewedObject;

  // The tables; null: not read (yet).
  const Tables* Get();
  void Load();
  Expected<void> Read();
  Expected<std::unique_ptr<Object>> FromVolume(Expected<std::unique_ptr<Object>> object);
  std::unique_ptr<Object> FromTables(const Tables& tables, const ntfs::CatalogObject& object);

  Volume& real_;
  ntfs::BlockDevice& device_;
  VolumeInfo info_;
  std::uint64_t budget_ = 0;  // Opens on the volume before the tables are read.
  std::atomic<std::uint64_t> from_tables_{0}, from_volume_{0};

  mutable std::mutex loading_;
  std::atomic<bool> is_over_{false};            // Read, or never to be.
  std::atomic<const Tables*> tables_{nullptr};  // Owned by the next one.
  std::unique_ptr<const Tables> owned_;
  std::optional<Error> error_;
};

}  // namespace acledger::scanner
