// SPDX-License-Identifier: MIT
// How fast the index of a volume is stored, beside a bare prepared-statement loop that stores the same facts one row an
// object, and how fast it is searched:
//
//   volume_index_bench IMAGE FOLDER [ROUNDS]
//
// The volume is read once. Each round writes both into new files in FOLDER, in changing order, one round to warm up:
// the floor a table of (id, attributes, tag, descriptor, parent, name) with a second one for further names and one for
// descriptors, in one transaction; ours StoreIndex(). Both with WAL, synchronous=NORMAL and 16 MB of cache, and copied
// from the log at the end. Then a re-read without changes, and searches, each several times. Prints JSON: medians, and
// the median of the rounds' ratios of rates (ours to the floor's).
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

#include "bench/measure.h"
#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/index_search.h"
#include "scanner/ntfs/index_store.h"

namespace acledger::scanner::ntfs {
namespace {

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void RemoveFiles(const std::string& path) {
  for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + end);
}

// The floor: SQLite's own functions, nothing checked but the results.
class BareTable {
 public:
  explicit BareTable(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) std::exit(3);
    Run("PRAGMA journal_mode=WAL");
    Run("PRAGMA synchronous=NORMAL");
    Run("PRAGMA cache_size=-16000");
    Run("CREATE TABLE object(number INTEGER PRIMARY KEY, sequence INTEGER, attributes INTEGER, tag INTEGER, descriptor "
        "INTEGER, parent INTEGER, name TEXT)");
    Run("CREATE TABLE further(number INTEGER, parent INTEGER, name TEXT)");
    Run("CREATE TABLE descriptor(id INTEGER PRIMARY KEY, bytes BLOB)");
  }
  ~BareTable() { sqlite3_close(db_); }
  BareTable(const BareTable&) = delete;
  BareTable& operator=(const BareTable&) = delete;

  void Store(const Catalog& catalog, const DescriptorPool& pool) {
    Run("BEGIN IMMEDIATE");
    sqlite3_stmt* object_row = Prepare("INSERT INTO object VALUES(?, ?, ?, ?, ?, ?, ?)");
    sqlite3_stmt* further_row = Prepare("INSERT INTO further VALUES(?, ?, ?)");
    DescriptorPool::Number descriptors = 0;
    catalog.ForEach([&](const CatalogObject& object) {
      const auto number = static_cast<sqlite3_int64>(object.id.Number());
      if (object.descriptor != DescriptorPool::kNone) descriptors = std::max(descriptors, object.descriptor + 1);
      sqlite3_bind_int64(object_row, 1, number);
      sqlite3_bind_int(object_row, 2, object.id.Sequence());
      sqlite3_bind_int64(object_row, 3, object.attributes);
      sqlite3_bind_int64(object_row, 4, object.reparse_tag);
      sqlite3_bind_int64(object_row, 5, object.descriptor);
      bool first = true;
      catalog.ForEachName(static_cast<std::uint32_t>(object.id.Number()), [&](const Catalog::Name& name) {
        sqlite3_stmt* row = first ? object_row : further_row;
        const int column = first ? 6 : 2;
        sqlite3_bind_int64(row, column, static_cast<sqlite3_int64>(name.parent.raw));
        sqlite3_bind_text(row, column + 1, name.text.data(), static_cast<int>(name.text.size()), SQLITE_STATIC);
        if (!first) {
          sqlite3_bind_int64(row, 1, number);
          Step(row);
        }
        first = false;
      });
      Step(object_row);
    });
    sqlite3_stmt* descriptor_row = Prepare("INSERT INTO descriptor VALUES(?, ?)");
    for (DescriptorPool::Number i = 0; i < descriptors; ++i) {
      const auto& bytes = pool.Get(i);
      sqlite3_bind_int64(descriptor_row, 1, i);
      sqlite3_bind_blob(descriptor_row, 2, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
      Step(descriptor_row);
    }
    for (sqlite3_stmt* row : {object_row, further_row, descriptor_row}) sqlite3_finalize(row);
    Run("COMMIT");
    Run("PRAGMA wal_checkpoint(PASSIVE)");
  }

 private:
  void Run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      std::fprintf(stderr, "volume_index_bench: %s: %s\n", sql, sqlite3_errmsg(db_));
      std::exit(3);
    }
  }
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) != SQLITE_OK) std::exit(3);
    return statement;
  }
  void Step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) std::exit(3);
    sqlite3_reset(statement);
  }

  sqlite3* db_ = nullptr;
};

const IndexedVolume kVolume{1, "bench", 1};

std::unique_ptr<store::VolumeStore> OpenStore(const std::string& path) {
  return Must(store::VolumeStore::OpenToWrite(path, kVolume.serial));
}

