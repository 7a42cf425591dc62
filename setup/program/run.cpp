// SPDX-License-Identifier: MIT
#include "setup/program/run.h"

#include <algorithm>

namespace acledger::setup {
namespace {

// What a run comes to; the report is of as much as was done.
struct Result {
  Report report;
  int exit_code = kNotPossible;
  std::optional<Error> trouble;
};

Result CouldNot(const Error& error) { return {{}, error.kind == ErrorKind::kInvalid ? kUsage : kNotPossible, error}; }

template <class T>
void AddNew(std::vector<T>& list, const T& one) {
  if (std::ranges::find(list, one) == list.end()) list.push_back(one);
}

// The person for whom it is done where none is named.
Expected<std::optional<security::Sid>> StarterOf(const Command& command, Host& host) {
  if (command.starter.empty()) return host.StartedBy();
  const auto user = host.FindUser(command.starter);
  return user ? Expected<std::optional<security::Sid>>(*user) : std::unexpected(user.error());
}

// What was installed, and what the command adds to it.
Expected<Wishes> Joined(Wishes wishes, const Command& command, Host& host) {
  for (const std::string& text : command.users) {
    const auto user = host.FindUser(text);
    if (!user) return std::unexpected(user.error());
    AddNew(wishes.users, *user);
  }
  if (wishes.users.empty() && (command.verb == Verb::kInstall || command.verb == Verb::kPlan)) {
    const auto starter = StarterOf(command, host);
    if (!starter) return std::unexpected(starter.error());
    if (*starter) wishes.users.push_back(**starter);
  }
  if (!command.proxy_ports.empty() || command.no_proxies) wishes.proxy_ports = command.proxy_ports;
  for (const std::string& workspace : command.workspaces) AddNew(wishes.workspaces, workspace);
  if (command.principal) wishes.principal = *command.principal;
  if (command.manual) wishes.manual = *command.manual;
  return wishes;
}

// One command, as administrator, with the journal open.
class Work {
 public:
  Work(const Command& command, Host& host, Output& output, Journal& journal)
      : command_(command), host_(host), output_(output), journal_(journal) {}

  Result Do(const Wishes& wishes) {
    const Provisioning::Tell tell = [this](const std::string& line) { output_.Note(line); };
    StepList list(AllSteps(host_.TheMachine(), host_.ThePlaces(), wishes, tell), journal_);
    switch (command_.verb) {
      case Verb::kPlan:
        return Looked(list.Plan(), [](const StepResult& one) { return one.outcome != Outcome::kFailed; });
      case Verb::kStatus:
        return Looked(list.Status(), [](const StepResult& one) { return one.outcome == Outcome::kWhole; });
      case Verb::kInstall:
      case Verb::kRepair:
        return Install(list);
      case Verb::kUninstall:
        return Uninstall(list);
    }
    return {};
  }

 private:
  StepList::Tell Tell() {
    return [this](const StepResult& result) { output_.Step(result); };
  }
  template <class IsGood>
  Result Looked(const Expected<Report>& report, const IsGood& is_good) {
    if (!report) return CouldNot(report.error());
    for (const StepResult& result : report->steps) output_.Step(result);
    return {*report, std::ranges::all_of(report->steps, is_good) ? kDone : kNotWhole, {}};
  }
  Result Install(StepList& list) {
    const auto begun = journal_.Records();
    if (!begun) return CouldNot(begun.error());
    const auto report = list.Install(Tell());
    if (!report) return CouldNot(report.error());
    host_.AnnounceEnvironment();
    if (report->is_complete) return {*report, kDone, {}};
    if (!command_.undo_on_failure) return {*report, kNotWhole, {}};
    output_.Note("taking back what this run made");
    const auto undone = list.UndoSince(*begun, Tell());
    if (!undone) return CouldNot(undone.error());
    host_.AnnounceEnvironment();
    Report all = *report;
    all.steps.insert(all.steps.end(), undone->steps.begin(), undone->steps.end());
    return {all, undone->is_complete ? kNotWhole : kRemains, {}};
  }
  Result Uninstall(StepList& list) {
    const auto report =
        list.Uninstall(Tell(), command_.keep_accounts ? StepList::Keep(IsOfAccounts) : StepList::Keep());
    if (!report) return CouldNot(report.error());
    host_.AnnounceEnvironment();
    return {*report, report->is_complete ? kDone : kRemains, {}};
  }

