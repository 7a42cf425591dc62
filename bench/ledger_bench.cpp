// SPDX-License-Identifier: MIT
// The ledger against a bare loop of prepared statements on the same schema. Each iteration runs both, in changing
// order, and the counters give the median of the ratios: above 1, the ledger is faster.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "bench/measure.h"
#include "store/ledger.h"
#include "store/schema.h"

namespace acledger::store {
namespace {

constexpr int kNamesAFolder = 20;
constexpr int kFoldersABatch = 205;  // About 4096 names a transaction.

[[noreturn]] void Stop(const std::string& why) {
  (void)std::fprintf(stderr, "ledger_bench: %s\n", why.c_str());
  std::exit(1);
}

// A file of its own for each run, gone afterwards.
class Place {
 public:
  Place()
      : folder_(std::filesystem::temp_directory_path() / ("ledger-bench-" + std::to_string(std::random_device()()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string Path() const { return (folder_ / "ledger.db").string(); }
  std::unique_ptr<Ledger> Open() const {
    return Must(Ledger::Open(Path(), {.volume_serial = 1, .volume_name = "bench"}));
  }

 private:
  std::filesystem::path folder_;
};

// The floor.
class Bare {
 public:
  explicit Bare(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) Stop("open");
    Run("PRAGMA synchronous=FULL; PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint=0");
  }
  ~Bare() {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void Run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Stop(sqlite3_errmsg(db_));
  }
  sqlite3_stmt* Prepare(const char* sql) {
    if (sqlite3_prepare_v2(db_, sql, -1, &statements_.emplace_back(), nullptr) != SQLITE_OK) Stop(sqlite3_errmsg(db_));
    return statements_.back();
  }
  void Step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) Stop(sqlite3_errmsg(db_));
    sqlite3_reset(statement);
  }
  std::int64_t LastId() const { return sqlite3_last_insert_rowid(db_); }

