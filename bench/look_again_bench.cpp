// SPDX-License-Identifier: MIT
// look_again_bench OBJECTS: what it costs to keep a grant of so many objects true, on a volume in memory. Prints JSON.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "bench/measure.h"
#include "scanner/engine.h"
#include "tests/fakes/fake_volume.h"

namespace acledger {
namespace {

constexpr const char* kOthersOnly = "O:BAG:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr std::size_t kFilesAFolder = 20;

class NoProgress final : public scanner::Progress {
 public:
  void Report(const scanner::ProgressState&) override {}
};

std::u16string Wide(const std::string& text) { return {text.begin(), text.end()}; }

void Run(std::size_t objects, const std::string& ledger_path) {
  fakes::FakeVolume volume;
  const std::size_t folders = objects / (kFilesAFolder + 1);
  for (std::size_t i = 0; i < folders; ++i) {
    const std::u16string folder = Wide("work/" + std::to_string(i % 97) + "/" + std::to_string(i));
    for (std::size_t file = 0; file < kFilesAFolder; ++file) volume.File(folder + u"/" + Wide(std::to_string(file)));
  }
  auto ledger = Must(store::Ledger::Open(ledger_path, {.volume_serial = volume.Info().serial, .volume_name = "F:"}));
  NoProgress progress;
  const scanner::StopFlag stop{false};
  scanner::Engine engine({volume, *ledger, progress, stop, 1});
  scanner::GrantRequest request;
  request.principal = Must(security::Sid::FromString("S-1-5-21-11-22-33-1001"));
  request.roots = {"\\work"};
  std::vector<std::string> notes;
  std::vector<store::Grant> grants = Must(engine.Register(request, notes));
  const double provision = SecondsOf([&] { Must(engine.Provision(grants)); });
  grants = Must(ledger->Grants());
  const double whole = SecondsOf([&] { Must(engine.Provision(grants)); });
  const scanner::PathComponents changed{u"work", u"5", u"5"};
  const double nothing = SecondsOf([&] { Must(engine.LookAgain(grants[0], {&changed, 1})); });
  volume.File(u"work/5/5/new", kOthersOnly);
  const double one = SecondsOf([&] { Must(engine.LookAgain(grants[0], {&changed, 1})); });
  volume.File(u"work/5/5/.ssh/id", kOthersOnly);
  const double secret = SecondsOf([&] { Must(engine.LookAgain(grants[0], {&changed, 1})); });
  grants = Must(ledger->Grants());
  const double settle = SecondsOf([&] { Must(engine.Settle()); });
  std::printf(
      "{\"objects\": %zu, \"provision_s\": %.3f, \"whole_look_s\": %.3f, \"look_at_nothing_s\": %.4f, "
      "\"look_at_a_new_file_s\": %.4f, \"look_at_a_new_secret_s\": %.4f, \"settle_at_start_s\": %.4f, \"state\": "
      "\"%s\"}\n",
      objects, provision, whole, nothing, one, secret, settle, store::Name(grants[0].state));
}

}  // namespace
}  // namespace acledger

int main(int argc, char** argv) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("acledger-bench-" + std::to_string(std::random_device{}()));
  std::filesystem::create_directories(folder);
  acledger::Run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000, (folder / "ledger.db").string());
  std::filesystem::remove_all(folder);
  return 0;
}
