// SPDX-License-Identifier: MIT
// How long it takes to read and judge a volume by its $MFT and $Secure, beside a bare loop over the same bytes:
//
//   index_bench IMAGE [ROUNDS] [--library]
//
// The floor reads $MFT in pieces of the same size with pread(), takes the fix-ups off, walks the attributes, sums up
// the names' lengths, and counts objects by security_id; then it judges each distinct descriptor once. It keeps nothing
// and checks nothing that the format does not force it to. The contender makes the catalogue (names, parents, checks)
// and judges it. Both run in each round, in changing order; one round to warm up. With --library each
// record is also opened by its number with libntfs-3g, once, and its security_id read: no walk, which floor_ntfs3g
// --read is. Prints JSON: medians, and the median of the rounds'
// ratios.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <unordered_map>

#include "bench/measure.h"
#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/judgement.h"
#include "scanner/ntfs3g/library.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{512} << 10;

// On a machine that others use too, the processor's time says more than the clock.
struct Times {
  double wall = 0, cpu = 0;
};
Times TimesOf(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(),
          static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC};
}

store::Grant GrantOfUsers() {
  store::Grant grant;
  grant.principal = Must(security::Sid::FromString("S-1-5-21-11-22-33-1001"));
  return grant;
}

// Where $MFT and $SDS lie: found before the clock starts.
struct Places {
  std::vector<Run> mft;
  std::uint64_t cluster_bytes = 0, mft_bytes = 0, record_bytes = 0;
  std::vector<Run> sds;
  std::uint64_t sds_bytes = 0;
};

Places FindPlaces(const std::string& image) {
  const auto device = Must(OpenBlockDevice(image));
  const Mft mft = Must(Mft::Open(*device));
  Places places{mft.Contents().Runs().Runs(),
                mft.Boot().cluster_bytes,
                mft.Contents().InitialisedBytes(),
                mft.Boot().record_bytes,
                {},
                0};
  std::vector<std::uint8_t> room(mft.Boot().record_bytes);
  const RecordView secure = Must(mft.Read(kSecureRecord, room));
  for (const AttributeView attribute : secure) {
    if (attribute.Type() != AttributeType::kData || attribute.IsResident()) continue;
    places.sds = Must(DecodeRuns(attribute.MappingPairs(), 0, mft.Boot().clusters, Holes::kAllowed));
    places.sds_bytes = attribute.DataBytes();
  }
  return places;
}

struct Sum {
  std::uint64_t objects = 0, name_units = 0, readable = 0;
  std::vector<std::uint32_t> by_id;
};

std::uint32_t Get32(const unsigned char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, 4);
  return value;
}
std::uint16_t Get16(const unsigned char* at) {
  std::uint16_t value = 0;
  std::memcpy(&value, at, 2);
  return value;
}

void BareRecord(unsigned char* record, std::size_t size, Sum& sum) {
  if (std::memcmp(record, "FILE", 4) != 0 || (record[22] & 1) == 0) return;
  const unsigned char* fixups = record + Get16(record + 4);
  for (std::size_t i = 1; i <= size / 512; ++i) std::memcpy(record + i * 512 - 2, fixups + 2 * i, 2);
  if (Get32(record + 32) != 0) return;
  ++sum.objects;
  const unsigned char* end = record + size;
  for (unsigned char* at = record + Get16(record + 20); at + 24 <= end;) {
    const std::uint32_t type = Get32(at), length = Get32(at + 4);
    if (type == 0xFFFFFFFF || length == 0) return;
    const unsigned char* value = at + Get16(at + 20);
    if (type == 0x10 && Get32(at + 16) >= 72) {
      const std::uint32_t id = Get32(value + 52);
      if (id < sum.by_id.size()) ++sum.by_id[id];
    }
    if (type == 0x30) sum.name_units += value[64];
    at += length;
  }
}

void ReadRuns(int fd, const std::vector<Run>& runs, std::uint64_t cluster, std::uint64_t bytes, std::size_t piece,
              const std::function<void(unsigned char*, std::size_t)>& take) {
  std::vector<unsigned char> buffer(piece);
  for (const Run& run : runs) {
    std::uint64_t at = run.lcn * cluster, left = std::min(run.length * cluster, bytes);
    bytes -= left;
    if (run.lcn == Run::kHole) {
      std::vector<unsigned char> zeros(left);
      take(zeros.data(), zeros.size());
      continue;
    }
    while (left > 0) {
      const std::size_t size = std::min<std::uint64_t>(left, buffer.size());
      if (pread(fd, buffer.data(), size, static_cast<off_t>(at)) != static_cast<ssize_t>(size)) std::exit(3);
      take(buffer.data(), size);
      at += size;
      left -= size;
    }
  }
}