  const Command& command_;
  Host& host_;
  Output& output_;
  Journal& journal_;
};

// A journal without records has nothing to tell any more.
Expected<void> RemoveEmptyJournal(std::unique_ptr<FileJournal> journal, Host& host) {
  const auto records = journal->Records();
  if (!records) return std::unexpected(records.error());
  if (!records->empty()) return {};
  journal.reset();
  return host.RemoveJournal();
}

// Where nothing was ever installed, as far as any journal knows.
Result NothingInstalled(const Command& command) {
  if (command.verb == Verb::kUninstall) return {{}, kDone, {}};
  return {{}, kNotWhole, Error{ErrorKind::kNotFound, Name(command.verb), {}, 0, "nothing is installed"}};
}

// A plan of what was never installed needs none: nothing is recorded by it.
class NoJournal final : public Journal {
  Expected<std::vector<StepRecord>> Records() override { return std::vector<StepRecord>(); }
  Expected<std::optional<StepRecord>> Find(const std::string&) override { return std::nullopt; }
  Expected<void> Put(const StepRecord&) override { return Fail(ErrorKind::kReadOnly, "record a step", "it is a plan"); }
  Expected<void> Remove(const std::string&) override { return {}; }
};

Expected<std::string> KeptWishes(FileJournal* journal) {
  if (journal == nullptr) return Write(Wishes());
  const auto text = journal->Wishes();
  if (!text) return std::unexpected(text.error());
  return *text ? **text : Write(Wishes());
}

Expected<Wishes> WishesOf(const Command& command, const std::string& kept, FileJournal* journal, Host& host) {
  const auto wishes = ReadWishes(kept);
  if (!wishes) return wishes;
  auto joined = Joined(*wishes, command, host);
  if (!joined || journal == nullptr) return joined;
  if (command.verb == Verb::kInstall || command.verb == Verb::kRepair)
    if (const auto put = journal->PutWishes(Write(*joined)); !put) return std::unexpected(put.error());
  return joined;
}

Result AsAdministrator(const Command& command, Host& host, Output& output) {
  auto journal = host.OpenJournal(command.verb == Verb::kInstall);
  if (!journal) return CouldNot(journal.error());
  if (!*journal && command.verb != Verb::kPlan) return NothingInstalled(command);
  const auto kept = KeptWishes(journal->get());
  const auto wishes = kept ? WishesOf(command, *kept, journal->get(), host) : std::unexpected(kept.error());
  if (!wishes) return CouldNot(wishes.error());
  NoJournal none;
  Journal& used = *journal ? static_cast<Journal&>(**journal) : none;
  Result result = Work(command, host, output, used).Do(*wishes);
  if (!*journal || command.verb == Verb::kPlan || command.verb == Verb::kStatus) return result;
  if (command.undo_on_failure && result.exit_code != kDone)
    if (const auto put = (*journal)->PutWishes(*kept); !put) return CouldNot(put.error());
  if (const auto removed = RemoveEmptyJournal(*std::move(journal), host); !removed && !result.trouble) {
    result.trouble = removed.error();
    result.exit_code = kRemains;
  }
  return result;
}

int RunAsAdministrator(const Command& command, Host& host, const Output::Show& show) {
  auto output = Output::Make(command, show);
  if (!output) {
    if (!command.quiet) show("acledger-setup: " + output.error().ToString());
    return kNotPossible;
  }
  const Result result = AsAdministrator(command, host, *output);
  output->End(result.report, result.exit_code, result.trouble);
  return result.exit_code;
}

}  // namespace

int Run(const Command& command, Host& host, const Output::Show& show) {
  const auto fail = [&](const Error& error) {
    if (!command.quiet) show("acledger-setup: " + error.ToString());
    return kNotPossible;
  };
  const auto elevated = host.IsElevated();
  if (!elevated) return fail(elevated.error());
  if (*elevated) return RunAsAdministrator(command, host, show);
  if (command.quiet)
    return fail({ErrorKind::kDenied, Name(command.verb), {}, 0, "it needs an administrator, and is to ask nobody"});
  // Whoever allows it may be another user than the one it is for.
  Command whole = command;
  const auto starter = host.StartedBy();
  if (!starter) return fail(starter.error());
  if (*starter) whole.starter = (*starter)->ToString();
  // Logged on this side: an administrator's process writes no file that an ordinary one names.
  whole.log.clear();
  auto output = Output::Make(command, show);
  if (!output) return fail(output.error());
  const auto code = host.RunElevated(whole, [&output](const std::string& line) { output->Relay(line); });
  if (!code) return fail(code.error());
  if (*code) return **code;
  output->Relay("acledger-setup: it was not allowed to run as administrator; nothing was done");
  return kCancelled;
}

}  // namespace acledger::setup
