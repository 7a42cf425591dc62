// SPDX-License-Identifier: MIT
#include "tests/scanner/ntfs/tiny_volume.h"

#include <algorithm>

#include "scanner/ntfs/mft.h"
#include "scanner/ntfs/secure.h"
#include "security/sddl.h"

namespace acledger::scanner::ntfs {

using format::ByteVector;

namespace {

// Of the files of NTFS itself: SYSTEM may read them.
ByteVector SystemDescriptor() {
  return format::Resident(AttributeType::kSecurityDescriptor,
                          security::FromSddl("O:SYG:SYD:(A;;FR;;;SY)").value_or(security::DescriptorBytes()));
}

}  // namespace

std::uint32_t TinyVolume::AddDescriptor(Bytes descriptor) {
  const std::size_t at = (sds_.size() + 15) / 16 * 16;
  sds_.resize(at + 20 + descriptor.size());
  format::Put32(sds_, at, SecurityHash(descriptor));
  format::Put32(sds_, at + 4, next_id_);
  format::Put64(sds_, at + 8, at);
  format::Put32(sds_, at + 16, 20 + descriptor.size());
  std::ranges::copy(descriptor, sds_.begin() + static_cast<std::ptrdiff_t>(at + 20));
  return next_id_++;
}

FileReference TinyVolume::Set(format::RecordFields fields, const std::vector<ByteVector>& attributes) {
  fields.size = shape_.record_bytes;
  records_[fields.number] = format::Record(fields, attributes);
  return FileReference::Of(fields.number, fields.sequence);
}

FileReference TinyVolume::AddFile(std::uint64_t number, std::u16string_view name, FileReference parent,
                                  std::uint32_t security_id) {
  return Set({.number = number, .sequence = static_cast<std::uint16_t>(number == 5 ? 5 : 1)},
             {format::Resident(AttributeType::kStandardInformation, format::Information(0x20, security_id)),
              format::Resident(AttributeType::kFileName, format::Name(parent, name))});
}

FileReference TinyVolume::AddFolder(std::uint64_t number, std::u16string_view name, FileReference parent,
                                    std::uint32_t security_id) {
  const FileReference id = AddFile(number, name, parent, security_id);
  records_[number][22] = 3;
  return id;
}

std::vector<Run> TinyVolume::Place(const ByteVector& contents) {
  const std::uint64_t cluster = next_place_, length = ClustersOf(contents.size());
  placed_[cluster] = contents;
  next_place_ += length + 1;
  return {{0, cluster, length}};
}

// Piece i of n lies behind piece i + 1, a cluster apart.
std::vector<Run> TinyVolume::MftRuns() const {
  const std::uint64_t clusters = ClustersOf(std::uint64_t{shape_.records} * shape_.record_bytes);
  const std::uint64_t piece = (clusters + shape_.pieces - 1) / shape_.pieces;
  std::vector<Run> runs;
  for (std::uint64_t vcn = 0; vcn < clusters; vcn += piece) {
    const std::uint64_t place = shape_.pieces - 1 - runs.size();
    runs.push_back({vcn, 16 + place * (piece + 1), std::min(piece, clusters - vcn)});
  }
  return runs;
}

std::uint64_t TinyVolume::RecordAt(std::uint64_t number) const {
  const std::uint64_t offset = number * shape_.record_bytes, vcn = offset / shape_.cluster_bytes;
  for (const Run& run : MftRuns()) {
    if (vcn - run.vcn < run.length) return (run.lcn - run.vcn) * shape_.cluster_bytes + offset;
  }
  return 0;
}

void TinyVolume::MakeMft(ByteVector& device) {
  const std::uint64_t size = std::uint64_t{shape_.records} * shape_.record_bytes;
  const std::vector<Run> runs = MftRuns();
  const std::size_t kept = shape_.listed_from == 0 ? runs.size() : shape_.listed_from;
  const ByteVector information = format::Resident(AttributeType::kStandardInformation, format::Information(6, 0));
  const FileReference self = FileReference::Of(kMftRecord, 1);
  std::vector<ByteVector> attributes{information};
  if (kept < runs.size()) {
    const ByteVector list = format::List({{AttributeType::kStandardInformation, self},
                                          {AttributeType::kData, self},
                                          {AttributeType::kData, FileReference::Of(kMftPart, 1), runs[kept].vcn}});
    attributes.push_back(shape_.nonresident_list ? format::NonResident(AttributeType::kAttributeList,
                                                                       {.runs = Place(list), .size = list.size()})
                                                 : format::Resident(AttributeType::kAttributeList, list));
    const auto rest = runs.begin() + static_cast<std::ptrdiff_t>(kept);
    Set({.number = kMftPart, .links = 0, .base = self},
        {format::NonResident(AttributeType::kData, {.runs = {rest, runs.end()}, .size = size})});
  }
  const auto rest = runs.begin() + static_cast<std::ptrdiff_t>(kept);
  attributes.push_back(SystemDescriptor());
  attributes.push_back(format::NonResident(AttributeType::kData, {.runs = {runs.begin(), rest}, .size = size}));
  Set({.number = kMftRecord}, attributes);
  std::ranges::copy(records_[kMftRecord], device.begin() + static_cast<std::ptrdiff_t>(MirrorAt()));
}

ByteVector TinyVolume::Build() {
  sds_cluster_ = 1024;
  const std::uint64_t sds_size = sds_.empty() ? 0 : kSdsBlock + sds_.size();
  if (!records_.contains(kSecureRecord)) {
    Set({.number = kSecureRecord, .sequence = 9},
        {format::Resident(AttributeType::kStandardInformation, format::Information(6, 0)), SystemDescriptor(),
         format::NonResident(
             AttributeType::kData,
             {.runs = {{0, sds_cluster_, ClustersOf(kSdsBlock * 2)}}, .size = sds_size, .name = u"$SDS"})});
  }
  if (!records_.contains(kRootRecord)) AddFolder(kRootRecord, u".", kRoot, 0x100);
  const std::uint64_t clusters = 8192;
  ByteVector device(clusters * shape_.cluster_bytes);
  MakeMft(device);
  const auto put = [&](std::uint64_t offset, const ByteVector& bytes) {
    std::ranges::copy(bytes, device.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  const auto code = [](std::uint32_t bytes) {
    return static_cast<std::uint8_t>(0x100 - static_cast<unsigned>(std::countr_zero(bytes)));
  };
  put(0, format::Boot({.sectors_per_cluster = static_cast<std::uint8_t>(shape_.cluster_bytes / 512),
                       .record_size = code(shape_.record_bytes),
                       .sectors = device.size() / 512,
                       .mft_cluster = MftRuns()[0].lcn,
                       .mirror_cluster = kMirrorCluster}));
  for (std::uint32_t number = 0; number < shape_.records; ++number) {
    const auto found = records_.find(number);
    put(RecordAt(number), found != records_.end()
                              ? found->second
                              : format::Record({.number = number, .flags = 0, .size = shape_.record_bytes}, {}));
  }
  put(SdsAt(), sds_);
  put(SdsAt() + kSdsBlock, sds_);
  for (const auto& [cluster, contents] : placed_) put(cluster * shape_.cluster_bytes, contents);
  return device;
}

}  // namespace acledger::scanner::ntfs
