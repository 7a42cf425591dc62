// SPDX-License-Identifier: MIT
#include "tools/acledger/ledger_command.h"

#include <memory>

#include "daemon/answers/tombstones.h"
#include "daemon/snapshot/place.h"
#include "daemon/target/carried.h"
#include "scanner/carried_ledger.h"
#include "scanner/engine.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/daemon_session.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/interrupt.h"
#include "tools/acledger/target.h"

namespace acledger::tools {
namespace {

struct DismissWords {
  TargetOptions target;
  std::string path, id;
  bool all_missing = false;
};

class NoProgress final : public scanner::Progress {
 public:
  void Report(const scanner::ProgressState&) override {}
};

Expected<Json> DismissByOurselves(const DismissWords& words) {
  scanner::DismissRequest request;
  request.may = [](const store::Grant&) { return true; };
  if (!words.path.empty()) request.path = words.path;
  if (!words.id.empty()) {
    request.id = FileId::FromString(words.id);
    if (!request.id)
      return Fail(ErrorKind::kInvalid, "--id " + words.id, "a file id is wanted, as acledger failures lists it");
  }
  const Expected<std::string> user = daemon::snapshot::CurrentUser();
  if (!user) return std::unexpected(user.error());
  request.by = *user;
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  if (Expected<void> opened = OpenToWrite(words.target, words.path, volume, ledger); !opened)
    return std::unexpected(opened.error());
  NoProgress progress;
  scanner::Engine engine({*volume, *ledger, progress, StopOnInterrupt()});
  if (Expected<void> settled = SettleFirst(engine, volume->Info(), *ledger); !settled)
    return std::unexpected(settled.error());
  const Expected<scanner::Dismissed> dismissed = engine.Dismiss(request);
  if (!dismissed) return std::unexpected(dismissed.error());
  const Expected<std::vector<store::Grant>> grants = ledger->AllGrants();
  if (!grants) return std::unexpected(grants.error());
  return Json{{"dismissed", daemon::TombstonesJson(dismissed->tombstones, *grants)}, {"returned", dismissed->returned}};
}

Expected<Json> DismissByDaemon(const DismissWords& words, daemon::Client& client) {
  Json params = Json::object();
  if (!words.path.empty()) params["path"] = words.path;
  if (!words.id.empty()) params["id"] = words.id;
  if (words.all_missing) params["all_missing"] = true;
  return Ask(client, "dismiss", params);
}

Expected<int> Dismiss(const DismissWords& words, daemon::Client* client) {
  const Expected<Json> answer = client != nullptr ? DismissByDaemon(words, *client) : DismissByOurselves(words);
  if (!answer) return std::unexpected(answer.error());
  std::string text;
  for (const Json& one : (*answer)["dismissed"])
    text += "given up: " + one.value("path", "") + " (id " + one.value("id", "") + ")\n";
  text += std::to_string((*answer)["dismissed"].size()) + " given up, never tried again";
  if (const std::uint64_t returned = daemon::NumberIn(*answer, "returned"); returned > 0)
    text += "; " + std::to_string(returned) + " that were gone are there again: acledger rollback takes them back";
  const Expected<void> printed = words.target.json ? Print(*answer) : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

Expected<int> RunDismiss(const DismissWords& words) {
  if (int{!words.path.empty()} + int{!words.id.empty()} + int{words.all_missing} != 1)
    return Fail(ErrorKind::kInvalid, "ledger dismiss", "say a path, --id or --all-missing (one of them)");
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return Dismiss(words, &**client);
  return WithCarriedLedger(words.target, [&words] { return Dismiss(words, nullptr); });
}

struct ExportWords {
  TargetOptions target;
  bool remove = false;
};

// `carried`: it was taken out just now.
Expected<bool> ExportOrRemove(const ExportWords& words, bool carried) {
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  if (Expected<void> opened = OpenToWrite(words.target, {}, volume, ledger); !opened)
    return std::unexpected(opened.error());
  {
    NoProgress progress;
    scanner::Engine engine({*volume, *ledger, progress, StopOnInterrupt()});
    if (Expected<void> settled = SettleFirst(engine, volume->Info(), *ledger); !settled)
      return std::unexpected(settled.error());
  }
  volume.reset();  // The copy is put there by somebody who has the image alone.
  if (words.remove) {
    const Expected<bool> removed = daemon::RemoveExported({words.target.image, words.target.partition}, *ledger);
    return removed ? Expected<bool>(*removed || carried) : removed;
  }
  const Expected<void> done = daemon::ExportLedger({words.target.image, words.target.partition}, *ledger);
  if (!done) return std::unexpected(done.error());
  return true;
}

Expected<int> RunExport(const ExportWords& words) {
  if (words.target.image.empty())
    return Fail(ErrorKind::kInvalid, "ledger export", "say --image: the ledger is put into an image");
  const Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return Fail(ErrorKind::kBusy, "ledger export", "a daemon has the image open: end it first");
  const Expected<bool> carried = TakeOutCarried(words.target);
  if (!carried) return std::unexpected(carried.error());
  const Expected<bool> done = ExportOrRemove(words, *carried);
  if (!done) {
    if (const Expected<void> refreshed = RefreshCarried(words.target); !refreshed)
      static_cast<void>(ExitFor(refreshed.error()));
    return std::unexpected(done.error());
  }
  const std::string place =
      scanner::FormatPath({scanner::kCarriedParent, scanner::kCarriedFolderName, scanner::kCarriedName});
  const std::string text = words.remove ? (*done ? place + " was taken out" : "the image carries no ledger")
                                        : "the image carries its ledger now, as " + place;
  const Expected<void> printed = words.target.json
                                     ? Print(Json{{"path", place}, {words.remove ? "removed" : "exported", *done}})
                                     : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

void AddExportCommand(CLI::App& ledger, int& exit_code) {
  const auto words = std::make_shared<ExportWords>();
  CLI::App& command = *ledger.add_subcommand(
      "export", "Put a copy of an image's ledger into the image: the machine that starts from it takes it over");
  AddTargetOptions(command, words->target);
  command.add_flag("--remove", words->remove, "Take it out again");
  command.footer(
      "From then on provision, rollback and revoke keep the copy up to date; it goes with the last grant.\n"
      "Example:\n  acledger ledger export --image disk.img");
  command.callback([words, &exit_code] {
    const Expected<int> ended = RunExport(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
}

}  // namespace

void AddLedgerCommands(CLI::App& app, int& exit_code) {
  CLI::App& ledger = *app.add_subcommand("ledger", "The ledger itself");
  ledger.require_subcommand(1);
  AddExportCommand(ledger, exit_code);
  const auto words = std::make_shared<DismissWords>();
  CLI::App& dismiss = *ledger.add_subcommand(
      "dismiss", "Give up on objects that could not be taken back: recorded, and never tried again");
  AddTargetOptions(dismiss, words->target);
  dismiss.add_option("path", words->path, "Where the object was last known (acledger failures --tombstones)");
  dismiss.add_option("--id", words->id, "Its file id")->type_name("ID");
  dismiss.add_flag("--all-missing", words->all_missing, "Every object that is gone");
  dismiss.footer(
      "What can be taken back is refused: acledger rollback does that.\n"
      "Example:\n  acledger ledger dismiss --image disk.img --all-missing");
  dismiss.callback([words, &exit_code] {
    const Expected<int> ended = RunDismiss(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
}

}  // namespace acledger::tools
