// SPDX-License-Identifier: MIT
// Single bytes of a real image are damaged in turn: of its first records of $MFT, and of all of $Secure:$SDS. See
// bit_flip_test.cpp for what must hold. ACLEDGER_FLIP_RECORDS records (40; 1,000 take some minutes), each byte or each
// ACLEDGER_FLIP_STEP-th (64).
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/secure.h"
#include "security/sddl.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"
#include "tests/scanner/ntfs/snapshot.h"
#include "tools/fixtures/windows_tree.h"

namespace acledger::scanner::ntfs {
namespace {

std::size_t Setting(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::stoull(text) : otherwise;
}

std::vector<std::uint8_t> MakeImage() {
  std::string folder = (std::filesystem::temp_directory_path() / "acledger-flip-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
  const std::string path = folder + "/flip.img";
  {
    const auto builder = Must(fixtures::ImageBuilder::Create(path, std::uint64_t{16} << 20, 0x1122334455667788));
    fixtures::TreeOptions options;
    options.objects = 1'200;
    options.distinct = 150;
    options.wide_folder = 50;
    options.levels = 20;
    Must(fixtures::WindowsTree(*builder, options).Make());
    const auto descriptor = Must(builder->Intern(Must(security::FromSddl("O:BAG:SYD:(A;;FA;;;SY)"))));
    const FileId linked = Must(builder->AddFile(builder->Root(), std::u16string(200, u'n'), descriptor));
    for (char16_t unit = u'a'; unit <= u'l'; ++unit)
      Must(builder->AddHardLink(linked, builder->Root(), std::u16string(150, unit)));
    Must(builder->Close());
  }
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  file.close();
  std::filesystem::remove_all(folder);
  return bytes;
}

using RunList = std::vector<Run>;  // Within a test, Run is gtest's.

// Where a byte of a stream lies on the device.
std::size_t PlaceOf(const RunList& runs, std::uint32_t cluster_bytes, std::uint64_t at) {
  for (const Run& run : runs) {
    const std::uint64_t bytes = run.length * cluster_bytes;
    if (at < bytes) return run.lcn == Run::kHole ? 0 : run.lcn * cluster_bytes + at;
    at -= bytes;
  }
  throw std::runtime_error("behind the stream's end");
}

class ImageFlip : public testing::Test {
 protected:
  ImageFlip() : device_(MakeImage()) {
    const Mft mft = Must(Mft::Open(device_));
    cluster_bytes_ = mft.Boot().cluster_bytes;
    record_bytes_ = mft.Boot().record_bytes;
    records_ = mft.Records();
    mft_ = mft.Contents().Runs().Runs();
    std::vector<std::uint8_t> room(record_bytes_);
    const RecordView secure = Must(mft.Read(kSecureRecord, room));
    for (const AttributeView attribute : secure) {
      if (attribute.Type() != AttributeType::kData || attribute.IsResident()) continue;
      sds_ = Must(DecodeRuns(attribute.MappingPairs(), 0, mft.Boot().clusters, Holes::kAllowed));
      sds_bytes_ = attribute.DataBytes();
    }
  }

  Snapshot Read() {
    const auto catalog = ReadCatalog(device_, pool_);
    return catalog ? Look(*catalog, pool_) : Snapshot();
  }
  // The damaged record's own object, and the one that it continues.
  std::vector<std::uint64_t> MayChange(std::uint64_t number, std::size_t place) const {
    std::uint64_t base = 0;
    std::memcpy(&base, device_.bytes.data() + place + 32, sizeof(base));
    return {number, base & 0xFFFFFFFFFFFF};
  }
  static void Check(const Snapshot& sound, const Snapshot& now, const std::vector<std::uint64_t>& may_change) {
    const auto may = [&](std::uint64_t number) { return std::ranges::count(may_change, number) > 0; };
    auto ours = sound.begin();
    auto theirs = now.begin();
    for (;; ++ours, ++theirs) {
      while (ours != sound.end() && may(ours->first)) ++ours;
      while (theirs != now.end() && may(theirs->first)) ++theirs;
      if (ours == sound.end() || theirs == now.end()) break;
      ASSERT_EQ(ours->first, theirs->first);
      ASSERT_TRUE(ours->second.IsLike(theirs->second)) << "object " << ours->first;
    }
    ASSERT_TRUE(ours == sound.end() && theirs == now.end());
  }

  // Those that are known are the right ones; all else is as it was.
  static void CheckDescriptors(const Snapshot& sound, const Snapshot& now) {
    ASSERT_EQ(sound.size(), now.size());
    for (auto ours = sound.begin(), theirs = now.begin(); ours != sound.end(); ++ours, ++theirs) {
      Seen seen = theirs->second;
      if (seen.descriptor.empty()) seen.descriptor = ours->second.descriptor;
      ASSERT_TRUE(ours->first == theirs->first && seen.IsLike(ours->second)) << "object " << ours->first;
    }
  }

  MemoryDevice device_;
  DescriptorPool pool_;
  std::uint32_t cluster_bytes_ = 0, record_bytes_ = 0, records_ = 0;
  RunList mft_, sds_;
  std::uint64_t sds_bytes_ = 0;
};

TEST_F(ImageFlip, InARecordChangesOnlyItsObject) {
  const Snapshot sound = Read();
  ASSERT_GT(sound.size(), 1'200u);
  const std::size_t wanted = Setting("ACLEDGER_FLIP_RECORDS", 40), step = Setting("ACLEDGER_FLIP_STEP", 64);
  // From the last backwards: the object with extension records is among these.
  const std::uint64_t first = records_ - std::min<std::uint64_t>(wanted, records_ - kFirstUserRecord);
  std::size_t flips = 0, extensions = 0;
  for (std::uint64_t number = first; number < records_; ++number) {
    const std::size_t place = PlaceOf(mft_, cluster_bytes_, number * record_bytes_);
    const std::vector<std::uint64_t> may_change = MayChange(number, place);
    extensions += may_change[1] != 0;
    for (std::size_t at = flips % step; at < record_bytes_; at += step, ++flips) {
      device_.bytes[place + at] ^= static_cast<std::uint8_t>(1 << (flips % 8));
      Check(sound, Read(), may_change);
      ASSERT_FALSE(HasFatalFailure()) << "byte " << at << " of record " << number << ", bit " << flips % 8;
      device_.bytes[place + at] ^= static_cast<std::uint8_t>(1 << (flips % 8));
    }
  }
  EXPECT_GT(extensions, 0u);
  std::printf("%zu flips in %llu records, %zu of them extension records\n", flips,
              static_cast<unsigned long long>(records_ - first), extensions);
}

// Both copies, the stretches between entries, the stream's end.
TEST_F(ImageFlip, InSdsIsDetectedAndGivesNoWrongDescriptor) {
  const Snapshot sound = Read();
  const Mft mft = Must(Mft::Open(device_));
  constexpr std::size_t kBlock = std::size_t{256} << 10, kHeader = 20;
  const std::size_t step = Setting("ACLEDGER_FLIP_STEP", 64);
  std::size_t flips = 0, entries = 0;
  for (std::uint64_t entry = 0; entry + kHeader < sds_bytes_;) {
    std::uint32_t length = 0;
    const std::size_t place = PlaceOf(sds_, cluster_bytes_, entry);
    std::memcpy(&length, device_.bytes.data() + place + 16, sizeof(length));
    if (place == 0 || length < kHeader || length > kBlock) {
      entry = (entry / kBlock + 1) * kBlock;
      continue;
    }
    ++entries;
    for (std::size_t at = flips % step; at < length; at += step, ++flips) {
      std::uint8_t& byte = device_.bytes[PlaceOf(sds_, cluster_bytes_, entry + at)];
      byte ^= static_cast<std::uint8_t>(1 << (flips % 8));
      SharedDescriptors ids;
      const SecureReport report = Must(ReadSecure(mft, pool_, ids));
      ASSERT_FALSE(report.IsSound()) << "byte " << at << " of the entry at " << entry << ", bit " << flips % 8;
      CheckDescriptors(sound, Read());
      ASSERT_FALSE(HasFatalFailure()) << "byte " << at << " of the entry at " << entry << ", bit " << flips % 8;
      byte ^= static_cast<std::uint8_t>(1 << (flips % 8));
    }
    entry += (length + 15) / 16 * 16;
  }
  EXPECT_GT(entries, 2u * 100);
  std::printf("%zu flips in %zu entries, copies among them\n", flips, entries);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
