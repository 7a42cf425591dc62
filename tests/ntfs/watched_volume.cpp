// SPDX-License-Identifier: MIT
#include "tests/ntfs/watched_volume.h"

#include <atomic>

namespace acledger::scanner {
namespace {

class SharedDevice final : public ntfs::BlockDevice {
 public:
  SharedDevice(ntfs::BlockDevice& real, const std::function<void()>& before_read)
      : real_(real), before_read_(before_read) {}
  const std::string& Name() const override { return real_.Name(); }
  std::uint64_t Size() const override { return real_.Size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    if (!begun_.exchange(true) && before_read_) before_read_();
    return real_.Read(offset, to);
  }

 private:
  ntfs::BlockDevice& real_;
  const std::function<void()>& before_read_;
  std::atomic<bool> begun_{false};
};

class SharedJournal final : public UsnJournal {
 public:
  explicit SharedJournal(UsnJournal& real) : real_(real) {}
  Expected<UsnJournalState> Query() override { return real_.Query(); }
  Expected<UsnRecords> Read(std::uint64_t id, std::int64_t from) override { return real_.Read(id, from); }

 private:
  UsnJournal& real_;
};

}  // namespace

std::unique_ptr<CatalogVolume> WatchedVolume::ViewLive(IndexUse use, const StopFlag& stop) {
  return std::make_unique<CatalogVolume>(*this, std::make_unique<SharedDevice>(*tables_, before_read),
                                         std::make_unique<SharedJournal>(*journal_), use, stop);
}

class WatchedVolume::Watched final : public Object {
 public:
  Watched(WatchedVolume& volume, std::unique_ptr<Object> real) : volume_(volume), real_(std::move(real)) {}

  Expected<ObjectInfo> Info() override { return real_->Info(); }
  Expected<void> ReadDescriptor(security::DescriptorBytes& out) override { return real_->ReadDescriptor(out); }
  Expected<void> WriteDacl(security::Bytes descriptor) override { return real_->WriteDacl(descriptor); }
  Expected<void> List(const std::function<bool(std::span<const ListedName>)>& take) override {
    return real_->List(take);
  }
  Expected<std::string> ReadContent(std::size_t limit) override { return real_->ReadContent(limit); }
  Expected<std::unique_ptr<Object>> OpenChild(std::u16string_view name, Access access) override {
    return volume_.Note(real_->OpenChild(name, access), access);
  }
  Expected<std::vector<LinkName>> Names() override { return real_->Names(); }

 private:
  WatchedVolume& volume_;
  std::unique_ptr<Object> real_;
};

Expected<std::unique_ptr<Object>> WatchedVolume::Note(Expected<std::unique_ptr<Object>> object, Access access) {
  if (!object) return object;
  const Expected<ObjectInfo> info = (*object)->Info();
  if (!info) return std::unexpected(info.error());
  opened_.insert(info->id);
  if (access == Access::kWrite) opened_for_writing_.insert(info->id);
  return std::make_unique<Watched>(*this, std::move(*object));
}

}  // namespace acledger::scanner
