// SPDX-License-Identifier: MIT
// One grant on an NTFS image, and its rollback, with and without the volume's tables:
//
//   indexed_provision IMAGE ROOT auto|always|never [--rollback]
//
// The ledger is IMAGE.ledger, made anew (with --rollback the one that is there). Prints JSON: what was done, and the
// seconds from opening the engine to its end, by the clock and by the processor.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string_view>

#include "bench/measure.h"
#include "scanner/engine.h"
#include "scanner/ntfs3g/ntfs3g_volume.h"

namespace acledger::scanner {
namespace {

class Notes final : public Progress {
 public:
  void Report(const ProgressState&) override {}
  void Note(const std::string& text) override { std::fprintf(stderr, "note: %s\n", text.c_str()); }
};

IndexUse UseOf(std::string_view text) {
  if (text == "always") return IndexUse::kAlways;
  return text == "never" ? IndexUse::kNever : IndexUse::kAuto;
}

struct Done {
  std::uint64_t objects = 0, changes = 0;
  bool complete = false;
};

Done Run(Environment environment, const char* root, bool roll_back) {
  Engine engine(environment);
  Must(engine.Settle());
  if (roll_back) {
    const RollbackReport report = Must(engine.Rollback(GrantsNamed{}));
    return {report.scanned, report.writes, report.complete};
  }
  GrantRequest request;
  request.principal = Must(security::Sid::FromString("S-1-9-77-4711"));
  request.roots = {root};
  std::vector<std::string> notes;
  const std::vector<store::Grant> grants = Must(engine.Register(request, notes));
  const ProvisionReport report = Must(engine.Provision(grants));
  return {Must(environment.ledger.Root(grants.front().id))->counts.Objects(), report.changes, report.complete};
}

int Main(int argc, char** argv) {
  const bool roll_back = argc == 5 && std::string_view(argv[4]) == "--rollback";
  if (argc != 4 && !roll_back) {
    std::fputs("usage: indexed_provision IMAGE ROOT auto|always|never [--rollback]\n", stderr);
    return 2;
  }
  const std::string path = std::string(argv[1]) + ".ledger";
  if (!roll_back)
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
  const auto volume = Must(OpenNtfsImage(argv[1], false));
  const auto ledger = Must(store::Ledger::Open(path, {.volume_serial = volume->Info().serial, .volume_name = "bench"}));
  Notes progress;
  const StopFlag stop{false};
  Environment environment{*volume, *ledger, progress, stop};
  environment.index = UseOf(argv[3]);
  const auto begun = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  const Done done = Run(environment, argv[2], roll_back);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("{\"objects\": %" PRIu64 ", \"changes\": %" PRIu64 ", \"complete\": %s, \"opens\": %" PRIu64
              ", \"seconds\": %.4f, \"cpu_seconds\": %.4f}\n",
              done.objects, done.changes, done.complete ? "true" : "false", volume->Counters().opens.load(), seconds,
              static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  return 0;
}

}  // namespace
}  // namespace acledger::scanner

int main(int argc, char** argv) { return acledger::scanner::Main(argc, argv); }
