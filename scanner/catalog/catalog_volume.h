// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "scanner/catalog/journal_tail.h"
#include "scanner/catalog/stoppable_device.h"
#include "scanner/catalog/tables.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// The BulkView of an NTFS volume. Either nobody else writes (an image, or a device that is ours alone), and `device`
// holds, at any time, all that `real` has written after Flush(). Or the volume is mounted and has a change journal:
// then the journal's place is noted, the volume flushed, the tables read, and what the journal tells from that place on
// is asked of the volume. It is looked at again every kAnswersALook answers, and whenever Changed() is called. Where it
// fails, the tables are not used any more.
//
// When are the tables read? With kAuto after so many objects were opened that the tables would have cost no more, so
// the whole never costs more than twice the better of the two ways, however small the part of the volume is that is
// looked at. Any thread; each object is used by one.
class CatalogVolume final : public BulkView {
 public:
  // Objects of $MFT that are read in the time in which one is opened and asked; measured with libntfs-3g on a cached
  // image (bench/indexed_provision_bench.py). Elsewhere an open costs more: then the tables come a little late.
  static constexpr std::uint64_t kRecordsAnOpen = 4;
  static constexpr std::uint64_t kAnswersALook = 4096;

  // Nobody else writes. All must outlive it.
  CatalogVolume(Volume& real, ntfs::BlockDevice& device, IndexUse use, const StopFlag& stop);
  // A mounted volume; `real` and `stop` must outlive it.
  CatalogVolume(Volume& real, std::unique_ptr<ntfs::BlockDevice> device, std::unique_ptr<UsnJournal> journal,
                IndexUse use, const StopFlag& stop);
  ~CatalogVolume() override;

  Outcome Report() const override;
  std::optional<Found> Find(const std::function<bool(security::Bytes)>& is_wanted) override;
  Expected<std::vector<FileId>> Changed() override;

  const VolumeInfo& Info() const override { return info_; }
  Expected<std::unique_ptr<Object>> OpenRoot(Access access) override;
  Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) override;
  Expected<void> PrepareDescriptors(std::span<const security::Bytes> descriptors) override;
  Expected<void> Flush() override;
  Expected<void> ProbeDescriptors(Object& folder) override;

 private:
  friend class ViewedObject;

  void Begin(IndexUse use);
  // The tables; null: not read (yet), or given up.
  const Tables* Get();
  void Load();
  Expected<void> Read(StoppableDevice& device);
  // Looks at the journal. Needs following_, once others see the tables.
  Expected<void> Follow(Tables& tables);
  void GiveUp(const Error& why);
  Expected<std::unique_ptr<Object>> FromVolume(Expected<std::unique_ptr<Object>> object);
  std::unique_ptr<Object> FromTables(const Tables& tables, const ntfs::CatalogObject& object);

  Volume& real_;
  const std::unique_ptr<ntfs::BlockDevice> own_device_;
  ntfs::BlockDevice& device_;
  const std::unique_ptr<UsnJournal> journal_;  // Null: nobody else writes.
  const StopFlag& stop_;
  VolumeInfo info_;
  std::uint64_t budget_ = 0;  // Opens on the volume before the tables are read.
  std::atomic<std::uint64_t> from_tables_{0}, from_volume_{0};

  mutable std::mutex loading_;
  std::atomic<bool> is_over_{false};            // Read, or never to be.
  std::atomic<const Tables*> tables_{nullptr};  // Owned by the next one.
  std::unique_ptr<Tables> owned_;
  std::optional<Error> error_;
  bool stopped_ = false;

  std::mutex following_;  // Before loading_.
  std::optional<JournalTail> tail_;
  std::unordered_set<FileId> changed_;  // For the next Changed().
  std::atomic<std::uint64_t> answers_{0};
};

}  // namespace acledger::scanner
