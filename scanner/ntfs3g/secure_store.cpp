// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/secure_store.h"

#include <bit>
#include <cerrno>
#include <cstring>

#include "scanner/ntfs3g/bytes.h"

namespace acledger::scanner::ntfs3g {
namespace {

constexpr std::size_t kHeaderBytes = 20;        // hash, id, offset (8), size.
constexpr std::uint64_t kBlockBytes = 0x40000;  // A block of first copies is followed by one of second copies.
constexpr std::uint64_t kAlignment = 16;
constexpr std::uint32_t kFirstId = 0x100;
constexpr char kAdd[] = "add descriptor";
constexpr std::size_t kMaxDescriptorBytes = 0x20000;  // Far past the two ACLs of 64 KiB and two SIDs that can be.

constexpr std::uint64_t AlignUp(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

std::unexpected<Error> Corrupt(std::string operation, std::string reason) {
  return Fail(ErrorKind::kCorrupt, std::move(operation), std::move(reason));
}

void StoreHeader(std::span<std::uint8_t> to, std::uint32_t hash, std::uint32_t id, std::uint64_t offset,
                 std::uint32_t size) {
  Store<std::uint32_t>(to, 0, hash);
  Store<std::uint32_t>(to, 4, id);
  Store<std::uint64_t>(to, 8, offset);
  Store<std::uint32_t>(to, 16, size);
}

}  // namespace

std::uint32_t SecurityHash(security::Bytes descriptor) {
  std::uint32_t hash = 0;
  for (std::size_t at = 0; at + 4 <= descriptor.size(); at += 4) {
    hash = acledger::scanner::ntfs3g::Load<std::uint32_t>(descriptor, at) + std::rotl(hash, 3);
  }
  return hash;
}

Expected<std::unique_ptr<SecureStore>> SecureStore::Load(ntfs_volume* volume, ImageDevice& device) {
  if (volume->major_ver < 3 || volume->secure_ni == nullptr) {
    return Fail(ErrorKind::kUnsupported, "read $Secure",
                "NTFS " + std::to_string(volume->major_ver) + "." + std::to_string(volume->minor_ver) +
                    " keeps no shared descriptors");
  }
  std::unique_ptr<SecureStore> store(new SecureStore(volume, device));
  ClearLibraryMessage();
  store->sds_.reset(ntfs_attr_open(volume->secure_ni, AT_DATA, STREAM_SDS, 4));
  if (!store->sds_) return std::unexpected(LibraryError("open $Secure:$SDS", errno));
  if (auto loaded = store->LoadIndex(); !loaded) return std::unexpected(loaded.error());
  return store;
}

Expected<void> SecureStore::LoadIndex() {
  ClearLibraryMessage();
  IndexPtr index(ntfs_index_ctx_get(volume_->secure_ni, NTFS_INDEX_SII, 4));
  if (!index) return std::unexpected(LibraryError("open $Secure:$SII", errno));
  const std::uint32_t lowest = 0;
  if (ntfs_index_lookup(&lowest, sizeof(lowest), index.get()) != 0 && errno != ENOENT) {
    return std::unexpected(LibraryError("read $Secure:$SII", errno));
  }
  errno = 0;
  INDEX_ENTRY* at = index->entry;
  if (at != nullptr && (at->ie_flags & INDEX_ENTRY_END) != 0) at = ntfs_index_next(at, index.get());
  for (; at != nullptr; at = ntfs_index_next(at, index.get())) {
    const auto* raw = reinterpret_cast<const std::uint8_t*>(at);
    const security::Bytes entry(raw, ntfs3g::Load<std::uint16_t>({raw, 16}, 8));
    if (entry.size() < 40) return Corrupt("read $Secure:$SII", "an entry is too short");
    const std::uint32_t id = ntfs3g::Load<std::uint32_t>(entry, 16);
    Entry found;
    found.hash = ntfs3g::Load<std::uint32_t>(entry, 20);
    found.offset = ntfs3g::Load<std::uint64_t>(entry, 28);
    found.size = ntfs3g::Load<std::uint32_t>(entry, 36);
    if (found.size < kHeaderBytes || found.size > kMaxDescriptorBytes)
      continue;  // Get() says that the id has no bytes.
    last_id_ = std::max(last_id_, id);
    end_ = std::max(end_, found.offset + found.size);
    by_hash_.emplace(found.hash, id);
    by_id_.insert_or_assign(id, std::move(found));
    errno = 0;
  }
  if (errno != 0 && errno != ENOENT) return std::unexpected(LibraryError("read $Secure:$SII", errno));
  return {};
}

Expected<const security::DescriptorBytes*> SecureStore::Get(std::uint32_t id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    return Corrupt("read descriptor", "security_id " + std::to_string(id) + " is not in $Secure");
  }
  if (auto read = Read(id, found->second); !read) return std::unexpected(read.error());
  return found->second.bytes.get();
}

Expected<void> SecureStore::Read(std::uint32_t id, Entry& entry) {
  if (entry.bytes) return {};
  auto bytes = std::make_unique<security::DescriptorBytes>();
  if (!ReadCopy(id, entry, entry.offset, *bytes) && !ReadCopy(id, entry, entry.offset + kBlockBytes, *bytes)) {
    return Corrupt("read descriptor", "security_id " + std::to_string(id) + ": both copies in $SDS are damaged");
  }
  entry.bytes = std::move(bytes);
  return {};
}

bool SecureStore::ReadCopy(std::uint32_t id, const Entry& entry, std::uint64_t offset, security::DescriptorBytes& out) {
  out.resize(entry.size);
  if (ntfs_attr_pread(sds_.get(), static_cast<s64>(offset), entry.size, out.data()) != entry.size) return false;
  std::array<std::uint8_t, kHeaderBytes> wanted{};
  StoreHeader(wanted, entry.hash, id, entry.offset, entry.size);
  if (std::memcmp(out.data(), wanted.data(), wanted.size()) != 0) return false;
  out.erase(out.begin(), out.begin() + kHeaderBytes);
  return SecurityHash(out) == entry.hash;
}

Expected<std::uint32_t> SecureStore::Find(security::Bytes descriptor) {
  // Several ids with equal bytes (a volume that was repaired, say): the lowest, so that the answer does not depend on
  // order.
  std::uint32_t lowest = 0;
  const auto [first, last] = by_hash_.equal_range(SecurityHash(descriptor));
  for (auto at = first; at != last; ++at) {
    Entry& entry = by_id_.find(at->second)->second;
    if (entry.size != descriptor.size() + kHeaderBytes || (lowest != 0 && lowest < at->second)) continue;
    if (!Read(at->second, entry)) continue;  // A damaged one is no place for anyone's descriptor.
    if (std::equal(descriptor.begin(), descriptor.end(), entry.bytes->begin())) lowest = at->second;
  }
  return lowest;
}

Expected<std::uint32_t> SecureStore::FindOrAdd(security::Bytes descriptor) {
  auto found = Find(descriptor);
  if (!found || *found != 0) return found;
  const std::array coming{descriptor};
  if (auto added = AddAll(coming); !added) return std::unexpected(added.error());
  return last_id_;
}

Expected<void> SecureStore::AddAll(std::span<const security::Bytes> descriptors) {
  std::vector<security::Bytes> missing;
  for (const security::Bytes descriptor : descriptors) {
    if (descriptor.size() > kMaxDescriptorBytes) return Fail(ErrorKind::kTooLarge, kAdd, "too large for $Secure");
    auto known = Find(descriptor);
    if (!known) return std::unexpected(known.error());
    if (*known == 0) missing.push_back(descriptor);
  }
  if (missing.empty()) return {};
  if (broken_) return Fail(ErrorKind::kIo, kAdd, "an earlier addition to $Secure failed: open the volume again");
  const std::uint32_t last_id = last_id_;
  const std::uint64_t end = end_;
  device_.HoldWrites();
  Expected<void> added;
  for (std::size_t i = 0; i < missing.size() && added; ++i) added = Add(missing[i]);
  if (added) added = SyncStreams();
  if (!added) device_.DropWrites();
  if (added) added = device_.ReleaseWrites();
  if (!added) TakeBack(last_id, end);
  return added;
}

void SecureStore::TakeBack(std::uint32_t last_id, std::uint64_t end) {
  broken_ = true;
  Abandon(volume_->secure_ni);
  for (; last_id_ > last_id; --last_id_) by_id_.erase(last_id_);
  std::erase_if(by_hash_, [&](const auto& known) { return known.second > last_id; });
  end_ = end;
}

Expected<void> SecureStore::Add(security::Bytes descriptor) {
  if (descriptor.size() > kMaxDescriptorBytes)
    return Fail(ErrorKind::kTooLarge, "add descriptor", "too large for $Secure");
  const std::uint32_t id = std::max(last_id_ + 1, kFirstId);
  Entry entry;
  entry.hash = SecurityHash(descriptor);
  entry.size = static_cast<std::uint32_t>(descriptor.size() + kHeaderBytes);
  if (auto written = Write(id, entry, descriptor); !written) return written;
  last_id_ = id;
  end_ = entry.offset + entry.size;
  ++added_;
  // Its bytes are read back from $SDS when somebody asks for them.
  by_hash_.emplace(entry.hash, id);
  by_id_.emplace(id, std::move(entry));
  return {};
}

Expected<void> SecureStore::Write(std::uint32_t id, Entry& entry, security::Bytes descriptor) {
  auto place = PlaceFor(entry.size);
  if (!place) return std::unexpected(place.error());
  entry.offset = *place;
  if (auto data = WriteData(id, entry, descriptor); !data) return data;
  return WriteIndexes(id, entry);
}

// Behind the last descriptor, aligned, and with neither end in a block of second copies.
Expected<std::uint64_t> SecureStore::PlaceFor(std::size_t size) {
  std::uint64_t offset = AlignUp(end_, kAlignment);
  if ((offset & kBlockBytes) != 0 || ((offset + size - 1) & kBlockBytes) != 0) {
    offset = AlignUp(offset, 2 * kBlockBytes);
  }
  if (offset % (2 * kBlockBytes) != 0) return offset;
  // A new block is filled first: a gap in front of the second copy would make the stream sparse, which chkdsk faults.
  const security::DescriptorBytes zeros(0x4000);
  for (std::uint64_t at = 0; at < kBlockBytes; at += zeros.size()) {
    if (auto written = WriteAt(offset + at, zeros); !written) return std::unexpected(written.error());
  }
  return offset;
}

Expected<void> SecureStore::WriteData(std::uint32_t id, const Entry& entry, security::Bytes descriptor) {
  // From the end of the one before, so that the gap of the alignment is zero in both copies.
  const std::uint64_t gap = entry.offset % (2 * kBlockBytes) == 0 ? 0 : entry.offset - end_;
  security::DescriptorBytes record(gap + entry.size);
  StoreHeader(std::span(record).subspan(gap), entry.hash, id, entry.offset, entry.size);
  std::copy(descriptor.begin(), descriptor.end(), record.begin() + static_cast<std::ptrdiff_t>(gap + kHeaderBytes));
  if (auto first = WriteAt(entry.offset - gap, record); !first) return first;
  if (auto second = WriteAt(entry.offset - gap + kBlockBytes, record); !second) return second;
  // Windows appends behind the end of the stream, so it must be the end of the last second copy.
  const std::uint64_t end = entry.offset + kBlockBytes + entry.size;
  if (static_cast<std::uint64_t>(sds_->data_size) <= end) return {};
  if (ntfs_attr_truncate(sds_.get(), static_cast<s64>(end)) == 0) return {};
  return std::unexpected(LibraryError("cut $Secure:$SDS", errno));
}

Expected<void> SecureStore::WriteAt(std::uint64_t offset, security::Bytes bytes) {
  ClearLibraryMessage();
  const auto size = static_cast<s64>(bytes.size());
  if (ntfs_attr_pwrite(sds_.get(), static_cast<s64>(offset), size, bytes.data()) == size) return {};
  return std::unexpected(LibraryError("write $Secure:$SDS", errno != 0 ? errno : ENOSPC));
}

Expected<void> SecureStore::WriteIndexes(std::uint32_t id, const Entry& entry) {
  // INDEX_ENTRY: data offset, data size, 4 reserved, entry size, key size, flags, 2 reserved; then key and data.
  std::array<std::uint8_t, 40> sii{};
  Store<std::uint16_t>(sii, 0, 20);
  Store<std::uint16_t>(sii, 2, kHeaderBytes);
  Store<std::uint16_t>(sii, 8, sii.size());
  Store<std::uint16_t>(sii, 10, 4);
  Store<std::uint32_t>(sii, 16, id);
  StoreHeader(std::span(sii).subspan(20), entry.hash, id, entry.offset, entry.size);

  std::array<std::uint8_t, 48> sdh{};
  Store<std::uint16_t>(sdh, 0, 24);
  Store<std::uint16_t>(sdh, 2, kHeaderBytes);
  Store<std::uint16_t>(sdh, 8, sdh.size());
  Store<std::uint16_t>(sdh, 10, 8);
  Store<std::uint32_t>(sdh, 16, entry.hash);
  Store<std::uint32_t>(sdh, 20, id);
  StoreHeader(std::span(sdh).subspan(24), entry.hash, id, entry.offset, entry.size);
  Store<std::uint32_t>(sdh, 44, 0x00490049);  // "II": the filler that Windows writes.

  if (auto by_id = AddIndexEntry(NTFS_INDEX_SII, sii); !by_id) return by_id;
  return AddIndexEntry(NTFS_INDEX_SDH, sdh);
}

Expected<void> SecureStore::SyncStreams() {
  NInoSetDirty(volume_->secure_ni);
  if (ntfs_inode_sync(volume_->secure_ni) == 0) return {};
  return std::unexpected(LibraryError("write $Secure", errno));
}

Expected<void> SecureStore::AddIndexEntry(ntfschar* index, security::Bytes entry) {
  ClearLibraryMessage();
  IndexPtr context(ntfs_index_ctx_get(volume_->secure_ni, index, 4));
  if (!context) return std::unexpected(LibraryError("open index of $Secure", errno));
  alignas(8) std::array<std::uint8_t, 48> copy{};
  std::copy(entry.begin(), entry.end(), copy.begin());
  if (ntfs_ie_add(context.get(), reinterpret_cast<INDEX_ENTRY*>(copy.data())) != 0) {
    return std::unexpected(LibraryError("add to index of $Secure", errno));
  }
  return {};
}

}  // namespace acledger::scanner::ntfs3g
