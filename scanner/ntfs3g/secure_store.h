// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "scanner/ntfs3g/image_device.h"
#include "scanner/ntfs3g/library.h"
#include "security/descriptor.h"

namespace acledger::scanner::ntfs3g {

// The hash that NTFS keeps with each descriptor in $Secure: words of 32 bits, rotated by 3 and added.
std::uint32_t SecurityHash(security::Bytes descriptor);

// The descriptors of a volume: $Secure, where $SDS holds each distinct one once (twice, 256 KiB apart) and $SII and
// $SDH find it by id and by hash. (NTFS 3.x; layout: "$Secure" in the Linux-NTFS documentation.)
//
// We read and write it ourselves, with the library's streams and indexes, since its own calls replace a descriptor that
// they do not understand (an object, callback or attribute ACE, no owner, bytes behind the last component) by an
// invented one when they read, and refuse it when they write. Here any bytes are kept as they are, and equal bytes get
// the id they had.
//
// One thread at a time. `volume` and `device` must outlive it, and the store must be gone before ntfs_umount().
class SecureStore {
 public:
  // Reads the index $SII. kUnsupported where the volume has no $Secure (NTFS before 3.0).
  static Expected<std::unique_ptr<SecureStore>> Load(ntfs_volume* volume, ImageDevice& device);

  // The descriptor with this id. Its bytes are read from $SDS the first time (the second copy where the first is
  // damaged) and kept. kCorrupt where no index entry or no good copy is there. The reference stays valid as long as the
  // store.
  Expected<const security::DescriptorBytes*> Get(std::uint32_t id);

  // The id of exactly these bytes; 0 if the volume has none.
  Expected<std::uint32_t> Find(security::Bytes descriptor);

  // The id of exactly these bytes; adds them where the volume has none. A new descriptor is durable before this
  // returns: an object must never refer to one that a power cut can take away. kTooLarge past what $SDS can hold. After
  // a failure nothing has changed on the volume, but the store can do no more.
  Expected<std::uint32_t> FindOrAdd(security::Bytes descriptor);
  // The same for many, as one change: all of them or none.
  Expected<void> AddAll(std::span<const security::Bytes> descriptors);

  std::uint64_t Added() const { return added_; }
  std::size_t Count() const { return by_id_.size(); }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::uint64_t offset = 0;                          // In $SDS, of the 20-byte header.
    std::uint32_t size = 0;                            // Header included.
    std::unique_ptr<security::DescriptorBytes> bytes;  // Null until read.
  };

  SecureStore(ntfs_volume* volume, ImageDevice& device) : volume_(volume), device_(device) {}
  Expected<void> LoadIndex();
  void TakeBack(std::uint32_t last_id, std::uint64_t end);
  Expected<void> Read(std::uint32_t id, Entry& entry);
  bool ReadCopy(std::uint32_t id, const Entry& entry, std::uint64_t offset, security::DescriptorBytes& out);
  Expected<void> Add(security::Bytes descriptor);
  Expected<void> Write(std::uint32_t id, Entry& entry, security::Bytes descriptor);
  Expected<std::uint64_t> PlaceFor(std::size_t size);
  Expected<void> WriteData(std::uint32_t id, const Entry& entry, security::Bytes descriptor);
  Expected<void> WriteAt(std::uint64_t offset, security::Bytes bytes);
  Expected<void> WriteIndexes(std::uint32_t id, const Entry& entry);
  Expected<void> SyncStreams();
  Expected<void> AddIndexEntry(ntfschar* index, security::Bytes entry);

  ntfs_volume* volume_;
  ImageDevice& device_;
  AttributePtr sds_;
  std::unordered_map<std::uint32_t, Entry> by_id_;
  std::unordered_multimap<std::uint32_t, std::uint32_t> by_hash_;
  std::uint32_t last_id_ = 0;
  std::uint64_t end_ = 0;  // Of the last descriptor in $SDS (first copy).
  std::uint64_t added_ = 0;
  bool broken_ = false;  // An addition failed half-way.
};

}  // namespace acledger::scanner::ntfs3g
