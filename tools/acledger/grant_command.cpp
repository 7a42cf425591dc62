// SPDX-License-Identifier: MIT
#include "tools/acledger/grant_command.h"

#include <cstdio>
#include <memory>

#include "daemon/answers/index_use.h"
#include "daemon/answers/plan.h"
#include "daemon/answers/scratch_ledger.h"
#include "scanner/engine.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/daemon_session.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/follow.h"
#include "tools/acledger/interrupt.h"
#include "tools/acledger/progress_line.h"
#include "tools/acledger/settings.h"
#include "tools/acledger/target.h"

namespace acledger::tools {
namespace {

constexpr std::size_t kExamples = 10;

struct GrantWords {
  TargetOptions target;
  GrantSettings settings;
  bool machine_sid_final = false;
  bool manual = false;
  std::string index = "auto";
  std::size_t examples = kExamples;
};

scanner::GrantRequest RequestOf(const GrantWords& words) {
  scanner::GrantRequest request = words.settings.Request();
  request.machine_sid_final = words.machine_sid_final;
  return request;
}

// What a run of the engine needs, in the order in which it goes.
struct Session {
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  ProgressLine progress;
  const scanner::StopFlag& stop = StopOnInterrupt();

  scanner::Environment Environment(const std::string& index) {
    return {.volume = *volume,
            .ledger = *ledger,
            .progress = progress,
            .stop = stop,
            .index = daemon::IndexUseFrom(index).value_or(scanner::IndexUse::kAuto)};
  }
};

Expected<void> OpenSession(const GrantWords& words, bool read_only, Session& session) {
  const Expected<char> drive = DriveOf(words.settings.Request().roots);
  if (!drive) return std::unexpected(drive.error());
  Expected<std::unique_ptr<scanner::Volume>> volume = OpenVolume(words.target, *drive, read_only);
  if (!volume) return std::unexpected(volume.error());
  session.volume = std::move(*volume);
  return {};
}

constexpr char kStoppedHere[] =
    "stopped; run the same command again to go on where it stopped, or `acledger rollback --all` to take back what was "
    "done";

// `status` and `failures` as the ledger, or the daemon, tells them; `unfinished` is said where not all was done.
Expected<int> FinishProvision(const GrantWords& words, Json status, const Json& failures,
                              const scanner::ProvisionReport& report, const char* unfinished) {
  status["changes"] = report.changes;
  status["stripped"] = report.stripped;
  status["failures"] = failures.size();
  status["complete"] = report.complete;
  Expected<void> printed;
  if (words.target.json) {
    printed = Print(status);
  } else {
    std::string text = report.complete ? "Done: " : "Stopped: ";
    text += std::to_string(report.changes) + " descriptors written in this run.";
    for (const Json& root : status["roots"]) {
      text += "\n" + root["path"].get<std::string>() + " for " + root["principal"].get<std::string>() + ": " +
              Sentence(daemon::CountsFrom(root));
    }
    for (const Json& failure : failures) text += "\nfailed: " + FailureSentence(failure);
    printed = PrintText(text);
  }
  if (!printed) return std::unexpected(printed.error());
  if (!report.complete) std::fprintf(stderr, "acledger: %s\n", unfinished);
  return failures.empty() && report.complete ? kDone : kFailuresListed;
}

void TellNotes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::fprintf(stderr, "acledger: %s\n", note.c_str());
}

Json Texts(const std::vector<security::Sid>& sids) {
  Json texts = Json::array();
  for (const security::Sid& sid : sids) texts.push_back(sid.ToString());
  return texts;
}

// Of the daemon's `grant` and `plan`.
Json Params(const scanner::GrantRequest& request) {
  return {{"principal", request.principal.ToString()},
          {"roots", request.roots},
          {"mask", Hex(request.mask)},
          {"exclude", request.rules.excludes},
          {"sensitive_names", request.rules.sensitive_names},
          {"appdata_allowed", request.rules.appdata_allowed},
          {"protected", request.protected_policy == store::ProtectedPolicy::kGrant ? "grant" : "report"},
          {"token_sids", Texts(request.token_sids)},
          {"own_principal", request.principal_is_ours},
          {"machine_sid_final", request.machine_sid_final}};
}

// The daemon does the work; this shows it. Ctrl-C ends the showing, not the work.
Expected<int> ProvisionByDaemon(const GrantWords& words, daemon::Client& client) {
  Json params = Params(RequestOf(words));
  if (words.index != "auto") params["index"] = words.index;  // A daemon of before does not know it.
  if (const Expected<Json> subscribed = Ask(client, "subscribe"); !subscribed)
    return std::unexpected(subscribed.error());
  const Expected<Json> granted = Ask(client, "grant", params);
  if (!granted) return std::unexpected(granted.error());
  TellNotes(granted->value("notes", std::vector<std::string>{}));
  const Expected<Followed> followed = Follow(client, (*granted)["grants"]);
  if (!followed) return std::unexpected(followed.error());
  const Expected<Json> status = Ask(client, "status");
  if (!status) return std::unexpected(status.error());
  const Expected<Json> failures = AskFailures(client);
  if (!failures) return std::unexpected(failures.error());
  for (const std::string& error : followed->errors) std::fprintf(stderr, "acledger: %s\n", error.c_str());
  return FinishProvision(words, *status, (*failures)["failures"], followed->provision,
                         followed->stopped ? kDaemonGoesOn : "not all of it is done (acledger status)");
}

Expected<int> ProvisionByOurselves(const GrantWords& words) {
  Session session;
  if (Expected<void> opened = OpenSession(words, false, session); !opened) return std::unexpected(opened.error());
  Expected<std::unique_ptr<store::Ledger>> ledger =
      OpenLedger(words.target, session.volume->Info(), session.volume.get());
  if (!ledger) return std::unexpected(ledger.error());
  session.ledger = std::move(*ledger);

  scanner::Engine engine(session.Environment(words.index));
  if (Expected<void> settled = SettleFirst(engine, session.volume->Info(), *session.ledger); !settled)
    return std::unexpected(settled.error());
  std::vector<std::string> notes;
  const Expected<std::vector<store::Grant>> grants = engine.Register(RequestOf(words), notes);
  if (!grants) return std::unexpected(grants.error());
  TellNotes(notes);
  const Expected<scanner::ProvisionReport> report = engine.Provision(*grants);
  if (!report) return std::unexpected(report.error());
  const Expected<Json> status = daemon::StatusJson(*session.ledger);
  if (!status) return std::unexpected(status.error());
  const Expected<Json> failures = daemon::FailuresJson(*session.ledger);
  if (!failures) return std::unexpected(failures.error());
  return FinishProvision(words, *status, (*failures)["failures"], *report, kStoppedHere);
}

Expected<int> RunProvision(const GrantWords& words) {
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return ProvisionByDaemon(words, **client);
  return WithCarriedLedger(words.target, [&words] { return ProvisionByOurselves(words); });
}

// --- plan

Expected<int> FinishPlan(const GrantWords& words, const Json& plan) {
  Expected<void> printed;
  if (words.target.json) {
    printed = Print(plan);
  } else {
    std::string text;
    if (words.manual) {
      for (const Json& line : plan["manual"]) text += line.get<std::string>() + "\n";
      text += "rem " + std::to_string(plan["manual"].size()) + " commands; run them elevated; nothing was changed";
    } else {
      const auto number = [&plan](const char* name) { return std::to_string(daemon::NumberIn(plan, name)); };
      text = Sentence(daemon::CountsFrom(plan)) + "\n" + number("changes") +
             " descriptors would be written: " + number("explicit_entries") + " with an explicit entry, " +
             number("inherited_entries") + " with an inherited one";
      for (const Json& example : plan["examples"]) text += "\n  " + example.get<std::string>();
    }
    printed = PrintText(text);
  }
  if (!printed) return std::unexpected(printed.error());
  const bool complete = plan["complete"] == true;
  if (!complete)
    std::fprintf(stderr, "acledger: stopped before everything was looked at; run the same command again\n");
  return daemon::NumberIn(plan, "failures") == 0 && complete ? kDone : kFailuresListed;
}

Expected<int> PlanByDaemon(const GrantWords& words, daemon::Client& client) {
  Json params = Params(RequestOf(words));
  params["manual"] = words.manual;
  params["examples"] = words.examples;
  const Expected<Json> begun = Ask(client, "plan", params);
  if (!begun) return std::unexpected(begun.error());
  const Expected<Json> plan = FollowPlan(client, daemon::NumberIn(*begun, "plan"));
  if (!plan) return std::unexpected(plan.error());
  TellNotes(plan->value("notes", std::vector<std::string>{}));
  return FinishPlan(words, *plan);
}

Expected<int> RunPlan(const GrantWords& words) {
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return PlanByDaemon(words, **client);
  Session session;
  if (Expected<void> opened = OpenSession(words, true, session); !opened) return std::unexpected(opened.error());
  auto existing = OpenLedgerToRead(words.target);
  if (!existing && existing.error().kind != ErrorKind::kNotFound) return std::unexpected(existing.error());
  daemon::ScratchLedger scratch;
  const Expected<store::Ledger*> ledger = scratch.Open(existing ? existing->get() : nullptr, session.volume->Info());
  if (!ledger) return std::unexpected(ledger.error());
  const daemon::PlanOptions options{words.manual, words.examples};
  const Expected<Json> plan =
      daemon::PlanJson({*session.volume, **ledger, session.progress, session.stop}, RequestOf(words), options);
  if (!plan) return std::unexpected(plan.error());
  TellNotes(plan->value("notes", std::vector<std::string>{}));
  return FinishPlan(words, *plan);
}

CLI::App& AddCommand(CLI::App& app, const char* name, const char* what, const std::shared_ptr<GrantWords>& words) {
  CLI::App& command = *app.add_subcommand(name, what);
  AddTargetOptions(command, words->target);
  AddGrantSettings(command, words->settings);
  command.add_flag("--machine-sid-final", words->machine_sid_final,
                   "The image's machine SID will not change any more: its accounts may be principals");
  return command;
}

}  // namespace

