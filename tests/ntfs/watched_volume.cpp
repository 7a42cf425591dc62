// SPDX-License-Identifier: MIT
#include "tests/ntfs/watched_volume.h"

namespace acledger::scanner {

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
