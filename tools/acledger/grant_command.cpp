// SPDX-License-Identifier: MIT
#include "tools/acledger/grant_command.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>

#include "scanner/engine.h"
#include "scanner/machine_sids.h"
#include "security/sddl.h"
#include "security/wtf8.h"
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
  std::size_t examples = kExamples;
};

// What a run of the engine needs, in the order in which it goes.
struct Session {
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<store::Ledger> ledger;
  ProgressLine progress;
  const scanner::StopFlag& stop = StopOnInterrupt();

  scanner::Environment Environment() { return {*volume, *ledger, progress, stop}; }
};

// An image's own machine SID changes when the image is generalised: entries for its accounts would then mean nobody.
Expected<void> CheckPrincipal(scanner::Volume& volume, const GrantWords& words, const security::Sid& principal) {
  if (!volume.Info().is_image || words.machine_sid_final || !principal.IsMachineRelative()) return {};
  const Expected<std::vector<security::Sid>> machine = scanner::MachineSids(volume);
  if (!machine) return std::unexpected(machine.error());
  for (const security::Sid& sid : *machine) {
    if (!sid.SameDomain(principal)) continue;
    return Fail(ErrorKind::kInvalid, "grant to " + principal.ToString(),
                "it belongs to the image's own machine SID, which generalising the image changes: use a synthetic SID, "
                "or say --machine-sid-final if it stays");
  }
  return {};
}

// After a lost ledger, entries of a SID that stands for nobody else are ours.
bool CanBeOursAlone(const security::Sid& sid) { return sid.IsMachineRelative() || sid.Authority() != 5; }

Expected<scanner::GrantRequest> Prepare(const GrantWords& words, Session& session) {
  scanner::GrantRequest request = words.settings.Request();
  if (Expected<void> fits = CheckPrincipal(*session.volume, words, request.principal); !fits)
    return std::unexpected(fits.error());
  if (session.ledger->ReplacesDamaged() && CanBeOursAlone(request.principal)) request.principal_is_ours = true;
  return request;
}

Expected<void> OpenSession(const GrantWords& words, bool read_only, Session& session) {
  const Expected<char> drive = DriveOf(words.settings.Request().roots);
  if (!drive) return std::unexpected(drive.error());
  Expected<std::unique_ptr<scanner::Volume>> volume = OpenVolume(words.target, *drive, read_only);
  if (!volume) return std::unexpected(volume.error());
  session.volume = std::move(*volume);
  return {};
}

// `status` and `failures` as the ledger, or the daemon, tells them.
Expected<int> FinishProvision(const GrantWords& words, Json status, const Json& failures,
                              const scanner::ProvisionReport& report) {
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
      text += "\n" + root["path"].get<std::string>() + " for " + root["principal"].get<std::string>() + ":";
      for (const auto& [key, value] : root.items())
        if (value.is_number() && value != 0) text += " " + value.dump() + " " + key;
    }
    for (const Json& failure : failures) text += "\nfailed: " + FailureSentence(failure);
    printed = PrintText(text);
  }
  if (!printed) return std::unexpected(printed.error());
  if (!report.complete)
    std::fprintf(stderr,
                 "acledger: stopped; run the same command again to go on where it stopped, or `acledger "
                 "rollback --all` to take back what was done\n");
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

// The daemon does the work; this shows it. Ctrl-C ends the showing, not the work.
Expected<int> ProvisionByDaemon(const GrantWords& words, daemon::Client& client) {
  const scanner::GrantRequest request = words.settings.Request();
  const Json params = {{"principal", request.principal.ToString()},
                       {"roots", request.roots},
                       {"mask", Hex(request.mask)},
                       {"exclude", request.rules.excludes},
                       {"sensitive_names", request.rules.sensitive_names},
                       {"appdata_allowed", request.rules.appdata_allowed},
                       {"protected", request.protected_policy == store::ProtectedPolicy::kGrant ? "grant" : "report"},
                       {"token_sids", Texts(request.token_sids)},
                       {"own_principal", request.principal_is_ours}};
  if (const Expected<Json> subscribed = Ask(client, "subscribe"); !subscribed)
    return std::unexpected(subscribed.error());
  const Expected<Json> granted = Ask(client, "grant", params);
  if (!granted) return std::unexpected(granted.error());
  TellNotes(granted->value("notes", std::vector<std::string>{}));
  const Expected<Followed> followed = Follow(client, (*granted)["grants"]);
  if (!followed) return std::unexpected(followed.error());
  const Expected<Json> status = Ask(client, "status");
  if (!status) return std::unexpected(status.error());
  const Expected<Json> failures = Ask(client, "failures");
  if (!failures) return std::unexpected(failures.error());
  for (const std::string& error : followed->errors) std::fprintf(stderr, "acledger: %s\n", error.c_str());
  return FinishProvision(words, *status, (*failures)["failures"], followed->provision);
}