 private:
  sqlite3* db_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

std::string NameOf(int number) {
  static constexpr std::array kStems{"index", "package", "README", "createElement", "utils", "types.d", "_baseGet"};
  static constexpr std::array kEnds{".js", ".json", ".md", ".ts", ".map"};
  return kStems[static_cast<std::size_t>(number) % kStems.size()] + std::to_string(number % 1000) +
         kEnds[static_cast<std::size_t>(number) % kEnds.size()];
}

std::vector<Node> NodesOfFolder(int folder) {
  std::vector<Node> nodes;
  for (int i = 0; i < kNamesAFolder; ++i) {
    const int number = folder * kNamesAFolder + i;
    Node node;
    node.name = std::to_string(i) + NameOf(number);
    node.file_id = {static_cast<std::uint64_t>(number) | std::uint64_t{1} << 48, 0};
    node.descriptor = 1 + number % 90;
    node.verdict = Verdict::kReadable;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

class Ratios {
 public:
  void Add(double ledger, double floor) {
    ratios_.push_back(floor / ledger);
    ledger_.push_back(ledger);
  }
  void Report(benchmark::State& state, double rows) {
    std::ranges::sort(ratios_);
    std::ranges::sort(ledger_);
    state.counters["of_floor"] = ratios_[ratios_.size() / 2];
    state.counters["rows_per_s"] = rows / ledger_[ledger_.size() / 2];
  }

 private:
  std::vector<double> ratios_, ledger_;
};

Grant GrantOn(std::string root) {
  Grant grant;
  grant.root = std::move(root);
  return grant;
}

void StoreNodesByLedger(Ledger& ledger, const std::vector<std::vector<Node>>& folders) {
  const GrantId grant = Must(ledger.AddGrant(GrantOn("\\")));
  for (std::size_t first = 0; first < folders.size(); first += kFoldersABatch) {
    Must(ledger.InTransaction([&]() -> Expected<void> {
      const std::size_t end = std::min(first + kFoldersABatch, folders.size());
      for (std::size_t i = first; i < end; ++i) {
        Node self;
        self.name = "folder" + std::to_string(i);
        self.is_folder = true;
        const FolderId folder = Must(ledger.AddFolder(grant, 1, self));
        Must(ledger.ReplaceNodes(folder, folders[i]));
      }
      return {};
    }));
  }
}

void StoreNodesBare(Bare& bare, const std::vector<std::vector<Node>>& folders) {
  auto* folder_insert =
      bare.Prepare("INSERT INTO folder(parent, grant_id, name, file_id, descriptor, status) VALUES(1, 1, ?, 0, 0, 1)");
  auto* insert = bare.Prepare("INSERT INTO node(folder, name, file_id, descriptor, status) VALUES(?, ?, ?, ?, ?)");
  for (std::size_t first = 0; first < folders.size(); first += kFoldersABatch) {
    bare.Run("BEGIN IMMEDIATE");
    const std::size_t end = std::min(first + kFoldersABatch, folders.size());
    for (std::size_t i = first; i < end; ++i) {
      const std::string name = "folder" + std::to_string(i);
      sqlite3_bind_text(folder_insert, 1, name.c_str(), -1, nullptr);
      bare.Step(folder_insert);
      const std::int64_t folder = bare.LastId();
      for (const Node& node : folders[i]) {
        sqlite3_bind_int64(insert, 1, folder);
        sqlite3_bind_text(insert, 2, node.name.data(), static_cast<int>(node.name.size()), nullptr);
        sqlite3_bind_int64(insert, 3, static_cast<std::int64_t>(node.file_id.low));
        sqlite3_bind_int64(insert, 4, node.descriptor);
        sqlite3_bind_int64(insert, 5, 4);
        bare.Step(insert);
      }
    }
    bare.Run("COMMIT");
  }
  bare.Run("PRAGMA wal_checkpoint(PASSIVE)");
}

void StoreNodes(benchmark::State& state) {
  std::vector<std::vector<Node>> folders;
  for (int i = 0; i < static_cast<int>(state.range(0)); ++i) folders.push_back(NodesOfFolder(i));
  const double rows = static_cast<double>(folders.size()) * kNamesAFolder;
  Ratios ratios;
  bool ledger_first = false;
  double bytes_a_row = 0;
  for ([[maybe_unused]] auto round : state) {
    double ledger_time = 0, floor_time = 0;
    const auto run_ledger = [&] {
      const Place place;
      auto ledger = place.Open();
      ledger_time = SecondsOf([&] { StoreNodesByLedger(*ledger, folders); });
      const auto statistics = Must(ledger->Stats());
      bytes_a_row = static_cast<double>(statistics.node_bytes) / static_cast<double>(statistics.nodes);
    };
    const auto run_floor = [&] {
      const Place place;
      place.Open().reset();
      Bare bare(place.Path());
      floor_time = SecondsOf([&] { StoreNodesBare(bare, folders); });
    };
    ledger_first = !ledger_first;
    if (ledger_first) run_ledger();
    run_floor();
    if (!ledger_first) run_ledger();
    ratios.Add(ledger_time, floor_time);
    state.SetIterationTime(ledger_time);
  }
  ratios.Report(state, rows);
  state.counters["bytes_per_row"] = bytes_a_row;
}
BENCHMARK(StoreNodes)->Arg(10000)->Iterations(8)->UseManualTime()->Unit(benchmark::kMillisecond);

std::vector<Change> SomeChanges(int count) {
  std::vector<Change> changes;
  for (int i = 0; i < count; ++i) {
    Change change;
    change.grant = 1;
    change.folder = 1 + i / kNamesAFolder;
    change.name = NameOf(i);
    change.file_id = {static_cast<std::uint64_t>(i) | std::uint64_t{1} << 48, 0};
    change.original = change.before = 1 + i % 90;
    change.after = 100 + i % 90;
    changes.push_back(std::move(change));
  }
  return changes;
}

constexpr std::size_t kBatch = 4096;

// Intents of one batch and results of the one before in one transaction, as the engine does it.
void RecordByLedger(Ledger& ledger, std::span<Change> changes) {
  std::vector<ChangeResult> results;
  for (std::size_t first = 0; first < changes.size(); first += kBatch) {
    const auto batch = changes.subspan(first, std::min(kBatch, changes.size() - first));
    Must(ledger.InTransaction([&]() -> Expected<void> {
      Must(ledger.RecordResults(results));
      return ledger.RecordIntents(batch);
    }));
    results.clear();
    for (const Change& change : batch) results.push_back({change.id, ChangeState::kApplied});
  }
  Must(ledger.RecordResults(results));
  Must(ledger.FinalizeFlushed());
}

void RecordBare(Bare& bare, std::span<const Change> changes) {
  auto* insert = bare.Prepare(
      "INSERT INTO change(grant_id, folder, name, file_id, is_folder, entry_flags, original, before, after, "
      "revert_from, "
      "revert_to, state, live) VALUES(?, ?, ?, ?, 0, 0, ?, ?, ?, 0, 0, 0, 1)");
  auto* update = bare.Prepare("UPDATE change SET state = 1 WHERE id = ?");
  std::vector<std::int64_t> applied;
  for (std::size_t first = 0; first < changes.size(); first += kBatch) {
    bare.Run("BEGIN IMMEDIATE");
    for (const std::int64_t id : applied) {
      sqlite3_bind_int64(update, 1, id);
      bare.Step(update);
    }
    applied.clear();
    for (const Change& change : changes.subspan(first, std::min(kBatch, changes.size() - first))) {
      sqlite3_bind_int64(insert, 1, change.grant);
      sqlite3_bind_int64(insert, 2, change.folder);
      sqlite3_bind_text(insert, 3, change.name.data(), static_cast<int>(change.name.size()), nullptr);
      sqlite3_bind_int64(insert, 4, static_cast<std::int64_t>(change.file_id.low));
      sqlite3_bind_int64(insert, 5, change.original);
      sqlite3_bind_int64(insert, 6, change.before);
      sqlite3_bind_int64(insert, 7, change.after);
      bare.Step(insert);
      applied.push_back(bare.LastId());
    }
    bare.Run("COMMIT");
  }
  bare.Run("UPDATE change SET state = 2");
  bare.Run("PRAGMA wal_checkpoint(PASSIVE)");
}

void RecordChanges(benchmark::State& state) {
  const auto changes = SomeChanges(static_cast<int>(state.range(0)));
  Ratios ratios;
  bool ledger_first = false;
  for ([[maybe_unused]] auto round : state) {
    double ledger_time = 0, floor_time = 0;
    const auto run_ledger = [&] {
      const Place place;
      auto ledger = place.Open();
      auto own = changes;
      ledger_time = SecondsOf([&] { RecordByLedger(*ledger, own); });
    };
    const auto run_floor = [&] {
      const Place place;
      place.Open().reset();
      Bare bare(place.Path());
      floor_time = SecondsOf([&] { RecordBare(bare, changes); });
    };
    ledger_first = !ledger_first;
    if (ledger_first) run_ledger();
    run_floor();
    if (!ledger_first) run_ledger();
    ratios.Add(ledger_time, floor_time);
    state.SetIterationTime(ledger_time);
  }
  ratios.Report(state, static_cast<double>(changes.size()));
}
BENCHMARK(RecordChanges)->Arg(200000)->Iterations(8)->UseManualTime()->Unit(benchmark::kMillisecond);

// A question about one path, six folders down, in an index of 200,000 names.
void FindPath(benchmark::State& state) {
  const Place place;
  auto ledger = place.Open();
  std::vector<std::vector<Node>> folders;
  for (int i = 0; i < 10000; ++i) folders.push_back(NodesOfFolder(i));
  StoreNodesByLedger(*ledger, folders);
  const GrantId grant = Must(ledger->AddGrant(GrantOn("\\Users\\dev")));
  std::vector<std::string> path{"users", "dev"};
  Node self;
  self.is_folder = true;
  self.name = "dev";
  FolderId folder = Must(ledger->AddFolder(grant, 0, self));
  for (int depth = 0; depth < 6; ++depth) {
    auto nodes = NodesOfFolder(depth);
    self.name = "Folder";
    nodes.push_back(self);
    Must(ledger->ReplaceNodes(folder, nodes));
    folder = Must(ledger->AddFolder(grant, folder, self));
    path.emplace_back("folder");
  }
  for ([[maybe_unused]] auto round : state) {
    const auto found = Must(ledger->Find(path));
    if (found.size() != 1 || !found[0].as_folder) Stop("not found");
  }
}
BENCHMARK(FindPath)->Unit(benchmark::kMicrosecond);

void InternKnown(benchmark::State& state) {
  const Place place;
  auto ledger = place.Open();
  const security::DescriptorBytes bytes(static_cast<std::size_t>(state.range(0)), 7);
  Must(ledger->Intern(bytes));
  for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(Must(ledger->Intern(bytes)));
}
BENCHMARK(InternKnown)->Arg(200)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace acledger::store

BENCHMARK_MAIN();
