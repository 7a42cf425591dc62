// SPDX-License-Identifier: MIT
// A volume with an object of each kind, changed as the input says: either a whole record is replaced, or single bytes
// are, under the fix-ups or over them. Whatever comes of it can be asked about, and ends.
#include <cstdlib>
#include <cstring>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/name_lookup.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/sample_volume.h"

#define HOLDS(condition) \
  if (!(condition)) std::abort()

namespace {

using namespace acledger::scanner::ntfs;
using acledger::scanner::DescriptorPool;

struct Sample {
  TinyVolume volume = SampleVolume();
  MemoryDevice device{volume.Build()};
  const std::vector<std::uint8_t> sound = device.bytes;
};

constexpr std::size_t kRecordBytes = 1024;
constexpr std::uint8_t kRecords = 41;

// Where changes are made: the boot sector, the records, both copies of the descriptors.
std::span<std::uint8_t> Region(Sample& sample, unsigned index) {
  if (index == kRecords) return {sample.device.bytes.data(), 512};
  const std::size_t at =
      index < kRecords ? sample.volume.RecordAt(index) : sample.volume.SdsAt() + (index % 2) * TinyVolume::kSdsBlock;
  return {sample.device.bytes.data() + at, kRecordBytes};
}

void Ask(Sample& sample) {
  DescriptorPool pool;
  const auto catalog = ReadCatalog(sample.device, pool);
  if (!catalog) return;
  const auto lookup = NameLookup::Make(*catalog);
  HOLDS(lookup.has_value());
  std::uint64_t objects = 0;
  catalog->ForEach([&](const CatalogObject& object) {
    ++objects;
    HOLDS(catalog->Find(object.id).has_value());
    if (object.descriptor != DescriptorPool::kNone) HOLDS(!pool.Get(object.descriptor).empty());
    catalog->ForEachName(static_cast<std::uint32_t>(object.id.Number()), [&](const Catalog::Name& name) {
      HOLDS(!name.text.empty());
      (void)catalog->PathOf(name);
      (void)lookup->FindChild(name.parent, name.text);
    });
  });
  HOLDS(objects == catalog->Report().objects);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Sample sample;
  if (size < 2) return 0;
  const bool whole = (data[0] & 1) != 0, under_fixups = (data[0] & 2) != 0;
  const std::span<std::uint8_t> region = Region(sample, data[1] % (kRecords + 3u));
  const bool is_record = data[1] % (kRecords + 3u) < kRecords;
  data += 2, size -= 2;
  if (under_fixups && is_record) format::TakeFixupsOff(region);
  if (whole) {
    std::memcpy(region.data(), data, std::min(size, region.size()));
  } else {
    for (; size >= 3; data += 3, size -= 3) region[LoadU16(data) % region.size()] = data[2];
  }
  if (under_fixups && is_record) format::PutFixupsOn(region);
  Ask(sample);
  std::memcpy(region.data(), sample.sound.data() + (region.data() - sample.device.bytes.data()), region.size());
  return 0;
}