Expected<int> RunProvision(const GrantWords& words) {
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return ProvisionByDaemon(words, **client);
  Session session;
  if (Expected<void> opened = OpenSession(words, false, session); !opened) return std::unexpected(opened.error());
  Expected<std::unique_ptr<store::Ledger>> ledger = OpenLedger(words.target, session.volume->Info());
  if (!ledger) return std::unexpected(ledger.error());
  session.ledger = std::move(*ledger);
  const Expected<scanner::GrantRequest> request = Prepare(words, session);
  if (!request) return std::unexpected(request.error());

  scanner::Engine engine(session.Environment());
  if (const auto settled = engine.Settle(); !settled) return std::unexpected(settled.error());
  std::vector<std::string> notes;
  const Expected<std::vector<store::Grant>> grants = engine.Register(*request, notes);
  if (!grants) return std::unexpected(grants.error());
  TellNotes(notes);
  const Expected<scanner::ProvisionReport> report = engine.Provision(*grants);
  if (!report) return std::unexpected(report.error());
  const Expected<Json> status = daemon::StatusJson(*session.ledger);
  if (!status) return std::unexpected(status.error());
  const Expected<Json> failures = daemon::FailuresJson(*session.ledger);
  if (!failures) return std::unexpected(failures.error());
  return FinishProvision(words, *status, (*failures)["failures"], *report);
}

// --- plan

// A scratch ledger that goes with the run: what is there already is copied into it.
class ScratchLedger {
 public:
  ScratchLedger() {
    std::random_device random;
    path_ = std::filesystem::temp_directory_path() / ("acledger-plan-" + std::to_string(random()) + ".db");
  }
  ~ScratchLedger() {
    std::error_code ignored;  // What stays is a temporary file.
    for (const char* suffix : {"", "-wal", "-shm", ".lock", ".lock-journal"})
      std::filesystem::remove(path_.string() + suffix, ignored);
  }

  Expected<std::unique_ptr<store::Ledger>> Open(const TargetOptions& target, const scanner::VolumeInfo& volume) {
    if (auto existing = OpenLedgerToRead(target)) {
      if (Expected<void> copied = (*existing)->CopyTo(path_.string()); !copied) return std::unexpected(copied.error());
    } else if (existing.error().kind != ErrorKind::kNotFound) {
      return std::unexpected(existing.error());
    }
    TargetOptions scratch = target;
    scratch.ledger = path_.string();
    return OpenLedger(scratch, volume);
  }

 private:
  std::filesystem::path path_;
};

std::string PathOf(const scanner::GrantContext& context, const store::Change& change, char drive) {
  scanner::PathComponents path = context.root;
  if (change.folder != 0) {
    path = context.tree.Components(context.root, change.folder);
    path.push_back(FromWtf8(change.name).value_or(u"?"));
  }
  return scanner::FormatPath(path, drive);
}

// A mask in the words of icacls, which takes no numbers.
std::string IcaclsRights(security::AccessMask mask) {
  if (mask == security::kFileReadAndExecute) return "RX";
  if (mask == security::kFileGenericRead) return "R";
  constexpr std::pair<security::AccessMask, const char*> kWords[] = {
      {0x1, "RD"},  {0x2, "WD"},   {0x4, "AD"},     {0x8, "REA"},    {0x10, "WEA"},  {0x20, "X"},
      {0x80, "RA"}, {0x100, "WA"}, {0x10000, "DE"}, {0x20000, "RC"}, {0x100000, "S"}};
  std::string words;
  for (const auto& [right, word] : kWords)
    if (mask & right) words += (words.empty() ? "" : ",") + std::string(word);
  return words;
}

