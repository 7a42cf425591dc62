// SPDX-License-Identifier: MIT
#include "scanner/catalog/catalog_volume.h"

#include <utility>

#include "scanner/catalog/viewed_object.h"
#include "scanner/ntfs/catalog_builder.h"

namespace acledger::scanner {
namespace {

std::unexpected<Error> ReadingOnly(const char* operation) {
  return Fail(ErrorKind::kReadOnly, operation, "a view is for reading");
}

std::unexpected<Error> Stopped() { return Fail(ErrorKind::kBusy, "read the volume's tables", "stopped"); }

}  // namespace

CatalogVolume::CatalogVolume(Volume& real, ntfs::BlockDevice& device, IndexUse use, const StopFlag& stop)
    : real_(real), device_(device), stop_(stop), info_(real.Info()) {
  Begin(use);
}

CatalogVolume::CatalogVolume(Volume& real, std::unique_ptr<ntfs::BlockDevice> device,
                             std::unique_ptr<UsnJournal> journal, IndexUse use, const StopFlag& stop)
    : real_(real),
      own_device_(std::move(device)),
      device_(*own_device_),
      journal_(std::move(journal)),
      stop_(stop),
      info_(real.Info()) {
  Begin(use);
}

void CatalogVolume::Begin(IndexUse use) {
  info_.read_only = true;
  if (use == IndexUse::kAlways) return;
  const auto mft = ntfs::Mft::Open(device_);
  if (use == IndexUse::kNever || !mft) {
    if (!mft) error_ = mft.error();
    is_over_ = true;
    return;
  }
  budget_ = mft->Records() / kRecordsAnOpen;
}

CatalogVolume::~CatalogVolume() = default;

BulkView::Outcome CatalogVolume::Report() const {
  const std::lock_guard lock(loading_);
  return {from_tables_, from_volume_, error_, stopped_};
}

std::optional<BulkView::Found> CatalogVolume::Find(const std::function<bool(security::Bytes)>& is_wanted) {
  Load();
  const Tables* tables = tables_;
  std::optional<Found> found = tables == nullptr ? std::nullopt : tables->FindBelowRoot(is_wanted);
  if (!found && tables != nullptr)
    GiveUp({ErrorKind::kCorrupt, "find", info_.name, 0, "names may be missing in the tables"});
  return found;
}

Expected<std::vector<FileId>> CatalogVolume::Changed() {
  if (!journal_) return {};
  const std::lock_guard following(following_);
  if (tables_ == nullptr) return Fail(ErrorKind::kUnsupported, "tell what changed", "the tables are not used");
  if (Expected<void> followed = Follow(*owned_); !followed) {
    GiveUp(followed.error());
    return std::unexpected(followed.error());
  }
  const std::unordered_set<FileId> changed = std::exchange(changed_, {});
  return std::vector<FileId>(changed.begin(), changed.end());
}

Expected<void> CatalogVolume::Follow(Tables& tables) {
  const Expected<std::vector<UsnRecord>> records = tail_->Advance();
  if (!records) return std::unexpected(records.error());
  tables.Doubt(*records);
  for (const UsnRecord& record : *records)
    if (!ntfs::Catalog::IsOfNtfs(ntfs::FileReference{record.file.low}.Number())) changed_.insert(record.file);
  return {};
}

void CatalogVolume::GiveUp(const Error& why) {
  tables_ = nullptr;
  const std::lock_guard lock(loading_);
  error_ = why;
}

const Tables* CatalogVolume::Get() {
  if (!is_over_ && from_volume_ >= budget_) Load();
  if (tables_ == nullptr || !journal_ || ++answers_ % kAnswersALook != 0) return tables_;
  const std::lock_guard following(following_);
  if (tables_ != nullptr)
    if (Expected<void> followed = Follow(*owned_); !followed) GiveUp(followed.error());
  return tables_;
}

void CatalogVolume::Load() {
  const std::lock_guard lock(loading_);
  if (is_over_) return;
  StoppableDevice device(device_, stop_);
  const Expected<void> read = Read(device);
  if (device.IsStopped()) {
    stopped_ = true;
    return;
  }
  if (!read) error_ = read.error();
  tables_ = owned_.get();
  is_over_ = true;
}

// What was written before must be on the device.
Expected<void> CatalogVolume::Read(StoppableDevice& device) {
  if (device.IsStopped()) return Stopped();
  if (journal_) {
    Expected<JournalTail> tail = JournalTail::Begin(*journal_);
    if (!tail) return std::unexpected(tail.error());
    tail_.emplace(std::move(*tail));
  }
  if (const Expected<void> flushed = real_.Flush(); !flushed) return flushed;
  auto tables = Tables::Read(device, info_.serial);
  if (device.IsStopped()) return Stopped();
  if (!tables) return std::unexpected(tables.error());
  if (journal_)
    if (const Expected<void> followed = Follow(**tables); !followed) return followed;
  owned_ = std::move(*tables);
  return {};
}

Expected<std::unique_ptr<Object>> CatalogVolume::FromVolume(Expected<std::unique_ptr<Object>> object) {
  ++from_volume_;
  if (!object) return object;
  return std::make_unique<ViewedObject>(*this, std::move(*object));
}

std::unique_ptr<Object> CatalogVolume::FromTables(const Tables& tables, const ntfs::CatalogObject& object) {
  from_tables_.fetch_add(1, std::memory_order_relaxed);
  return std::make_unique<ViewedObject>(*this, tables, object);
}

Expected<std::unique_ptr<Object>> CatalogVolume::OpenRoot(Access access) { return OpenById(info_.root, access); }

Expected<std::unique_ptr<Object>> CatalogVolume::OpenById(const FileId& id, Access access) {
  if (access != Access::kRead) return ReadingOnly("open for writing");
  if (const Tables* tables = Get(); tables != nullptr && id.high == 0) {
    if (const auto object = tables->Find({id.low})) return FromTables(*tables, *object);
  }
  return FromVolume(real_.OpenById(id, access));
}

Expected<void> CatalogVolume::PrepareDescriptors(std::span<const security::Bytes>) {
  return ReadingOnly("store descriptors");
}

Expected<void> CatalogVolume::Flush() { return ReadingOnly("flush"); }

Expected<void> CatalogVolume::ProbeDescriptors(Object&) { return ReadingOnly("probe"); }

}  // namespace acledger::scanner
