// SPDX-License-Identifier: MIT
#include "tools/acledger/hold_command.h"

#include <memory>
#include <vector>

#include "tools/acledger/daemon_session.h"
#include "tools/acledger/exit_code.h"

namespace acledger::tools {
namespace {

struct HoldWords {
  TargetOptions target;
  std::vector<std::string> paths;
  std::string principal, mask;
  std::uint32_t process = 0;
  unsigned wait = 0;
  std::int64_t holder = 0;
};

Expected<int> Tell(const HoldWords& words, const Json& answer, const std::string& text) {
  const Expected<void> printed = words.target.json ? Print(answer) : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

Expected<int> RunAcquire(const HoldWords& words) {
  Expected<daemon::Client> client = NeedDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  Json params = {{"principal", words.principal}, {"roots", words.paths}, {"pid", words.process}};
  if (!words.mask.empty()) params["mask"] = words.mask;
  const std::chrono::milliseconds time = std::chrono::seconds(words.wait);
  if (words.wait > 0) params["wait_ms"] = time.count();
  const Expected<Json> answer = client->Call("acquire", params, time + std::chrono::seconds(30));
  if (!answer) return std::unexpected(answer.error());
  std::string text;
  for (const Json& one : (*answer)["holders"])
    text += (text.empty() ? "" : "\n") + one.value("root", "") + ": holder " + one["holder"].dump();
  if (words.wait > 0) text += answer->value("applied", false) ? "\napplied" : "\nnot applied yet";
  return Tell(words, *answer, text);
}

Expected<int> RunRelease(const HoldWords& words) {
  Expected<daemon::Client> client = NeedDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  const Expected<Json> answer = Ask(*client, "release", {{"holder", words.holder}});
  if (!answer) return std::unexpected(answer.error());
  return Tell(
      words, *answer,
      "released" +
          std::string((*answer)["rolling_back"].empty() ? "" : "; nobody wants it any more: it is being rolled back"));
}

Expected<Json> HoldersOf(const HoldWords& words) {
  Expected<std::optional<daemon::Client>> client = FindDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  if (*client) return Ask(**client, "holders");
  const Expected<std::unique_ptr<store::Ledger>> ledger = OpenLedgerToRead(words.target);
  if (!ledger) return std::unexpected(ledger.error());
  const Expected<std::vector<store::Grant>> grants = (*ledger)->Grants();
  if (!grants) return std::unexpected(grants.error());
  return daemon::HoldersJson(**ledger, *grants, "");
}

Expected<int> RunHolders(const HoldWords& words) {
  const Expected<Json> answer = HoldersOf(words);
  if (!answer) return std::unexpected(answer.error());
  std::string text;
  for (const Json& one : (*answer)["holders"])
    text += (text.empty() ? "" : "\n") + one["holder"].dump() + "  " + one.value("root", "") + "  " +
            one.value("principal", "") + "  " + one.value("mask", "") + "  process " + one["pid"].dump() + " of " +
            one.value("user", "") + (one.value("permanent", false) ? "  (granted for good)" : "");
  return Tell(words, *answer, text.empty() ? "Nobody holds anything." : text);
}

using Command = Expected<int> (*)(const HoldWords&);

CLI::App& Add(CLI::App& app, const char* name, const char* what, const char* example, Command run,
              const std::shared_ptr<HoldWords>& words, int& exit_code) {
  CLI::App& command = *app.add_subcommand(name, what);
  AddTargetOptions(command, words->target);
  command.footer(std::string("Example:\n  ") + example);
  command.callback([words, run, &exit_code] {
    const Expected<int> ended = run(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
  return command;
}

}  // namespace

void AddHoldCommands(CLI::App& app, int& exit_code) {
  const auto acquire = std::make_shared<HoldWords>();
  CLI::App& command =
      Add(app, "acquire", "Grant access for as long as a process runs, or until it is released",
          "acledger acquire 'C:\\work' --principal S-1-9-77-1 --pid 4242", RunAcquire, acquire, exit_code);
  command.add_option("path", acquire->paths, "Windows paths")->required();
  command.add_option("--principal", acquire->principal, "The SID that receives access")->required()->type_name("SID");
  command.add_option("--mask", acquire->mask, "Rights (default: read and execute)")->type_name("MASK");
  // This command ends at once: it cannot be the holder itself.
  command.add_option("--pid", acquire->process, "The process that holds it")->required()->check(CLI::PositiveNumber);
  command.add_option("--wait", acquire->wait, "Seconds to wait until it is applied")->check(CLI::Range(0, 86400));

  const auto release = std::make_shared<HoldWords>();
  Add(app, "release", "Give back what `acquire` got", "acledger release 3", RunRelease, release, exit_code)
      .add_option("holder", release->holder, "Its number (acledger holders)")
      ->required()
      ->check(CLI::PositiveNumber);

  Add(app, "holders", "Which processes hold access, and to what", "acledger holders --json", RunHolders,
      std::make_shared<HoldWords>(), exit_code);
}

}  // namespace acledger::tools
