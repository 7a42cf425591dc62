// SPDX-License-Identifier: MIT
// Single bytes of a volume are damaged in turn. Never a crash (the sanitizers watch), never another answer about an
// object that does not depend on the damaged record, never a descriptor that the object did not have, except that of
// the damaged record's own object, about which NTFS keeps no checksum: that one is verified before it is written.
#include <gmock/gmock.h>

#include <set>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/name_lookup.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"
#include "tests/scanner/ntfs/sample_volume.h"
#include "tests/scanner/ntfs/snapshot.h"

namespace acledger::scanner::ntfs {
namespace {

class BitFlip : public testing::Test {
 protected:
  BitFlip() : volume_(SampleVolume()), device_(volume_.Build()) {}

  Snapshot Read() {
    const auto catalog = ReadCatalog(device_, pool_);
    if (!catalog) return {};
    const NameLookup lookup = Must(NameLookup::Make(*catalog));
    (void)lookup.FindChild(kRoot, "folder");
    return Look(*catalog, pool_);
  }

  // Flips one bit of each `step`-th byte of the record in turn.
  void FlipRecord(std::uint64_t number, const Snapshot& sound, const std::set<std::uint64_t>& may_change,
                  std::size_t step, std::size_t record_at, std::size_t record_bytes) {
    for (std::size_t at = flips_ % step; at < record_bytes; at += step) {
      std::uint8_t& byte = device_.bytes[record_at + at];
      const std::uint8_t before = byte;
      byte ^= static_cast<std::uint8_t>(1 << (flips_ % 8));
      Check(sound, Read(), may_change, number, at);
      byte = before;
      ++flips_;
    }
  }
  static void Check(const Snapshot& sound, const Snapshot& now, const std::set<std::uint64_t>& may_change,
                    std::uint64_t number, std::size_t at) {
    for (const auto& [other, seen] : sound) {
      if (may_change.contains(other)) continue;
      const auto found = now.find(other);
      ASSERT_TRUE(found != now.end() && found->second.IsLike(seen))
          << "byte " << at << " of record " << number << " changed object " << other;
    }
    for (const auto& [other, seen] : now) {
      ASSERT_TRUE(sound.contains(other) || may_change.contains(other)) << other << " came into being";
    }
  }
  // Descriptors that are known are the right ones; others are unknown, or the object is not there.
  static void CheckDescriptors(const Snapshot& sound, const Snapshot& now, std::size_t at) {
    for (const auto& [number, seen] : now) {
      const auto known = sound.find(number);
      ASSERT_TRUE(known != sound.end()) << "byte " << at;
      ASSERT_TRUE(seen.descriptor.empty() || seen.descriptor == known->second.descriptor) << "byte " << at;
    }
  }

  static constexpr FileReference kRoot = TinyVolume::kRoot;
  TinyVolume volume_;
  MemoryDevice device_;
  DescriptorPool pool_;
  std::size_t flips_ = 0;
};

TEST_F(BitFlip, InARecordChangesOnlyItsObject) {
  const Snapshot sound = Read();
  ASSERT_EQ(sound.size(), 10u);
  for (const std::uint64_t number : kSampleRecords) {
    std::set<std::uint64_t> may_change{number};
    if (number == 30 || number == 32) may_change.insert(31);  // They continue it.
    FlipRecord(number, sound, may_change, 1, volume_.RecordAt(number), 1024);
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(flips_, 10u * 1024);
}

// Everything depends on these: whatever is still known is right.
TEST_F(BitFlip, InTheRecordsOfMftAndSecureGivesNoWrongDescriptor) {
  const Snapshot sound = Read();
  for (const std::uint64_t number : {kMftRecord, kRootRecord, kSecureRecord}) {
    for (std::size_t at = 0; at < 1024; ++at) {
      std::uint8_t& byte = device_.bytes[volume_.RecordAt(number) + at];
      const std::uint8_t before = byte;
      byte ^= static_cast<std::uint8_t>(1 << (at % 8));
      Snapshot now = Read();
      now.erase(number);
      CheckDescriptors(sound, now, at);
      if (HasFatalFailure()) return;
      byte = before;
    }
  }
}

TEST_F(BitFlip, InTheBootSectorGivesNoWrongDescriptor) {
  const Snapshot sound = Read();
  for (std::size_t at = 0; at < 512 * 8; ++at) {
    std::uint8_t& byte = device_.bytes[at / 8];
    byte ^= static_cast<std::uint8_t>(1 << (at % 8));
    CheckDescriptors(sound, Read(), at);
    if (HasFatalFailure()) return;
    byte ^= static_cast<std::uint8_t>(1 << (at % 8));
  }
}

}  // namespace
}  // namespace acledger::scanner::ntfs