void AddGrantCommands(CLI::App& app, int& exit_code) {
  const auto run = [&exit_code](const auto& command, const std::shared_ptr<GrantWords>& words) {
    if (Expected<void> read = words->settings.ReadConfig(words->target.config); !read) {
      static_cast<void>(ExitFor(read.error()));
      exit_code = kUsage;  // Also where the file is missing, or of a newer format.
      return;
    }
    const Expected<int> ended = command(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  };
  const auto planned = std::make_shared<GrantWords>();
  CLI::App& plan = AddCommand(app, "plan", "Say what provision would write; nothing is changed", planned);
  plan.add_flag("--manual", planned->manual, "Print the icacls commands that would do the same");
  plan.add_option("--examples", planned->examples, "How many paths to show")->capture_default_str();
  plan.footer("Example:\n  acledger plan --image disk.img --principal S-1-9-77-1 --root '\\Users\\dev'");
  plan.callback([run, planned] { run(RunPlan, planned); });

  const auto provisioned = std::make_shared<GrantWords>();
  CLI::App& provision = AddCommand(
      app, "provision", "Grant a principal access below one or more roots, recorded in the ledger", provisioned);
  AddIndexUse(provision, provisioned->index);
  provision.footer(
      "Example:\n  acledger provision --image disk.img --principal S-1-9-77-1 --root '\\Users\\dev' --root '\\work'\n"
      "Run it again to go on after a stop, or to bring everything up to date: without changes it writes nothing.");
  provision.callback([run, provisioned] { run(RunProvision, provisioned); });
}

}  // namespace acledger::tools