Sum Bare(const std::string& image, const Places& places) {
  Sum sum;
  sum.by_id.resize(1 << 20);
  const int fd = open(image.c_str(), O_RDONLY | O_CLOEXEC);
  ReadRuns(fd, places.mft, places.cluster_bytes, places.mft_bytes, kPieceBytes,
           [&](unsigned char* bytes, std::size_t size) {
             for (std::size_t at = 0; at + places.record_bytes <= size; at += places.record_bytes) {
               BareRecord(bytes + at, places.record_bytes, sum);
             }
           });
  const Judge judge(GrantOfUsers());
  // Whole, so that blocks lie as the format has them. Of each pair of blocks the first is read.
  std::vector<unsigned char> sds;
  ReadRuns(fd, places.sds, places.cluster_bytes, places.sds_bytes, kPieceBytes,
           [&](unsigned char* bytes, std::size_t size) { sds.insert(sds.end(), bytes, bytes + size); });
  for (std::size_t at = 0; at + 20 < sds.size();) {
    const std::uint32_t length = Get32(sds.data() + at + 16), id = Get32(sds.data() + at + 4);
    if (length < 20 || at + length > sds.size()) {
      at = (at / 0x80000 + 1) * 0x80000;
      continue;
    }
    if (id < sum.by_id.size() && judge.Look({sds.data() + at + 20, length - 20}).readable)
      sum.readable += sum.by_id[id];
    at += (length + 15) / 16 * 16;
    if ((at & 0x40000) != 0) at = (at / 0x80000 + 1) * 0x80000;
  }
  close(fd);
  return sum;
}

struct Ours {
  std::uint64_t objects = 0, readable = 0, distinct = 0, damage = 0;
  std::size_t memory = 0;
};

Ours Read(const std::string& image) {
  DescriptorPool pool;
  const auto device = Must(OpenBlockDevice(image));
  const Catalog catalog = Must(ReadCatalog(*device, pool));
  const Judge judge(GrantOfUsers());
  const Judgement judgement(catalog, pool, judge);
  return {catalog.Report().objects, judgement.readable, judgement.distinct, catalog.Report().damage.Total(),
          catalog.MemoryBytes()};
}

std::uint64_t LibraryWalk(const std::string& image) {
  ntfs_log_set_handler(&ntfs_log_handler_null);
  ntfs_volume* volume = ntfs_mount(image.c_str(), NTFS_MNT_RDONLY);
  if (volume == nullptr) return 0;
  std::unordered_map<std::uint32_t, std::uint64_t> by_id;
  std::uint64_t objects = 0;
  const s64 records = volume->mft_na->initialized_size >> volume->mft_record_size_bits;
  for (s64 number = 0; number < records; ++number) {
    const ntfs3g::InodePtr inode(ntfs_inode_open(volume, static_cast<MFT_REF>(number)));
    if (!inode) continue;
    ++objects;
    ++by_id[le32_to_cpu(inode->security_id)];
  }
  ntfs_umount(volume, FALSE);
  return objects;
}

int Main(const std::string& image, int rounds, bool library) {
  const Places places = FindPlaces(image);
  std::vector<double> floor, ours, ratios, cpu_ratios;
  Sum bare;
  Ours read;
  for (int round = 0; round <= rounds; ++round) {
    Times floor_time, our_time;
    const auto run_floor = [&] { floor_time = TimesOf([&] { bare = Bare(image, places); }); };
    if (round % 2 == 0) run_floor();
    our_time = TimesOf([&] { read = Read(image); });
    if (round % 2 != 0) run_floor();
    if (round == 0) continue;
    floor.push_back(floor_time.wall), ours.push_back(our_time.wall);
    ratios.push_back(our_time.wall / floor_time.wall), cpu_ratios.push_back(our_time.cpu / floor_time.cpu);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto objects = static_cast<double>(read.objects);
  std::printf("{\"objects\": %" PRIu64 ", \"distinct\": %" PRIu64 ", \"readable\": %" PRIu64 ", \"damage\": %" PRIu64
              ", \"floor_objects\": %" PRIu64 ", \"floor_readable\": %" PRIu64
              ", \"mft_runs\": %zu,\n \"floor_seconds\": %.4f, \"seconds\": %.4f, \"ratio\": %.3f, \"cpu_ratio\": "
              "%.3f, \"records_a_second\": "
              "%.0f, \"bytes_an_object\": %.1f, \"peak_rss_mib\": %.1f",
              read.objects, read.distinct, read.readable, read.damage, bare.objects, bare.readable, places.mft.size(),
              Median(floor), Median(ours), Median(ratios), Median(cpu_ratios), objects / Median(ours),
              static_cast<double>(read.memory) / objects, static_cast<double>(usage.ru_maxrss) / 1024);
  if (library) {
    std::uint64_t walked = 0;
    const double seconds = TimesOf([&] { walked = LibraryWalk(image); }).wall;
    std::printf(",\n \"library_objects\": %" PRIu64 ", \"library_seconds\": %.3f, \"faster_than_library\": %.1f",
                walked, seconds, seconds / Median(ours));
  }
  std::printf("}\n");
  return bare.readable <= read.readable ? 0 : 1;
}

}  // namespace
}  // namespace acledger::scanner::ntfs

int main(int argc, char** argv) {
  const bool library = argc > 2 && std::strcmp(argv[argc - 1], "--library") == 0;
  const int rounds = argc > 2 && argv[2][0] != '-' ? std::atoi(argv[2]) : 7;
  if (argc < 2 || rounds < 1) {
    std::fprintf(stderr, "usage: index_bench IMAGE [ROUNDS] [--library]\n");
    return 2;
  }
  return acledger::scanner::ntfs::Main(argv[1], rounds, library);
}
