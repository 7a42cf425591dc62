// SPDX-License-Identifier: MIT
#include "tools/acledger/rollback_command.h"

#include <cstdio>
#include <memory>

#include "daemon/answers/reports.h"
#include "scanner/engine.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/daemon_session.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/follow.h"
#include "tools/acledger/interrupt.h"
#include "tools/acledger/progress_line.h"
#include "tools/acledger/target.h"

namespace acledger::tools {
namespace {

struct RollbackWords {
  TargetOptions target;
  std::string root;
  bool all = false, force = false;
};

// Opens the volume and the ledger that must be there already.
Expected<void> Open(const TargetOptions& target, const std::string& root, std::unique_ptr<scanner::Volume>& volume,
                    std::unique_ptr<store::Ledger>& ledger) {
  std::vector<std::string> paths;
  if (!root.empty()) paths.push_back(root);
  // The question first whether there is a ledger at all: opening for writing would make one.
  auto existing = OpenLedgerToRead(target);
  if (!existing && existing.error().kind == ErrorKind::kNotFound) return std::unexpected(existing.error());
  if (existing && root.empty() && target.image.empty()) {
    const Expected<std::string> volume_name = (*existing)->VolumeName();
    if (volume_name) paths.push_back(*volume_name + "\\");  // "D:"; what is damaged is told by opening for writing.
  }
  if (existing) existing->reset();  // Before the writer comes.
  const Expected<char> drive = DriveOf(paths);
  if (!drive) return std::unexpected(drive.error());
  Expected<std::unique_ptr<scanner::Volume>> opened = OpenVolume(target, *drive, false);
  if (!opened) return std::unexpected(opened.error());
  volume = std::move(*opened);
  Expected<std::unique_ptr<store::Ledger>> for_writing = OpenLedger(target, volume->Info());
  if (!for_writing) return std::unexpected(for_writing.error());
  ledger = std::move(*for_writing);
  return {};
}

std::string Sentence(const scanner::RollbackReport& report) {
  std::string text = (report.complete ? "Rolled back: " : "Not finished: ") + std::to_string(report.restored) +
                     " restored, " + std::to_string(report.stripped) + " stripped, " +
                     std::to_string(report.already_gone) + " already gone, " + std::to_string(report.drifted) +
                     " edited by others (our entry taken out, their edits kept), " + std::to_string(report.failed) +
                     " failed.\n" + std::to_string(report.scanned) +
                     " objects looked at afterwards: " + std::to_string(report.remaining) + " entries remain.";
  if (report.unreadable > 0) text += " " + std::to_string(report.unreadable) + " objects could not be looked at.";
  for (const std::string& path : report.examples) text += "\nremains: " + path;
  return text;
}

int ExitCodeOf(const scanner::RollbackReport& report, bool stopped) {
  if (report.remaining > 0) return kEntriesRemain;
  return report.failed > 0 || report.unreadable > 0 || stopped ? kFailuresListed : kDone;
}

// To say that nothing remains would be a guess where nothing is known.
Expected<void> CheckKnown(store::Ledger& ledger) {
  if (!ledger.ReplacesDamaged()) return {};
  const Expected<std::vector<store::Grant>> grants = ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  if (!grants->empty()) return {};
  return std::unexpected(Error{ErrorKind::kNotFound, "roll back by", ledger.Path(), 0,
                               "it took the place of a damaged ledger and knows of no grant: provision the same roots "
                               "for the same principal first"});
}

// `failures` as FailuresJson() lists them.
Expected<int> FinishRollback(const TargetOptions& target, const scanner::RollbackReport& report, const Json& failures,
                             bool stopped) {
  Json json = daemon::ToJson(report);
  json["failures"] = failures;
  std::string text = Sentence(report);
  for (const Json& failure : failures) text += "\nfailed: " + FailureSentence(failure);
  if (Expected<void> printed = target.json ? Print(json) : PrintText(text); !printed)
    return std::unexpected(printed.error());
  return ExitCodeOf(report, stopped);
}

// The daemon does the work; this shows it.
Expected<int> RollbackByDaemon(const RollbackWords& words, daemon::Client& client) {
  if (const Expected<Json> subscribed = Ask(client, "subscribe"); !subscribed)
    return std::unexpected(subscribed.error());
  Json params = words.all ? Json{{"all", true}} : Json{{"root", words.root}};
  if (words.force) params["force"] = true;
  const Expected<Json> queued = Ask(client, "rollback", params);
  if (!queued) return std::unexpected(queued.error());
  const Expected<Followed> followed = Follow(client, (*queued)["grants"]);
  if (!followed) return std::unexpected(followed.error());
  const Expected<Json> failures = Ask(client, "failures");
  if (!failures) return std::unexpected(failures.error());
  if (followed->stopped) std::fprintf(stderr, "acledger: the daemon goes on; acledger status tells how far it is\n");
  for (const std::string& error : followed->errors) std::fprintf(stderr, "acledger: %s\n", error.c_str());
  const bool unfinished = followed->stopped || !followed->errors.empty();
  return FinishRollback(words.target, followed->rollback, (*failures)["failures"], unfinished);
}

Expected<int> RunRollback(const RollbackWords& words) {
  if (words.root.empty() == !words.all)
    return Fail(ErrorKind::kInvalid, "rollback", "say --root PATH or --all (one of them)");
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return RollbackByDaemon(words, **client);
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  if (Expected<void> opened = Open(words.target, words.root, volume, ledger); !opened)
    return std::unexpected(opened.error());
  if (Expected<void> known = CheckKnown(*ledger); !known) return std::unexpected(known.error());
  const scanner::StopFlag& stop = StopOnInterrupt();
  Expected<scanner::RollbackReport> report;
  {
    ProgressLine progress;
    scanner::Engine engine({*volume, *ledger, progress, stop});
    if (const auto settled = engine.Settle(); !settled) return std::unexpected(settled.error());
    report = engine.Rollback(words.all ? std::nullopt : std::optional(words.root), words.force);
  }
  if (!report) return std::unexpected(report.error());
  const Expected<Json> failures = daemon::FailuresJson(*ledger);
  if (!failures) return std::unexpected(failures.error());
  if (stop) std::fprintf(stderr, "acledger: stopped; run the same command again to go on\n");
  return FinishRollback(words.target, *report, (*failures)["failures"], stop);
}

Expected<int> FinishVerify(const TargetOptions& target, const scanner::VerifyReport& report, const char* repair) {
  const std::string text = tools::Sentence(report.counts) + "\n" + std::to_string(report.differences) +
                           " rows of the index had to be corrected" + (report.differences > 0 ? repair : "");
  if (Expected<void> printed = target.json ? Print(daemon::ToJson(report)) : PrintText(text); !printed)
    return std::unexpected(printed.error());
  if (!report.complete)
    std::fprintf(stderr, "acledger: stopped before everything was compared; run the same command again\n");
  const bool sound =
      report.complete && report.counts[store::Verdict::kDrifted] == 0 && report.counts[store::Verdict::kFailed] == 0;
  return sound && report.failures == 0 ? kDone : kFailuresListed;
}

Expected<int> VerifyByDaemon(const TargetOptions& target, daemon::Client& client) {
  if (const Expected<Json> subscribed = Ask(client, "subscribe"); !subscribed)
    return std::unexpected(subscribed.error());
  const Expected<Json> queued = Ask(client, "verify");
  if (!queued) return std::unexpected(queued.error());
  const Expected<Followed> followed = Follow(client, (*queued)["grants"]);
  if (!followed) return std::unexpected(followed.error());
  for (const std::string& error : followed->errors) std::fprintf(stderr, "acledger: %s\n", error.c_str());
  return FinishVerify(target, followed->verify, "; the daemon repairs what is missing");
}

Expected<int> RunVerify(const TargetOptions& target) {
  Expected<std::optional<daemon::Client>> client = FindDaemon(target);
  if (!client) return std::unexpected(client.error());
  if (*client) return VerifyByDaemon(target, **client);
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  if (Expected<void> opened = Open(target, {}, volume, ledger); !opened) return std::unexpected(opened.error());
  const Expected<std::vector<store::Grant>> grants = ledger->Grants();
  if (!grants) return std::unexpected(grants.error());
  const scanner::StopFlag& stop = StopOnInterrupt();
  Expected<scanner::VerifyReport> report;
  {
    ProgressLine progress;
    scanner::Engine engine({*volume, *ledger, progress, stop});
    if (const auto settled = engine.Settle(); !settled) return std::unexpected(settled.error());
    report = engine.Verify(*grants);
  }
  if (!report) return std::unexpected(report.error());
  return FinishVerify(target, *report, "; acledger provision repairs what is missing");
}

}  // namespace

void AddRollbackCommands(CLI::App& app, int& exit_code) {
  const auto words = std::make_shared<RollbackWords>();
  CLI::App& rollback = *app.add_subcommand("rollback", "Take grants back, to the byte, and prove that nothing is left");
  AddTargetOptions(rollback, words->target);
  rollback.add_option("--root", words->root, "The grants with this root")->type_name("PATH");
  rollback.add_flag("--all", words->all, "Every grant");
  rollback.add_flag("--force", words->force, "Also what a process holds (acledger holders)");
  rollback.footer(
      "Example:\n  acledger rollback --image disk.img --all\n"
      "Exit code 4: entries remain (listed), 1: some could not be taken back; run it again.");
  rollback.callback([words, &exit_code] {
    const Expected<int> ended = RunRollback(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });

  const auto target = std::make_shared<TargetOptions>();
  CLI::App& verify = *app.add_subcommand("verify", "Compare the index with the volume; nothing is changed there");
  AddTargetOptions(verify, *target);
  verify.footer("Example:\n  acledger verify --image disk.img");
  verify.callback([target, &exit_code] {
    const Expected<int> ended = RunVerify(*target);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
}

}  // namespace acledger::tools