void PrintSearches(const std::string& path) {
  const auto store = Must(store::VolumeStore::OpenToRead(path));
  auto index = Must(StoredPages::Open(*store));
  std::printf(" \"searches\": [");
  const char* comma = "";
  for (const char* glob :
       {"no-such-name-anywhere.xyz", "*qzx*", "id_ed25519", "*.pem", "*a*", "\\Users\\*\\.ssh\\**", "*"}) {
    std::vector<double> times, cpu_times;
    std::uint64_t hits = 0;
    for (int round = 0; round < 8; ++round) {
      hits = 0;
      const std::clock_t cpu = std::clock();
      const double seconds = SecondsOf(
          [&] { (void)Must(Search(index, Must(NamePattern::Parse(glob)), {}, [&hits](const Hit&) { ++hits; })); });
      if (round == 0) continue;
      times.push_back(seconds * 1000);
      cpu_times.push_back(static_cast<double>(std::clock() - cpu) * 1000 / CLOCKS_PER_SEC);
    }
    std::string text;
    for (const char* c = glob; *c != 0; ++c) text += *c == '\\' ? "\\\\" : std::string(1, *c);
    std::printf("%s\n  {\"glob\": \"%s\", \"hits\": %" PRIu64 ", \"milliseconds\": %.2f, \"cpu_milliseconds\": %.2f}",
                comma, text.c_str(), hits, Median(times), Median(cpu_times));
    comma = ",";
  }
  std::printf("]");
}

int Main(const std::string& image, const std::string& folder, int rounds) {
  const std::string bare_path = folder + "/bare.db", our_path = folder + "/ours.db";
  DescriptorPool pool;
  const auto device = Must(OpenBlockDevice(image));
  const Catalog catalog = Must(ReadCatalog(*device, pool));
  const double read_mib = PeakMib();
  std::vector<double> floor, ours, ratios;
  double ours_mib = 0;
  const auto run_floor = [&] {
    RemoveFiles(bare_path);
    return SecondsOf([&] { BareTable(bare_path).Store(catalog, pool); });
  };
  const auto run_ours = [&] {
    RemoveFiles(our_path);
    return SecondsOf([&] {
      const auto store = OpenStore(our_path);
      (void)Must(StoreIndex(catalog, pool, kVolume, *store));
    });
  };
  for (int round = 0; round <= rounds; ++round) {
    double floor_time = 0, our_time = 0;
    if (round == 0) {  // Ours first: the peak of memory is then ours.
      (void)run_ours();
      ours_mib = PeakMib();
      (void)run_floor();
      continue;
    }
    if (round % 2 == 0) floor_time = run_floor();
    our_time = run_ours();
    if (round % 2 != 0) floor_time = run_floor();
    floor.push_back(floor_time), ours.push_back(our_time), ratios.push_back(floor_time / our_time);
  }
  std::vector<double> again;
  StoreReport unchanged;
  for (int round = 0; round < rounds; ++round) {
    const auto store = OpenStore(our_path);
    again.push_back(SecondsOf([&] { unchanged = Must(StoreIndex(catalog, pool, kVolume, *store)); }));
  }
  const auto objects = static_cast<double>(catalog.Report().objects);
  const auto size = [](const std::string& path) { return static_cast<double>(std::filesystem::file_size(path)); };
  std::printf("{\"objects\": %.0f, \"names\": %" PRIu64
              ", \"rounds\": %d, \"objects_a_page\": %u,\n"
              " \"floor_seconds\": %.3f, \"seconds\": %.3f, \"rate_ratio\": %.2f, \"reread_seconds\": %.3f, "
              "\"reread_pages\": [%" PRIu64 ", %" PRIu64
              "],\n"
              " \"floor_bytes_an_object\": %.1f, \"bytes_an_object\": %.1f,\n"
              " \"peak_mib_reading\": %.1f, \"peak_mib_storing\": %.1f, \"allowed_mib\": %.1f,\n",
              objects, catalog.Report().names, rounds, store::kObjectsAPage, Median(floor), Median(ours),
              Median(ratios), Median(again), unchanged.written, unchanged.unchanged, size(bare_path) / objects,
              size(our_path) / objects, read_mib, ours_mib, objects * 60 / 1048576 + 32);
  PrintSearches(our_path);
  std::printf("}\n");
  RemoveFiles(bare_path);
  RemoveFiles(our_path);
  return Median(ratios) >= 0.8 ? 0 : 1;
}

}  // namespace
}  // namespace acledger::scanner::ntfs

int main(int argc, char** argv) {
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 7;
  if (argc < 3 || rounds < 1) {
    std::fprintf(stderr, "usage: volume_index_bench IMAGE FOLDER [ROUNDS]\n");
    return 2;
  }
  return acledger::scanner::ntfs::Main(argv[1], argv[2], rounds);
}
