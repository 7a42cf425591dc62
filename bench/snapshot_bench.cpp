// SPDX-License-Identifier: MIT
// How long a user's snapshot of a large ledger takes: snapshot_bench FOLDER [OBJECTS]. Writes a ledger with one grant
// (20 files a folder, 1 in 1,000 denied), then builds, replaces and opens the snapshot, three times each. Then the
// daemon's keeper runs: how long after a change was committed the file is right, of single changes and of one in a row
// of changes.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/measure.h"
#include "daemon/snapshot/build.h"
#include "daemon/snapshot/keeper.h"
#include "daemon/snapshot/place.h"
#include "daemon/snapshot/reader.h"

namespace acledger::daemon {
namespace {

constexpr std::uint64_t kFilesAFolder = 20;
constexpr int kChanges = 20;

store::Node FileNode(std::uint64_t number, store::DescriptorId descriptor) {
  store::Node node;
  node.name = "a file of some length " + std::to_string(number) + ".txt";
  node.file_id = {number + 1'000'000'000, 0};
  node.descriptor = descriptor;
  node.verdict = number % 1'000 == 0 ? store::Verdict::kDenied : store::Verdict::kCovered;
  return node;
}

store::Node FolderNode(std::uint64_t number, store::DescriptorId descriptor) {
  store::Node node = FileNode(number + 1, descriptor);
  node.name = "folder " + std::to_string(number);
  node.file_id = {number + 1, 0};
  node.is_folder = true;
  node.verdict = store::Verdict::kCovered;
  return node;
}

// Folders of 200 folders below the root, each with its files.
void Fill(store::Ledger& ledger, std::uint64_t objects, const std::string& user) {
  const store::DescriptorId descriptor = Must(ledger.Intern(security::DescriptorBytes(100)));
  store::Grant grant;
  grant.principal = security::Sid::Users();
  grant.root = "\\work";
  grant.requester = store::Requester{user, {security::Sid::Users()}, {}, 1, 1};
  grant.id = Must(ledger.AddGrant(grant));
  const store::FolderId root = Must(ledger.AddFolder(grant.id, 0, FolderNode(0, descriptor)));
  const std::uint64_t folders = objects / (kFilesAFolder + 1);
  std::vector<store::Node> all;
  for (std::uint64_t i = 1; i <= folders; ++i) all.push_back(FolderNode(i, descriptor));
  Must(ledger.InTransaction([&]() -> Expected<void> {
    Must(ledger.ReplaceNodes(root, all));
    for (std::uint64_t i = 1; i <= folders; ++i) {
      const store::FolderId folder = Must(ledger.AddFolder(grant.id, root, all[i - 1]));
      std::vector<store::Node> files;
      for (std::uint64_t file = 0; file < kFilesAFolder; ++file)
        files.push_back(FileNode(i * kFilesAFolder + file, descriptor));
      Must(ledger.ReplaceNodes(folder, files));
    }
    return {};
  }));
  Must(ledger.SetGrantState(grant.id, store::GrantState::kComplete));
}

class Stopwatch {
 public:
  double Milliseconds() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(begun_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

constexpr char kAsked[] = "\\work\\folder 7\\a file of some length 147.txt";

// One file's verdict, as the ledger and the user's file have it.
class Flipped {
 public:
  Flipped(store::Ledger& ledger, std::string snapshot) : ledger_(ledger), snapshot_(std::move(snapshot)) {
    const std::vector<std::string> names{"work", "folder 7", "a file of some length 147.txt"};
    const auto found = Must(ledger_.Find(names));
    folder_ = found.front().folder;
    node_ = found.front().node;
  }

  void Flip() {
    const bool was_covered = node_.verdict == store::Verdict::kCovered;
    node_.verdict = was_covered ? store::Verdict::kDenied : store::Verdict::kCovered;
    Must(ledger_.UpdateNode(folder_, node_));
  }
  void WaitUntilTold() const {
    std::filesystem::file_time_type seen{};
    while (true) {
      std::error_code error;
      const auto written = std::filesystem::last_write_time(snapshot_, error);
      if (!error && std::exchange(seen, written) != written && IsTold()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

 private:
  bool IsTold() const {
    Snapshot snapshot = Must(Snapshot::Open(snapshot_));
    const auto answers = Must(snapshot.Coverage(kAsked));
    return !answers.empty() && answers.front().node.verdict == node_.verdict;
  }

  store::Ledger& ledger_;
  std::string snapshot_;
  store::FolderId folder_ = 0;
  store::Node node_;
};

// `change_follows_change`: others' commits, twenty a second, as while a grant is worked on.
void RunKeeper(store::Ledger& ledger, const std::string& path, const std::string& user, bool change_follows_change) {
  auto keeper = Must(snapshot::Keeper::Start(
      path, [](const Error& error) { std::fprintf(stderr, "%s\n", error.ToString().c_str()); }));
  ledger.SetOnCommit([&keeper] { keeper->Wake(); });
  std::atomic<bool> done = false;
  std::thread others([&] {
    while (change_follows_change && !done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      keeper->Wake();
    }
  });
  Flipped file(ledger, snapshot::PathOf(path, user));
  file.WaitUntilTold();
  std::mt19937 random(1);
  std::vector<double> waited;
  for (int i = 0; i < kChanges; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(0, 3'000)(random)));
    Stopwatch watch;
    file.Flip();
    file.WaitUntilTold();
    waited.push_back(watch.Milliseconds());
  }
  done = true;
  others.join();
  ledger.SetOnCommit({});
  keeper->Stop();
  std::ranges::sort(waited);
  std::printf("%s: right %.0f ms after the commit (median of %d; at most %.0f ms)\n",
              change_follows_change ? "change after change" : "single changes", waited[waited.size() / 2], kChanges,
              waited.back());
}

int Run(const std::string& folder, std::uint64_t objects) {
  const std::string path = folder + "/snapshot-bench.db";
  std::filesystem::remove(path);
  const auto ledger = Must(store::Ledger::Open(path, {.volume_serial = 1, .volume_name = "bench"}));
  const std::string user = Must(snapshot::CurrentUser());
  Fill(*ledger, objects, user);
  store::OpenOptions how;
  how.read_only = true;
  how.check_volume = false;
  const auto reader = Must(store::Ledger::Open(path, how));
  const Viewer viewer(user, {.sids = {security::Sid::Users()}});
  Must(snapshot::MakeFolder(snapshot::FolderOf(path)));
  for (int round = 0; round < 3; ++round) {
    Stopwatch watch;
    const security::DescriptorBytes bytes = Must(snapshot::Build(*reader, viewer, {path, "bench", user, false, 1}));
    const double built = watch.Milliseconds();
    Must(snapshot::Replace(snapshot::PathOf(path, user), user, bytes));
    const double replaced = watch.Milliseconds();
    Snapshot snapshot = Must(Snapshot::Open(snapshot::PathOf(path, user)));
    const double opened = watch.Milliseconds();
    Must(snapshot.Coverage(kAsked));
    std::printf("%llu objects: built in %.0f ms, replaced in %.0f ms, %.1f MB, opened in %.1f ms, asked in %.3f ms\n",
                static_cast<unsigned long long>(objects), built, replaced, static_cast<double>(bytes.size()) / 1e6,
                opened, watch.Milliseconds());
  }
  for (const bool follow : {false, true}) RunKeeper(*ledger, path, user, follow);
  return 0;
}

}  // namespace
}  // namespace acledger::daemon

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: snapshot_bench FOLDER [OBJECTS]\n");
    return 2;
  }
  return acledger::daemon::Run(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000);
}
