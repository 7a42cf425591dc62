// SPDX-License-Identifier: MIT
#include "tools/acledger/index_command.h"

#include <cstdio>
#include <memory>

#include "daemon/answers/index.h"
#include "daemon/target/live_volume.h"
#include "scanner/ntfs/make_index.h"
#include "scanner/ntfs/volume_bytes.h"
#include "store/clock.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/daemon_session.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/follow.h"
#include "tools/acledger/index_target.h"
#include "tools/acledger/read_progress.h"

namespace acledger::tools {
namespace {

using namespace scanner::ntfs;

struct Words {
  IndexWords index;
  bool csv = false, no_store = false, list = false, force = false;
};

void TellNotFlushed(const std::string& why) {
  std::fprintf(stderr, "acledger: not flushed before reading (%s): the latest changes may be missing\n", why.c_str());
}

// The volume that is meant, and its bytes.
struct Source {
  std::unique_ptr<scanner::Volume> live;  // Null for an image.
  VolumeBytes bytes;
  scanner::VolumeInfo info;
};

// The drive that the ledger is of; 0, the system's, where there is no ledger.
Expected<char> DriveToIndex(const TargetOptions& target) {
  const auto ledger = OpenLedgerToRead(target);
  if (!ledger) return 0;
  const auto name = (*ledger)->VolumeName();
  if (!name) return std::unexpected(name.error());
  return DriveOf({*name + "\\"});
}

// Verdicts are those of its grants, and the index lies beside it: a ledger of another volume would lie about both.
Expected<void> CheckLedger(const Words& words, const scanner::VolumeInfo& info) {
  if (words.no_store && !words.index.judge.principal.empty()) return {};
  const auto ledger = OpenLedgerToRead(words.index.target, info);
  if (!ledger && ledger.error().kind == ErrorKind::kMismatch) return std::unexpected(ledger.error());
  return {};
}

Expected<Source> OpenLiveSource(const TargetOptions& target) {
  Source source;
  const auto drive = DriveToIndex(target);
  if (!drive) return std::unexpected(drive.error());
  auto live = OpenVolume(target, *drive, true);
  if (!live) return std::unexpected(live.error());
  source.live = *std::move(live);
  source.info = source.live->Info();
  auto bytes = BytesOf(*source.live);
  if (!bytes) return std::unexpected(bytes.error());
  source.bytes = *std::move(bytes);
  if (source.bytes.not_flushed) TellNotFlushed(source.bytes.not_flushed->ToString());
  return source;
}

Expected<Source> OpenSource(const Words& words) {
  const TargetOptions& target = words.index.target;
  if (target.image.empty()) return OpenLiveSource(target);
  Source source;
  auto device = OpenToIndex(target.image, target.partition, words.force);
  if (!device) return std::unexpected(device.error());
  source.bytes.own = *std::move(device);
  source.bytes.device = source.bytes.own.get();
  auto info = InfoOf(*source.bytes.device, target.image);
  if (!info) return std::unexpected(info.error());
  source.info = *std::move(info);
  if (target.partition != 0) source.info.name += " partition " + std::to_string(target.partition);
  return source;
}

Expected<std::unique_ptr<store::VolumeStore>> OpenToStore(const Words& words, const scanner::VolumeInfo& info) {
  if (words.no_store) return nullptr;
  const TargetOptions& target = words.index.target;
  if (target.image.empty() && target.ledger.empty())
    if (const auto made = daemon::LiveLedgerPath(true); !made) return std::unexpected(made.error());
  const auto path = IndexFile(target);
  if (!path) return std::unexpected(path.error());
  auto store = store::VolumeStore::OpenToWrite(*path, info.serial);
  if (!store && store.error().kind == ErrorKind::kBusy)
    store.error().reason += " (--no-store reads and counts without it)";
  return store;
}

Expected<Json> ReadAndStore(const Words& words) {
  // Wrong words are told before anything is made.
  const auto principal = PrincipalOf(words.index);
  if (!principal) return std::unexpected(principal.error());
  const auto source = OpenSource(words);
  if (!source) return std::unexpected(source.error());
  if (const auto checked = CheckLedger(words, source->info); !checked) return std::unexpected(checked.error());
  const auto store = OpenToStore(words, source->info);
  if (!store) return std::unexpected(store.error());
  ReadProgress progress(*source->bytes.device);
  const scanner::Judge judge(principal->value_or(store::Grant()));
  IndexWork work{progress, {source->info.serial, source->info.name, store::SecondsNow()}};
  if (*principal) work.judge = &judge;
  work.store = store->get();
  work.stored = [&progress](std::uint32_t done, std::uint32_t all) { progress.Store(done, all); };
  const auto report = MakeIndex(work);
  if (!report) return std::unexpected(report.error());
  return daemon::IndexJson(work.volume, *report, *principal, *store ? (*store)->Path() : "");
}

// The daemon does the work, between two batches of its own.
Expected<Json> AskForIndex(const Words& words, daemon::Client& client) {
  const daemon::JudgeWords& judge = words.index.judge;
  const Json params = {{"principal", judge.principal},
                       {"mask", judge.mask},
                       {"token_sids", judge.token_sids},
                       {"no_store", words.no_store}};
  const auto begun = Ask(client, "index", params);
  if (!begun) return begun;
  DrawnLine line;
  auto answer = FollowTask(client, {"index", "indexed"}, daemon::NumberIn(*begun, "index"), [&line](const Json& told) {
    line.Draw(told.value("phase", "").c_str(), daemon::NumberIn(told, "done"), "");
  });
  if (answer && answer->contains("not_flushed")) TellNotFlushed((*answer)["not_flushed"].get<std::string>());
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
  if (answer.contains("index"))
    text += "\nstored in " + answer["index"].get<std::string>() + ": " + number("pages_written") + " pages written, " +
            number("pages_unchanged") + " unchanged, " + NumberText(answer["store_seconds"].get<double>()) + " s" +
            (answer["pages_written"] == 0 ? " (the same as before: nothing but its time was written)" : "");
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
  const auto path = IndexFile(words.target);
  if (!path) return std::unexpected(path.error());
  const auto answer = daemon::IndexListJson(*path);
  if (!answer) return std::unexpected(answer.error());
  std::string text = "No index was made in " + *path + " (acledger index makes it).";
  for (const Json& one : (*answer)["indexes"])
    text = one["serial"].get<std::string>() + "  " + one["volume"].get<std::string>() + "  read " +
           TimeText(one["read_at"].get<std::int64_t>()) + "  " + one["objects"].dump() + " objects, " +
           one["names"].dump() + " names, " + one["bytes"].dump() + " bytes";
  const auto printed = words.target.json ? Print(*answer) : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

Expected<int> Run(const Words& words) {
  if (words.csv && words.index.target.json) return Fail(ErrorKind::kInvalid, "index", "say --json or --csv, not both");
  if (words.list) return RunList(words.index);
  auto client = FindDaemon(words.index.target);
  if (!client) return std::unexpected(client.error());
  const auto answer = *client ? AskForIndex(words, **client) : ReadAndStore(words);
  if (!answer) return std::unexpected(answer.error());
  const auto printed =
      words.index.target.json ? Print(*answer) : PrintText(words.csv ? CsvOf(*answer) : TextOf(*answer));
  if (!printed) return std::unexpected(printed.error());
  if (answer->contains("dropped"))
    std::fprintf(stderr, "acledger: the index was made anew: %s\n", (*answer)["dropped"].get<std::string>().c_str());
  return daemon::IsWhole(*answer) ? kDone : kFailuresListed;
}

}  // namespace

void AddIndexCommands(CLI::App& app, int& exit_code) {
  const auto words = std::make_shared<Words>();
  CLI::App& command = *app.add_subcommand("index", "Reads a whole NTFS volume by its $MFT, and keeps what it found");
  AddIndexOptions(command, words->index);
  command.add_flag("--csv", words->csv, "Answer as CSV: a head and a line");
  command.add_flag("--no-store", words->no_store, "Only read and count");
  command.add_flag("--list", words->list, "Only tell which index there is");
  command.add_flag("--force", words->force, "Also an image that was not cleanly unmounted, as far as its tables know");
  command.footer("Example:\n  acledger index --image disk.img --principal S-1-9-77-1");
  command.callback([words, &exit_code] {
    const Expected<int> ended = Run(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
  AddFindCommand(app, exit_code);
  AddDiffCommand(app, exit_code);
}

}  // namespace acledger::tools
