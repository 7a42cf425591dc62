// SPDX-License-Identifier: MIT
#include "tools/acledger/index_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/index_store.h"
#include "scanner/ntfs/index_verdict.h"
#include "scanner/ntfs/judgement.h"
#include "store/clock.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/index_target.h"
#include "tools/acledger/read_progress.h"

namespace acledger::tools {
namespace {

using namespace scanner::ntfs;
using scanner::DescriptorPool;
using Clock = std::chrono::steady_clock;

struct Words {
  IndexWords index;
  bool csv = false, no_store = false, list = false;
};

double SecondsSince(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

// The volume that is meant, and its bytes.
struct Source {
  std::unique_ptr<scanner::Volume> live;  // Null for an image.
  IndexDevice device;
  scanner::VolumeInfo info;
};

Expected<Source> OpenSource(const IndexWords& words) {
  Source source;
  std::string path = words.target.image;
  if (path.empty()) {
    auto live = OpenVolume(words.target, 0, true);
    if (!live) return std::unexpected(live.error());
    source.live = *std::move(live);
    // What lies in the system's memory is not yet where we read.
    if (auto flushed = source.live->Flush(); !flushed)
      std::fprintf(stderr, "acledger: not flushed before reading (%s): the latest changes may be missing\n",
                   flushed.error().ToString().c_str());
    source.info = source.live->Info();
    path = "\\\\.\\" + source.info.name;
  }
  auto device = OpenIndexDevice(path, words.partition);
  if (!device) return std::unexpected(device.error());
  source.device = *std::move(device);
  if (source.live) return source;
  auto info = InfoOf(source.device.Get(), path);
  if (!info) return std::unexpected(info.error());
  source.info = *std::move(info);
  return source;
}

Json DamageOf(const CatalogReport& report) {
  Json damage = {{"total", report.damage.Total()}, {"examples", Json::array()}};
  for (std::size_t kind = 0; kind < kDamageKinds; ++kind) {
    std::string name = Name(static_cast<DamageKind>(kind));
    std::ranges::replace(name, ' ', '_');
    damage[name] = report.damage.Count(static_cast<DamageKind>(kind));
  }
  for (const Damage& one : report.damage.Examples())
    damage["examples"].push_back({{"kind", Name(one.kind)}, {"record", one.record}, {"what", one.what}});
  damage["descriptors_lost"] = report.secure.damaged + report.secure.ambiguous;
  damage["descriptors_repaired"] = report.secure.repaired;
  if (report.secure_error) damage["secure"] = report.secure_error->ToString();
  if (report.mft_error) damage["mft"] = report.mft_error->ToString();
  return damage;
}

void AddVerdicts(const Catalog& catalog, const DescriptorPool& pool, const store::Grant& grant, Json& answer) {
  const scanner::Judge judge(grant);
  const Judgement judgement(catalog, pool, judge);
  std::array<std::uint64_t, kIndexVerdicts> counts{};
  catalog.ForEach(
      [&](const CatalogObject& object) { ++counts[static_cast<std::size_t>(VerdictOf(judgement.Of(object)))]; });
  answer["principal"] = grant.principal.ToString();
  answer["mask"] = Hex(grant.mask);
  for (std::size_t i = 0; i < kIndexVerdicts; ++i) answer[Name(static_cast<IndexVerdict>(i))] = counts[i];
  answer["distinct"] = judgement.distinct;
}

std::uint64_t DistinctOf(const Catalog& catalog) {
  std::vector<bool> used;
  catalog.ForEach([&used](const CatalogObject& object) {
    if (object.descriptor == DescriptorPool::kNone) return;
    if (object.descriptor >= used.size()) used.resize(object.descriptor + std::size_t{1});
    used[object.descriptor] = true;
  });
  return static_cast<std::uint64_t>(std::ranges::count(used, true));
}

Expected<std::unique_ptr<store::Ledger>> OpenToStore(const Words& words, const scanner::VolumeInfo& info) {
  if (words.no_store) return nullptr;
  auto ledger = OpenLedger(words.index.target, info);
  if (!ledger && ledger.error().kind == ErrorKind::kBusy)
    ledger.error().reason += " (--no-store reads and counts without it; --ledger FILE keeps the index elsewhere)";
  return ledger;
}

Expected<Json> ReadAndStore(const Words& words) {
  // Wrong words are told before a ledger is made.
  if (const auto checked = PrincipalOf(words.index, nullptr); !checked) return std::unexpected(checked.error());
  const auto source = OpenSource(words.index);
  if (!source) return std::unexpected(source.error());
  const auto ledger = OpenToStore(words, source->info);
  if (!ledger) return std::unexpected(ledger.error());
  const auto principal = PrincipalOf(words.index, ledger->get());
  if (!principal) return std::unexpected(principal.error());
  DescriptorPool pool;
  const std::int64_t read_at = store::SecondsNow();
  const auto begun = Clock::now();
  ReadProgress progress(source->device.Get());
  const auto catalog = ReadCatalog(progress, pool);
  if (!catalog) return std::unexpected(catalog.error());
  Json answer = {{"volume", source->info.name}, {"serial", SerialText(source->info.serial)}};
  answer["objects"] = catalog->Report().objects;
  answer["names"] = catalog->Report().names;
  answer["distinct"] = DistinctOf(*catalog);
  if (*principal) AddVerdicts(*catalog, pool, **principal, answer);
  const double seconds = SecondsSince(begun);
  answer["seconds"] = seconds;
  answer["objects_per_second"] =
      seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(catalog->Report().objects) / seconds) : 0;
  answer["damage"] = DamageOf(catalog->Report());
  if (!*ledger) return answer;
  const auto storing = Clock::now();
  const auto stored = StoreIndex(*catalog, pool, **ledger, read_at,
                                 [&progress](std::uint32_t done, std::uint32_t all) { progress.Store(done, all); });
  if (!stored) return std::unexpected(stored.error());
  answer["ledger"] = (*ledger)->Path();
  answer["pages_written"] = stored->written;
  answer["pages_unchanged"] = stored->unchanged;
  answer["store_seconds"] = SecondsSince(storing);
  return answer;
}

std::string NumberText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string TextOf(const Json& answer) {
  const auto number = [&answer](const char* name) { return answer[name].dump(); };
  std::string text = answer["volume"].get<std::string>() + ": " + number("objects") + " objects, " + number("names") +
                     " names, " + number("distinct") + " distinct descriptors; read in " +
                     NumberText(answer["seconds"].get<double>()) + " s (" + number("objects_per_second") + "/s)";
  if (answer.contains("principal"))
    text += "\nfor " + answer["principal"].get<std::string>() + " " + answer["mask"].get<std::string>() + ": " +
            number("readable") + " readable, " + number("unreadable") + " unreadable, " + number("denied") +
            " denied, " + number("unknown") + " unknown";
  else
    text += "\nno verdicts: say for whom with --principal SID";
  const Json& damage = answer["damage"];
  text += "\ndamage: " + damage["total"].dump() + " places";
  if (damage["record"] != 0) text += ", " + damage["record"].dump() + " records of them could not be read";
  for (const Json& one : damage["examples"])
    text +=
        "\n  " + one["kind"].get<std::string>() + " " + one["record"].dump() + ": " + one["what"].get<std::string>();
  if (damage["descriptors_lost"] != 0)
    text += "\n  " + damage["descriptors_lost"].dump() + " places of $Secure are damaged in both copies";
  for (const char* key : {"secure", "mft"})
    if (damage.contains(key)) text += "\n  " + damage[key].get<std::string>();
  if (answer.contains("ledger"))
    text += "\nstored in " + answer["ledger"].get<std::string>() + ": " + number("pages_written") + " pages written, " +
            number("pages_unchanged") + " unchanged, " + NumberText(answer["store_seconds"].get<double>()) + " s";
  return text;
}

std::string Quoted(std::string value) {
  if (value.find_first_of(",\"\n") == value.npos) return value;
  for (std::size_t at = 0; (at = value.find('"', at)) != value.npos; at += 2) value.insert(at, 1, '"');
  return '"' + value + '"';
}

// A head and a line, so that those of several volumes can be put below each other.
std::string CsvOf(const Json& answer) {
  std::string head, line;
  for (const char* name :
       {"volume", "serial", "principal", "mask", "objects", "names", "distinct", "readable", "unreadable", "denied",
        "unknown", "seconds", "objects_per_second", "pages_written", "pages_unchanged"}) {
    head += std::string(name) + ",";
    const Json value = answer.value(name, Json(""));
    line += Quoted(value.is_string() ? value.get<std::string>() : value.dump()) + ",";
  }
  return head + "damage\n" + line + answer["damage"]["total"].dump();
}

Expected<int> RunList(const IndexWords& words) {
  const auto ledger = OpenLedgerToRead(words.target);
  if (!ledger) return std::unexpected(ledger.error());
  const auto index = (*ledger)->GetVolumeIndex();
  if (!index) return std::unexpected(index.error());
  const auto name = (*ledger)->VolumeName();
  if (!name) return std::unexpected(name.error());
  Json answer = {{"indexes", Json::array()}};
  std::string text = "The ledger " + (*ledger)->Path() + " holds no index (acledger index makes one).";
  if (*index) {
    const store::VolumeIndex& one = **index;
    answer["indexes"].push_back({{"volume", *name},
                                 {"serial", SerialText(one.serial)},
                                 {"read_at", one.read_at},
                                 {"objects", one.objects},
                                 {"names", one.names},
                                 {"damaged", one.damaged},
                                 {"pages", one.pages},
                                 {"bytes", one.bytes}});
    text = SerialText(one.serial) + "  " + *name + "  read " + TimeText(one.read_at) + "  " +
           std::to_string(one.objects) + " objects, " + std::to_string(one.names) + " names, " +
           std::to_string(one.bytes) + " bytes";
  }
  const auto printed = words.target.json ? Print(answer) : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

Expected<int> Run(Words& words) {
  if (words.csv && words.index.target.json) return Fail(ErrorKind::kInvalid, "index", "say --json or --csv, not both");
  words.index.ChooseLedger();
  if (words.list) return RunList(words.index);
  const auto answer = ReadAndStore(words);
  if (!answer) return std::unexpected(answer.error());
  const auto printed =
      words.index.target.json ? Print(*answer) : PrintText(words.csv ? CsvOf(*answer) : TextOf(*answer));
  if (!printed) return std::unexpected(printed.error());
  const Json& damage = (*answer)["damage"];
  const bool whole = damage["total"] == 0 && damage["descriptors_lost"] == 0 && !damage.contains("secure");
  return whole ? kDone : kFailuresListed;
}

}  // namespace

void AddIndexCommands(CLI::App& app, int& exit_code) {
  const auto words = std::make_shared<Words>();
  CLI::App& command = *app.add_subcommand("index", "Reads a whole NTFS volume by its $MFT, and keeps what it found");
  AddIndexOptions(command, words->index);
  command.add_flag("--csv", words->csv, "Answer as CSV: a head and a line");
  command.add_flag("--no-store", words->no_store, "Only read and count");
  command.add_flag("--list", words->list, "Only tell which index the ledger holds");
  command.footer("Example:\n  acledger index --image disk.img --principal S-1-9-77-1");
  command.callback([words, &exit_code] {
    const Expected<int> ended = Run(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
  AddFindCommand(app, exit_code);
  AddDiffCommand(app, exit_code);
}

}  // namespace acledger::tools