// What an administrator would type for one explicit entry; inherited ones follow from it.
std::string IcaclsLine(const std::string& path, const store::Change& change, const store::Grant& grant) {
  const std::string start = "icacls \"" + path + "\" ";
  const std::string who = "\"*" + grant.principal.ToString();
  if (!change.Adds()) return start + "/remove:g " + who + "\" /L";
  const bool inheritable = (change.entry_flags & security::kContainerInherit) != 0;
  // Where an entry of ours is there already, another one is to take its place.
  const char* verb = change.before == change.original ? "/grant " : "/grant:r ";
  return start + verb + who + ":" + (inheritable ? "(OI)(CI)" : "") + "(" + IcaclsRights(grant.mask) + ")\" /L";
}

struct PlanOutput {
  std::uint64_t sources = 0, inherited = 0;
  std::vector<std::string> examples, lines;
};

Expected<int> FinishPlan(const GrantWords& words, const store::Counts& counts, const scanner::ProvisionReport& report,
                         const PlanOutput& plan) {
  Json json = daemon::ToJson(counts);
  json["changes"] = report.changes;
  json["explicit_entries"] = plan.sources;
  json["inherited_entries"] = plan.inherited;
  json["examples"] = plan.examples;
  json["complete"] = report.complete;
  if (words.manual) json["manual"] = plan.lines;
  Expected<void> printed;
  if (words.target.json) {
    printed = Print(json);
  } else {
    std::string text;
    if (words.manual) {
      for (const std::string& line : plan.lines) text += line + "\n";
      text += "rem " + std::to_string(plan.lines.size()) + " commands; run them elevated; nothing was changed";
    } else {
      text = Sentence(counts) + "\n" + std::to_string(report.changes) +
             " descriptors would be written: " + std::to_string(plan.sources) + " with an explicit entry, " +
             std::to_string(plan.inherited) + " with an inherited one";
      for (const std::string& example : plan.examples) text += "\n  " + example;
    }
    printed = PrintText(text);
  }
  if (!printed) return std::unexpected(printed.error());
  if (!report.complete)
    std::fprintf(stderr, "acledger: stopped before everything was looked at; run the same command again\n");
  return report.failures == 0 && report.complete ? kDone : kFailuresListed;
}

Expected<int> RunPlan(const GrantWords& words) {
  ScratchLedger scratch;  // Before the session: the ledger is closed before its file goes.
  Session session;
  if (Expected<void> opened = OpenSession(words, true, session); !opened) return std::unexpected(opened.error());
  Expected<std::unique_ptr<store::Ledger>> ledger = scratch.Open(words.target, session.volume->Info());
  if (!ledger) return std::unexpected(ledger.error());
  session.ledger = std::move(*ledger);
  const Expected<scanner::GrantRequest> request = Prepare(words, session);
  if (!request) return std::unexpected(request.error());
  scanner::Engine engine(session.Environment());
  std::vector<std::string> notes;
  const Expected<std::vector<store::Grant>> grants = engine.Register(*request, notes);
  if (!grants) return std::unexpected(grants.error());
  PlanOutput plan;
  const char drive = DriveOf(words.settings.Request().roots).value_or(0);
  const auto on_planned = [&](const scanner::GrantContext& context, const store::Change& change) {
    const bool inherited = (change.entry_flags & security::kInherited) != 0;
    ++(inherited ? plan.inherited : plan.sources);
    const bool example = plan.examples.size() < words.examples;
    if (!example && (!words.manual || inherited)) return;
    const std::string path = PathOf(context, change, drive);
    if (example) plan.examples.push_back(path);
    if (words.manual && !inherited) plan.lines.push_back(IcaclsLine(path, change, context.grant));
  };
  store::Counts counts;
  const Expected<scanner::ProvisionReport> report = engine.Plan(*grants, on_planned, counts);
  if (!report) return std::unexpected(report.error());
  return FinishPlan(words, counts, *report, plan);
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
  provision.footer(
      "Example:\n  acledger provision --image disk.img --principal S-1-9-77-1 --root '\\Users\\dev' --root '\\work'\n"
      "Run it again to go on after a stop, or to bring everything up to date: without changes it writes nothing.");
  provision.callback([run, provisioned] { run(RunProvision, provisioned); });
}

}  // namespace acledger::tools
