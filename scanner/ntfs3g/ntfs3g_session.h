// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scanner/ntfs3g/image_device.h"
#include "scanner/ntfs3g/library.h"
#include "scanner/ntfs3g/mft_record.h"
#include "scanner/ntfs3g/secure_store.h"
#include "scanner/volume.h"

namespace acledger::scanner::ntfs3g {

inline constexpr std::uint64_t kRootRecord = 5;
inline constexpr std::uint64_t kFirstUserRecord = 24;

// A number of $MFT with the sequence number it had: what FileId::low holds.
struct RecordId {
  std::uint64_t number = 0;
  std::uint16_t sequence = 0;

  static RecordId Of(std::uint64_t reference) {
    return {reference & 0x0000FFFFFFFFFFFFull, static_cast<std::uint16_t>(reference >> 48)};
  }
  std::uint64_t Reference() const { return number | (std::uint64_t{sequence} << 48); }
  FileId ToFileId() const { return {Reference(), 0}; }
};

// One record of $MFT in memory. `view` looks into `bytes`.
struct LoadedRecord {
  std::vector<std::uint8_t> bytes;
  MftRecord view;
};

// A mounted volume: device, library handle and descriptors together, and the calls on them that objects need. Not
// locked: the volume does that.
//
// Records are read and written one by one, past the library's inode objects: an inode that is open twice, or kept in
// its cache, would show and write back an old state.
class Session {
 public:
  static Expected<std::unique_ptr<Session>> Mount(const std::string& path, DeviceOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  ImageDevice& Device() { return *device_; }
  SecureStore& Descriptors() { return *descriptors_; }
  ntfs_volume* Library() { return volume_; }

  // kNotFound where the record is free, an extension or has another sequence number (0 as `sequence`: any).
  Expected<void> ReadRecord(RecordId id, LoadedRecord& out);
  Expected<void> WriteRecord(RecordId id, LoadedRecord& record);

  // Every $FILE_NAME of an object but the short ones, also those in extension records.
  Expected<std::vector<LinkName>> Names(const LoadedRecord& record, RecordId id);
  Expected<std::uint32_t> ReparseTag(const LoadedRecord& record, RecordId id);

  // The first bytes of the unnamed $DATA attribute.
  Expected<std::string> ReadContent(RecordId id, std::size_t limit);

  // The $SECURITY_DESCRIPTOR attribute of an object that has no security_id.
  Expected<void> ReadOwnDescriptor(RecordId id, security::DescriptorBytes& out);
  Expected<void> WriteOwnDescriptor(RecordId id, security::Bytes descriptor);

  Expected<std::vector<ListedName>> List(RecordId folder);
  // Exactly this name first, then by the volume's case rules. Short names are found too: see HasLongName().
  Expected<RecordId> Lookup(RecordId folder, std::u16string_view name);
  // Whether `name` is a name of the object in this folder and not only the short one of a pair.
  Expected<bool> HasLongName(const LoadedRecord& record, RecordId id, RecordId folder, std::u16string_view name);

 private:
  Session() = default;
  Expected<void> CheckState(const std::string& path, bool read_only);
  Expected<InodePtr> OpenInode(RecordId id);
  Expected<ntfs_inode*> OpenFolder(RecordId id);
  Expected<std::uint64_t> LookupOnce(ntfs_inode* folder, std::u16string_view name, bool exact);
  bool SameName(std::u16string_view left, std::u16string_view right) const;

  std::unique_ptr<ImageDevice> device_;
  ntfs_volume* volume_ = nullptr;
  std::unique_ptr<SecureStore> descriptors_;
  InodePtr folder_;  // The folder that was looked into last.
};

}  // namespace acledger::scanner::ntfs3g
