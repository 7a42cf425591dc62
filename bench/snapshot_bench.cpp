// SPDX-License-Identifier: MIT
// How long a user's snapshot of a large ledger takes: snapshot_bench FOLDER [OBJECTS]. Writes a ledger with one grant
// (20 files a folder, 1 in 1,000 denied), then builds, replaces and opens the snapshot, three times each.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "daemon/snapshot/build.h"
#include "daemon/snapshot/place.h"
#include "daemon/snapshot/reader.h"

namespace acledger::daemon {
namespace {

constexpr std::uint64_t kFilesAFolder = 20;
constexpr char kUser[] = "S-1-5-21-1-2-3-1001";

template <class T>
T Must(Expected<T> value) {
  if (value) {
    if constexpr (std::is_void_v<T>)
      return;
    else
      return std::move(*value);
  }
  std::fprintf(stderr, "%s\n", value.error().ToString().c_str());
  std::exit(1);
}

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
void Fill(store::Ledger& ledger, std::uint64_t objects) {
  const store::DescriptorId descriptor = Must(ledger.Intern(security::DescriptorBytes(100)));
  store::Grant grant;
  grant.principal = security::Sid::Users();
  grant.root = "\\work";
  grant.requester = store::Requester{kUser, {security::Sid::Users()}, {}, 1, 1};
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

int Run(const std::string& folder, std::uint64_t objects) {
  const std::string path = folder + "/snapshot-bench.db";
  std::filesystem::remove(path);
  const auto ledger = Must(store::Ledger::Open(path, {.volume_serial = 1, .volume_name = "bench"}));
  Fill(*ledger, objects);
  store::OpenOptions how;
  how.read_only = true;
  how.check_volume = false;
  const auto reader = Must(store::Ledger::Open(path, how));
  const Viewer viewer(kUser, {.sids = {security::Sid::Users()}});
  Must(snapshot::MakeFolder(snapshot::FolderOf(path)));
  const std::string user = Must(snapshot::CurrentUser());
  for (int round = 0; round < 3; ++round) {
    Stopwatch watch;
    const security::DescriptorBytes bytes = Must(snapshot::Build(*reader, viewer, {path, "bench", kUser, false, 1}));
    const double built = watch.Milliseconds();
    Must(snapshot::Replace(snapshot::PathOf(path, user), user, bytes));
    const double replaced = watch.Milliseconds();
    Snapshot snapshot = Must(Snapshot::Open(snapshot::PathOf(path, user)));
    const double opened = watch.Milliseconds();
    Must(snapshot.Coverage("\\work\\folder 7\\a file of some length 147.txt"));
    std::printf("%llu objects: built in %.0f ms, replaced in %.0f ms, %.1f MB, opened in %.1f ms, asked in %.3f ms\n",
                static_cast<unsigned long long>(objects), built, replaced, static_cast<double>(bytes.size()) / 1e6,
                opened, watch.Milliseconds());
  }
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
