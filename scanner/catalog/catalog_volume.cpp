// SPDX-License-Identifier: MIT
#include "scanner/catalog/catalog_volume.h"

#include "scanner/catalog/viewed_object.h"
#include "scanner/ntfs/catalog_builder.h"

namespace acledger::scanner {
namespace {

std::unexpected<Error> ReadingOnly(const char* operation) {
  return Fail(ErrorKind::kReadOnly, operation, "a view is for reading");
}

}  // namespace

CatalogVolume::CatalogVolume(Volume& real, ntfs::BlockDevice& device, IndexUse use)
    : real_(real), device_(device), info_(real.Info()) {
  info_.read_only = true;
  if (use == IndexUse::kAlways) return;
  const auto mft = ntfs::Mft::Open(device);
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
  return {from_tables_, from_volume_, error_};
}

std::optional<BulkView::Found> CatalogVolume::Find(const std::function<bool(security::Bytes)>& is_wanted) {
  Load();
  const Tables* tables = tables_;
  return tables == nullptr ? std::nullopt : tables->FindBelowRoot(is_wanted);
}

const Tables* CatalogVolume::Get() {
  if (!is_over_ && from_volume_ >= budget_) Load();
  return tables_;
}

void CatalogVolume::Load() {
  const std::lock_guard lock(loading_);
  if (is_over_) return;
  if (const Expected<void> read = Read(); !read) error_ = read.error();
  tables_ = owned_.get();
  is_over_ = true;
}

// What was written before must be on the device.
Expected<void> CatalogVolume::Read() {
  if (const Expected<void> flushed = real_.Flush(); !flushed) return flushed;
  auto tables = Tables::Read(device_, info_.serial);
  if (!tables) return std::unexpected(tables.error());
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
