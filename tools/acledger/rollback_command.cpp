// SPDX-License-Identifier: MIT
#include "tools/acledger/rollback_command.h"

#include <cstdio>
#include <memory>

#include "daemon/answers/index_use.h"
#include "daemon/answers/mask.h"
#include "daemon/answers/reports.h"
#include "scanner/engine.h"
#include "security/sddl.h"
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
  std::string root, principal, mask;
  bool all = false, force = false;
  std::string index = "auto";
};

std::string Sentence(const scanner::RollbackReport& report) {
  std::string text = (report.complete ? "Rolled back: " : "Not finished: ") + std::to_string(report.restored) +
                     " restored, " + std::to_string(report.stripped) + " stripped, " +
                     std::to_string(report.already_gone) + " already gone, " + std::to_string(report.drifted) +
                     " edited by others (our entry taken out, their edits kept), " + std::to_string(report.failed) +
                     " failed.\n" + std::to_string(report.scanned) +
                     " objects looked at afterwards: " + std::to_string(report.remaining) + " entries remain.";
  if (report.unreadable > 0) text += " " + std::to_string(report.unreadable) + " objects could not be looked at.";
  if (report.missing > 0)
    text += "\n" + std::to_string(report.missing) +
            " objects are gone: their records are kept in case they return (acledger failures --tombstones)";
  if (report.dismissed > 0) text += "\n" + std::to_string(report.dismissed) + " were given up and not tried";
  if (report.orphans > 0)
    text += "\n" + std::to_string(report.orphans) +
            " of our entries are on objects that were given up (acledger failures --dismissed)";
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

// What went missing long ago is news only where nothing else was taken back.
void Add(const scanner::RollbackReport& left, scanner::RollbackReport& report) {
  const bool is_news = report.scanned == 0;
  const std::uint64_t missing = report.missing;
  report += left;
  if (!is_news) report.missing = missing;
}

// The daemon does the work; this shows it.
Expected<int> RollbackByDaemon(const RollbackWords& words, daemon::Client& client) {
  if (const Expected<Json> subscribed = Ask(client, "subscribe"); !subscribed)
    return std::unexpected(subscribed.error());
  Json params = words.all ? Json{{"all", true}} : Json{{"root", words.root}};
  if (words.force) params["force"] = true;
  if (words.index != "auto") params["index"] = words.index;  // A daemon of before does not know it.
  if (!words.principal.empty()) params["principal"] = words.principal;
  if (!words.mask.empty()) params["mask"] = words.mask;
  const Expected<Json> queued = Ask(client, words.principal.empty() ? "rollback" : "revoke", params);
  if (!queued) return std::unexpected(queued.error());
  Expected<Followed> followed = Follow(client, (*queued)["grants"]);
  if (!followed) return std::unexpected(followed.error());
  if (queued->contains("left")) Add(daemon::RollbackReportFrom((*queued)["left"]), followed->rollback);
  const Expected<Json> failures = AskFailures(client);
  if (!failures) return std::unexpected(failures.error());
  if (followed->stopped) std::fprintf(stderr, "acledger: %s\n", kDaemonGoesOn);
  for (const std::string& error : followed->errors) std::fprintf(stderr, "acledger: %s\n", error.c_str());
  const bool unfinished = followed->stopped || !followed->errors.empty();
  return FinishRollback(words.target, followed->rollback, (*failures)["failures"], unfinished);
}

Expected<scanner::GrantsNamed> NamedBy(const RollbackWords& words) {
  scanner::GrantsNamed named;
  if (!words.all) named.root = words.root;
  if (!words.principal.empty()) {
    Expected<security::Sid> sid = security::SidFromSddl(words.principal);
    if (!sid) return Fail(ErrorKind::kInvalid, "revoke from " + words.principal, sid.error().reason);
    named.principal = *sid;
  }
  if (words.mask.empty()) return named;
  const Expected<security::AccessMask> mask = daemon::ParseMask(words.mask);
  if (!mask) return Fail(ErrorKind::kInvalid, "--mask " + words.mask, mask.error().reason);
  named.mask = *mask;
  return named;
}

Expected<int> RollbackByOurselves(const RollbackWords& words, const scanner::GrantsNamed& named) {
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  if (Expected<void> opened = OpenToWrite(words.target, words.root, volume, ledger); !opened)
    return std::unexpected(opened.error());
  if (Expected<void> known = CheckKnown(*ledger); !known) return std::unexpected(known.error());
  const scanner::StopFlag& stop = StopOnInterrupt();
  Expected<scanner::RollbackReport> report;
  {
    ProgressLine progress;
    scanner::Engine engine({*volume, *ledger, progress, stop});
    engine.SetIndexUse(daemon::IndexUseFrom(words.index).value_or(scanner::IndexUse::kAuto));
    if (Expected<void> settled = SettleFirst(engine, volume->Info(), *ledger); !settled)
      return std::unexpected(settled.error());
    report = engine.Rollback(named, words.force);
  }
  if (!report) return std::unexpected(report.error());
  const Expected<Json> failures = daemon::FailuresJson(*ledger);
  if (!failures) return std::unexpected(failures.error());
  if (stop) std::fprintf(stderr, "acledger: stopped; run the same command again to go on\n");
  return FinishRollback(words.target, *report, (*failures)["failures"], stop);
}

Expected<int> RunRollback(const RollbackWords& words) {
  if (words.root.empty() == !words.all)
    return Fail(ErrorKind::kInvalid, "rollback", "say --root PATH or --all (one of them)");
  const Expected<scanner::GrantsNamed> named = NamedBy(words);
  if (!named) return std::unexpected(named.error());
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return RollbackByDaemon(words, **client);
  return WithCarriedLedger(words.target, [&] { return RollbackByOurselves(words, *named); });
}

std::string OrphansOf(const scanner::VerifyReport& report) {
  if (report.orphans == 0) return {};
  std::string text =
      "\n" + std::to_string(report.orphans) + " objects that were given up carry an entry of ours still:";
  for (const std::string& path : report.orphan_examples) text += "\n  " + path;
  return text;
}

Expected<int> FinishVerify(const TargetOptions& target, const scanner::VerifyReport& report, const char* repair) {
  const std::string text = tools::Sentence(report.counts) + "\n" + std::to_string(report.differences) +
                           " rows of the index had to be corrected" + (report.differences > 0 ? repair : "") +
                           OrphansOf(report);
  if (Expected<void> printed = target.json ? Print(daemon::ToJson(report)) : PrintText(text); !printed)
    return std::unexpected(printed.error());
  if (!report.complete)
    std::fprintf(stderr, "acledger: stopped before everything was compared; run the same command again\n");
  const bool sound =
      report.complete && report.counts[store::Verdict::kDrifted] == 0 && report.counts[store::Verdict::kFailed] == 0;
  return sound && report.failures + report.orphans == 0 ? kDone : kFailuresListed;
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

Expected<int> VerifyByOurselves(const TargetOptions& target) {
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  if (Expected<void> opened = OpenToWrite(target, {}, volume, ledger); !opened) return std::unexpected(opened.error());
  const Expected<std::vector<store::Grant>> grants = ledger->Grants();
  if (!grants) return std::unexpected(grants.error());
  const scanner::StopFlag& stop = StopOnInterrupt();
  Expected<scanner::VerifyReport> report;
  {
    ProgressLine progress;
    scanner::Engine engine({*volume, *ledger, progress, stop});
    if (Expected<void> settled = SettleFirst(engine, volume->Info(), *ledger); !settled)
      return std::unexpected(settled.error());
    report = engine.Verify(*grants);
  }
  if (!report) return std::unexpected(report.error());
  return FinishVerify(target, *report, "; acledger provision repairs what is missing");
}

Expected<int> RunVerify(const TargetOptions& target) {
  Expected<std::optional<daemon::Client>> client = FindDaemon(target);
  if (!client) return std::unexpected(client.error());
  if (*client) return VerifyByDaemon(target, **client);
  return WithCarriedLedger(target, [&target] { return VerifyByOurselves(target); });
}

}  // namespace

void AddRollbackCommands(CLI::App& app, int& exit_code) {
  const auto words = std::make_shared<RollbackWords>();
  CLI::App& rollback = *app.add_subcommand("rollback", "Take grants back, to the byte, and prove that nothing is left");
  AddTargetOptions(rollback, words->target);
  rollback.add_option("--root", words->root, "The grants with this root")->type_name("PATH");
  rollback.add_flag("--all", words->all, "Every grant");
  rollback.add_flag("--force", words->force, "Also what a process holds (acledger holders)");
  AddIndexUse(rollback, words->index);
  rollback.footer(
      "Example:\n  acledger rollback --image disk.img --all\n"
      "Exit code 4: entries remain (listed), 1: some could not be taken back; run it again.");
  rollback.callback([words, &exit_code] {
    const Expected<int> ended = RunRollback(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });

  const auto one = std::make_shared<RollbackWords>();
  CLI::App& revoke = *app.add_subcommand("revoke", "Take one grant back: a principal's on a root");
  AddTargetOptions(revoke, one->target);
  revoke.add_option("principal", one->principal, "The SID that received access")->required()->type_name("SID");
  revoke.add_option("root", one->root, "The root that was granted")->required()->type_name("PATH");
  revoke.add_option("--mask", one->mask, "With this mask alone (default: each that was granted)")->type_name("MASK");
  revoke.add_flag("--force", one->force, "Also what a process holds (acledger holders)");
  AddIndexUse(revoke, one->index);
  revoke.footer("As rollback, for one grant. Example:\n  acledger revoke S-1-9-77-1 '\\work' --image disk.img");
  revoke.callback([one, &exit_code] {
    const Expected<int> ended = RunRollback(*one);
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
