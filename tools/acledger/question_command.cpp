// SPDX-License-Identifier: MIT
#include "tools/acledger/question_command.h"

#include <functional>
#include <memory>

#include "daemon/answers/tombstones.h"
#include "daemon/snapshot/place.h"
#include "daemon/snapshot/reader.h"
#include "daemon/target/absolute_path.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/daemon_session.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/explain.h"
#include "tools/acledger/target.h"
#include "tools/acledger/watch.h"

namespace acledger::tools {
namespace {

struct QuestionWords {
  TargetOptions target;
  std::string path, access, snapshot;
  bool watch = false, tombstones = false, dismissed = false;
};

// From the daemon that keeps the ledger, or, where none runs, from the ledger.
Expected<Json> Answer(const QuestionWords& words, const char* method, const Json& params,
                      const std::function<Expected<Json>(store::Ledger&)>& by_ourselves) {
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client)
    return std::string_view(method) == "failures" ? AskFailures(**client, params) : Ask(**client, method, params);
  const Expected<std::unique_ptr<store::Ledger>> ledger = OpenLedgerToRead(words.target);
  if (!ledger) return std::unexpected(ledger.error());
  return by_ourselves(**ledger);
}

// What the daemon wrote down for this user: at the place that was named, or beside the ledger.
Expected<Json> FromSnapshot(const QuestionWords& words) {
  if (!words.snapshot.empty()) {
    Expected<daemon::Snapshot> named = daemon::Snapshot::Open(words.snapshot);
    return named ? named->CoverageJson(words.path) : std::unexpected(named.error());
  }
  const Expected<std::string> typed = LedgerPath(words.target);
  const Expected<std::string> ledger = typed ? daemon::AbsolutePath(*typed) : typed;
  if (!ledger) return std::unexpected(ledger.error());
  const Expected<std::string> user = daemon::snapshot::CurrentUser();
  if (!user) return std::unexpected(user.error());
  Expected<daemon::Snapshot> snapshot = daemon::Snapshot::Open(daemon::snapshot::PathOf(*ledger, *user));
  if (!snapshot) return std::unexpected(snapshot.error());
  if (const Expected<void> fits = snapshot->CheckIsOf(*ledger, *user); !fits) return std::unexpected(fits.error());
  return snapshot->CoverageJson(words.path);
}

std::string SnapshotSentence(const Json& snapshot) {
  return "\n(as the daemon wrote it " + snapshot["age_seconds"].dump() + " s ago; " +
         snapshot["state"].get<std::string>() +
         (snapshot["daemon"] == "ended" ? "; it has ended since, and nothing keeps this true)" : ")");
}

std::string TombstonesOf(const Json& counts) {
  const auto number = [&counts](const char* name) { return daemon::NumberIn(counts, name); };
  std::string text;
  if (number("missing") + number("unreachable") > 0)
    text += "\nnot taken back: " + std::to_string(number("unreachable")) + " objects that cannot be written, " +
            std::to_string(number("missing")) + " that are gone (acledger failures --tombstones)";
  if (number("dismissed") > 0)
    text += "\n" + std::to_string(number("dismissed")) + " were given up (acledger failures --dismissed)";
  return text;
}

Expected<int> RunStatus(const QuestionWords& words) {
  if (words.watch) {
    Expected<daemon::Client> client = NeedDaemon(words.target);
    if (!client) return std::unexpected(client.error());
    if (const Expected<void> watched = Watch(*client, words.target.json); !watched)
      return std::unexpected(watched.error());
    return kDone;
  }
  const Expected<Json> json =
      Answer(words, "status", Json::object(), [](store::Ledger& ledger) { return daemon::StatusJson(ledger); });
  if (!json) return std::unexpected(json.error());
  Expected<void> printed;
  if (words.target.json) {
    printed = Print(*json);
  } else {
    std::string text = (*json)["roots"].empty() ? "Nothing is granted." : "";
    for (const Json& root : (*json)["roots"]) {
      text += (text.empty() ? "" : "\n") + root["path"].get<std::string>() + "  " +
              root["principal"].get<std::string>() + "  " + root["mask"].get<std::string>() + "  " +
              root["state"].get<std::string>() + "\n  " + Sentence(daemon::CountsFrom(root));
    }
    text += TombstonesOf(json->value("tombstones", Json::object()));
    printed = PrintText(text);
  }
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

Expected<int> RunCoverage(const QuestionWords& words) {
  const auto by_ourselves = [&](store::Ledger& ledger) { return daemon::CoverageJson(ledger, words.path); };
  Expected<Json> json = std::unexpected(Error{});
  if (words.snapshot.empty()) json = Answer(words, "coverage", {{"path", words.path}}, by_ourselves);
  if (!words.snapshot.empty() || (!json && json.error().kind == ErrorKind::kDenied))
    if (Expected<Json> by_snapshot = FromSnapshot(words); by_snapshot || !words.snapshot.empty())
      json = std::move(by_snapshot);
  if (!json) return std::unexpected(json.error());
  std::string text;
  for (const Json& one : (*json)["coverage"])
    text += (text.empty() ? "" : "\n") + words.path + " for " + one["principal"].get<std::string>() + ": " +
            Sentence(daemon::CountsFrom(one));
  if (json->contains("snapshot")) text += SnapshotSentence((*json)["snapshot"]);
  const Expected<void> printed = words.target.json ? Print(*json) : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

Expected<int> RunExplain(const QuestionWords& words) {
  const auto by_ourselves = [&](store::Ledger& ledger) {
    return Explain(ledger, words.target, words.path, words.access);
  };
  const Expected<Json> json = Answer(words, "explain", {{"path", words.path}, {"access", words.access}}, by_ourselves);
  if (!json) return std::unexpected(json.error());
  const Expected<void> printed = words.target.json ? Print(*json) : PrintText(ExplainText(*json));
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

Expected<int> RunFailures(const QuestionWords& words) {
  const daemon::FailuresWanted wanted{words.tombstones, words.dismissed};
  Json params = Json::object();
  if (words.tombstones) params["tombstones"] = true;
  if (words.dismissed) params["dismissed"] = true;
  const Expected<Json> json = Answer(
      words, "failures", params, [&wanted](store::Ledger& ledger) { return daemon::FailuresJson(ledger, {}, wanted); });
  if (!json) return std::unexpected(json.error());
  const Json& failures = (*json)["failures"];
  std::string text;
  for (const Json& failure : failures) text += (text.empty() ? "" : "\n") + FailureSentence(failure);
  for (const char* list : {"tombstones", "dismissed"})
    for (const Json& one : json->value(list, Json::array()))
      text += (text.empty() ? "" : "\n") + daemon::TombstoneSentence(one);
  const Expected<void> printed = words.target.json ? Print(*json) : PrintText(text.empty() ? "No failures." : text);
  if (!printed) return std::unexpected(printed.error());
  return failures.empty() ? kDone : kFailuresListed;
}

using Command = Expected<int> (*)(const QuestionWords&);

CLI::App& AddCommand(CLI::App& app, const char* name, const char* what, const char* example, Command run,
                     const std::shared_ptr<QuestionWords>& words, int& exit_code) {
  CLI::App& command = *app.add_subcommand(name, what);
  AddTargetOptions(command, words->target);
  command.footer(std::string("Example:\n  ") + example);
  command.callback([run, words, &exit_code] {
    const Expected<int> ended = run(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
  return command;
}

}  // namespace

void AddQuestionCommands(CLI::App& app, int& exit_code) {
  const auto status = std::make_shared<QuestionWords>();
  AddCommand(app, "status", "What is granted, and how far it is", "acledger status --image disk.img", RunStatus, status,
             exit_code)
      .add_flag("--watch", status->watch, "Go on showing what the daemon does, until Ctrl-C");

  const auto coverage = std::make_shared<QuestionWords>();
  CLI::App& how_much =
      AddCommand(app, "coverage", "How much of a subtree the principal can read",
                 "acledger coverage --image disk.img '\\Users\\dev\\Documents'", RunCoverage, coverage, exit_code);
  how_much.add_option("path", coverage->path, "Windows path")->required();
  how_much.add_option("--snapshot", coverage->snapshot, "Ask this file, which the daemon keeps for a user")
      ->type_name("FILE");

  const auto explain = std::make_shared<QuestionWords>();
  CLI::App& command =
      AddCommand(app, "explain", "Can the principal read this, and why?",
                 "acledger explain --image disk.img '\\Users\\dev\\.ssh\\id_rsa'", RunExplain, explain, exit_code);
  command.add_option("path", explain->path, "Windows path")->required();
  command.add_option("--access", explain->access, "Ask for these rights (default: those of the grant)")
      ->type_name("MASK");

  const auto failures = std::make_shared<QuestionWords>();
  CLI::App& failed = AddCommand(app, "failures", "What could not be done: path, right, principal, error",
                                "acledger failures --image disk.img", RunFailures, failures, exit_code);
  failed.add_flag("--tombstones", failures->tombstones,
                  "Also what could not be taken back, with the ids of the objects, and what was gone by then");
  failed.add_flag("--dismissed", failures->dismissed, "Also what was given up (acledger ledger dismiss)");
}

}  // namespace acledger::tools
