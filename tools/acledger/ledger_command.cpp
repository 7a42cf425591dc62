// SPDX-License-Identifier: MIT
#include "tools/acledger/ledger_command.h"

#include <memory>

#include "daemon/answers/tombstones.h"
#include "daemon/snapshot/place.h"
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
  if (const auto settled = engine.Settle(); !settled) return std::unexpected(settled.error());
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

Expected<int> RunDismiss(const DismissWords& words) {
  if (int{!words.path.empty()} + int{!words.id.empty()} + int{words.all_missing} != 1)
    return Fail(ErrorKind::kInvalid, "ledger dismiss", "say a path, --id or --all-missing (one of them)");
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  const Expected<Json> answer = *client ? DismissByDaemon(words, **client) : DismissByOurselves(words);
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

}  // namespace

void AddLedgerCommands(CLI::App& app, int& exit_code) {
  CLI::App& ledger = *app.add_subcommand("ledger", "The ledger itself");
  ledger.require_subcommand(1);
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
