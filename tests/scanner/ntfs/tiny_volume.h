// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string_view>

#include "tests/scanner/ntfs/format.h"

namespace acledger::scanner::ntfs {

// An NTFS volume of some hundred KiB in memory, made record by record: what a real one would never have can be put
// in. $MFT, the root, $Secure and free records come by themselves.
class TinyVolume {
 public:
  struct Shape {
    std::uint32_t cluster_bytes = 1024, record_bytes = 1024;
    std::uint32_t records = 64;
    unsigned pieces = 1;       // That $MFT lies in, the later ones in front of the earlier.
    unsigned listed_from = 0;  // Pieces from this one on are named by a record of an $ATTRIBUTE_LIST. 0: no list.
    bool nonresident_list = false;
  };
  static constexpr FileReference kRoot = FileReference::Of(5, 5);
  static constexpr std::uint64_t kMftPart = 15;  // The record that continues $MFT.
  static constexpr std::uint64_t kSdsBlock = 0x40000;

  explicit TinyVolume(Shape shape) : shape_(shape) {}
  TinyVolume() : TinyVolume(Shape()) {}

  // Into $SDS, both copies; the id.
  std::uint32_t AddDescriptor(Bytes descriptor);
  // A base record with one name; attributes of $STANDARD_INFORMATION.
  FileReference AddFile(std::uint64_t number, std::u16string_view name, FileReference parent,
                        std::uint32_t security_id);
  FileReference AddFolder(std::uint64_t number, std::u16string_view name, FileReference parent,
                          std::uint32_t security_id);
  // A whole record, in place of what is there.
  FileReference Set(format::RecordFields fields, const std::vector<format::ByteVector>& attributes);
  // Bytes at a place of their own, for non-resident attributes; Build() puts them there.
  std::vector<Run> Place(const format::ByteVector& contents);

  // The device. What was added before is in it; may be called again.
  format::ByteVector Build();

  // Places on the built device.
  std::uint64_t RecordAt(std::uint64_t number) const;
  std::uint64_t SdsAt() const { return sds_cluster_ * shape_.cluster_bytes; }
  std::uint64_t MirrorAt() const { return std::uint64_t{kMirrorCluster} * shape_.cluster_bytes; }

 private:
  static constexpr std::uint64_t kMirrorCluster = 2;
  std::vector<Run> MftRuns() const;
  void MakeMft(format::ByteVector& device);
  std::uint64_t ClustersOf(std::uint64_t bytes) const {
    return (bytes + shape_.cluster_bytes - 1) / shape_.cluster_bytes;
  }

  Shape shape_;
  std::map<std::uint64_t, format::ByteVector> records_;
  std::map<std::uint64_t, format::ByteVector> placed_;  // By cluster.
  format::ByteVector sds_;                              // First copies.
  std::uint32_t next_id_ = 0x100;
  std::uint64_t next_place_ = 4096;  // Clusters from here on are for Place().
  std::uint64_t sds_cluster_ = 0;
};

}  // namespace acledger::scanner::ntfs
