// SPDX-License-Identifier: MIT
#include "tools/acledger/sd_command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "tools/acledger/console.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/lines.h"
#include "tools/acledger/sd_answer.h"

namespace acledger::tools {
namespace {

using security::Sid;

constexpr std::size_t kFlushAt = 256 * 1024;

// The words of the command line, before they mean anything.
struct Words {
  std::string domain, token, deny_only, restricting, access, type, owner, group, principal, mask, flags;
  std::string integrity = "0x2000";
  bool write_restricted = false, inherited = false, json = false;
};

// Wrong usage ends the program with exit code 2 and this reason.
template <class T>
T OrUsage(Expected<T> value, const char* option) {
  if (!value) throw CLI::ValidationError(option, value.error().reason);
  return std::move(*value);
}

security::SddlOptions SddlOptionsOf(const Words& words) {
  security::SddlOptions options;
  if (!words.domain.empty()) options.domain = OrUsage(security::SidFromSddl(words.domain), "--domain");
  return options;
}

Sid SidOf(const std::string& word, const security::SddlOptions& sddl, const char* option) {
  return OrUsage(security::SidFromSddl(word, sddl), option);
}

std::optional<Sid> OptionalSidOf(const std::string& word, const security::SddlOptions& sddl, const char* option) {
  if (word.empty()) return std::nullopt;
  return SidOf(word, sddl, option);
}

std::vector<Sid> SidsOf(const std::string& words, const security::SddlOptions& sddl, const char* option) {
  std::vector<Sid> sids;
  for (const std::string& word : CLI::detail::split(words, ',')) {
    if (!word.empty()) sids.push_back(SidOf(word, sddl, option));
  }
  return sids;
}

std::uint8_t FlagsOf(std::string word) {
  std::erase_if(word, [](char c) { return c == '|' || c == ',' || c == ' '; });
  return OrUsage(security::FlagsFromSddl(word), "--flags");
}

security::Entry EntryOf(const Words& words, const security::SddlOptions& sddl) {
  security::Entry entry;
  entry.sid = SidOf(words.principal, sddl, "--principal");
  if (!words.mask.empty()) entry.mask = OrUsage(security::RightsFromSddl(words.mask), "--mask");
  entry.flags = FlagsOf(words.flags);
  if (words.inherited) entry.flags |= security::kInherited;
  return entry;
}

security::Token TokenOf(const Words& words, const security::SddlOptions& sddl) {
  security::Token token;
  token.sids = SidsOf(words.token, sddl, "--token");
  if (token.sids.empty()) throw CLI::ValidationError("--token", "at least one SID");
  token.deny_only = SidsOf(words.deny_only, sddl, "--deny-only");
  token.restricting = SidsOf(words.restricting, sddl, "--restricting");
  token.write_restricted = words.write_restricted;
  token.integrity = OrUsage(security::RightsFromSddl(words.integrity), "--integrity");
  return token;
}

int Report(const Error& error) {
  std::fprintf(stderr, "acledger: %s\n", error.ToString().c_str());
  return kNotPossible;
}

Expected<void> Flush(SdAnswers& answers) {
  auto written = WriteOutput(answers.Text());
  answers.Text().clear();
  return written;
}

// One answer for each line of the input. What is answered is written before waiting for more input, so that a program
// can hold a conversation, and in large pieces where the input is there already.
template <class Command>
int Run(const Command& command, bool json) {
  SdAnswers answers(json);
  LineReader lines([&](std::span<char> buffer) -> Expected<std::size_t> {
    if (auto written = Flush(answers); !written) return std::unexpected(written.error());
    return ReadInput(buffer);
  });
  bool failures = false;
  std::string_view line;
  while (true) {
    auto result = lines.Next(line);
    if (!result) return Report(result.error());
    if (*result == LineReader::Result::kEnd) break;
    Expected<void> answered = *result == LineReader::Result::kTooLong
                                  ? Fail(ErrorKind::kTooLarge, "read line", "longer than 1 MiB")
                                  : command.Answer(line, answers);
    if (!answered) {
      answers.Refusal(answered.error());
      failures = true;
    }
    if (answers.Text().size() < kFlushAt) continue;
    if (auto written = Flush(answers); !written) return Report(written.error());
  }
  if (auto written = Flush(answers); !written) return Report(written.error());
  return failures ? kFailuresListed : kDone;
}

// A command of `sd`, with what all of them have.
CLI::App& AddCommand(CLI::App& sd, const char* name, const char* description, const char* example,
                     const std::shared_ptr<Words>& words) {
  CLI::App* command = sd.add_subcommand(name, description);
  command->footer(std::string("Example:\n  ") + example);
  command->add_option("--domain", words->domain, "SID that LA, DA and the like are relative to")->type_name("SID");
  command->add_flag("--json", words->json, "One JSON object a line");
  return *command;
}

void AddSidOption(CLI::App& command, const char* name, std::string& word, const char* description) {
  command.add_option(name, word, description)->type_name("SID");
}

void AddToSddl(CLI::App& sd, int& exit_code) {
  auto words = std::make_shared<Words>();
  CLI::App& command =
      AddCommand(sd, "to-sddl", "Write each descriptor as SDDL", "acledger sd to-sddl < descriptors.hex", words);
  command.callback([words, &exit_code] { exit_code = Run(ToSddlCommand{SddlOptionsOf(*words)}, words->json); });
}

void AddFromSddl(CLI::App& sd, int& exit_code) {
  auto words = std::make_shared<Words>();
  CLI::App& command = AddCommand(sd, "from-sddl", "Write each descriptor as the hex of its self-relative bytes",
                                 "echo 'O:BAD:(A;;FA;;;SY)' | acledger sd from-sddl", words);
  command.callback([words, &exit_code] { exit_code = Run(FromSddlCommand{SddlOptionsOf(*words)}, words->json); });
}

void AddCheck(CLI::App& sd, int& exit_code) {
  auto words = std::make_shared<Words>();
  CLI::App& command = AddCommand(sd, "check", "What a token would be granted: `granted 0x...` or `denied 0x<missing>`",
                                 "echo 'O:BAD:(A;;FR;;;BU)' | acledger sd check --token BU,WD --access FR", words);
  command.add_option("--token", words->token, "User and groups")->type_name("SID,...")->required();
  command.add_option("--deny-only", words->deny_only, "Groups that count for deny ACEs alone")->type_name("SID,...");
  command.add_option("--restricting", words->restricting, "Restricting SIDs")->type_name("SID,...");
  command.add_flag("--write-restricted", words->write_restricted, "Ask the restricting SIDs for write rights only");
  command.add_option("--integrity", words->integrity, "Integrity level")->type_name("LEVEL")->capture_default_str();
  command.add_option("--access", words->access, "Rights that are wanted, as 0x1200A9 or FRFX; 0x02000000: the most")
      ->type_name("RIGHTS")
      ->required();
  command.callback([words, &exit_code] {
    CheckCommand check{SddlOptionsOf(*words), {}, 0};
    check.token = TokenOf(*words, check.sddl);
    check.wanted = OrUsage(security::RightsFromSddl(words->access), "--access");
    exit_code = Run(check, words->json);
  });
}

void AddInherit(CLI::App& sd, int& exit_code) {
  auto words = std::make_shared<Words>();
  CLI::App& command =
      AddCommand(sd, "inherit", "What a child holds after inheritance; lines of parent<TAB>child, child empty if new",
                 "printf 'O:BAG:BAD:(A;OICI;FR;;;BU)\\t\\n' | acledger sd inherit --type file", words);
  command.add_option("--type", words->type, "The child's type")
      ->required()
      ->type_name("file|folder")
      ->check(CLI::IsMember({"file", "folder"}));
  AddSidOption(command, "--owner", words->owner, "Owner of a new child; default: the parent's");
  AddSidOption(command, "--group", words->group, "Group of a new child; default: the parent's");
  command.callback([words, &exit_code] {
    InheritCommand inherit{SddlOptionsOf(*words), {}, {}, {}};
    inherit.type = words->type == "folder" ? security::ObjectType::kFolder : security::ObjectType::kFile;
    inherit.owner = OptionalSidOf(words->owner, inherit.sddl, "--owner");
    inherit.group = OptionalSidOf(words->group, inherit.sddl, "--group");
    exit_code = Run(inherit, words->json);
  });
}

// grant and revoke differ in nothing but the edit.
template <class Command>
void AddEdit(CLI::App& sd, int& exit_code, const char* name, const char* description, const char* example) {
  auto words = std::make_shared<Words>();
  CLI::App& command = AddCommand(sd, name, description, example, words);
  command.add_option("--principal", words->principal, "Whose entry")->type_name("SID")->required();
  command.add_option("--mask", words->mask, "Rights, as 0x1200A9 (the default) or FRFX")->type_name("RIGHTS");
  command.add_option("--flags", words->flags, "OI CI NP IO together or with '|'; default: none")->type_name("FLAGS");
  command.add_flag("--inherited", words->inherited, "An inherited entry (ID)");
  command.callback([words, &exit_code] {
    Command edit{SddlOptionsOf(*words), {}};
    edit.entry = EntryOf(*words, edit.sddl);
    exit_code = Run(edit, words->json);
  });
}

}  // namespace

void AddSdCommand(CLI::App& app, int& exit_code) {
  CLI::App* sd = app.add_subcommand("sd",
                                    "Work on security descriptors: one a line on standard input (hex or SDDL), "
                                    "one answer a line");
  sd->require_subcommand(1);
  sd->footer(
      "Example:\n  echo 'O:BAD:(A;;FA;;;SY)' | acledger sd from-sddl | acledger sd to-sddl\n"
      "A line with a ':' is SDDL. A bad line is answered with `error: <reason>`, and the rest goes on.");
  AddToSddl(*sd, exit_code);
  AddFromSddl(*sd, exit_code);
  AddCheck(*sd, exit_code);
  AddInherit(*sd, exit_code);
  AddEdit<GrantCommand>(*sd, exit_code, "grant", "Add an allow entry, and change nothing else",
                        "acledger sd grant --principal S-1-5-21-1-2-3-1001 --mask 0x1200A9 --flags OICI < descriptors");
  AddEdit<RevokeCommand>(
      *sd, exit_code, "revoke", "Remove one identical allow entry, and change nothing else",
      "acledger sd revoke --principal S-1-5-21-1-2-3-1001 --mask 0x1200A9 --flags OICI < descriptors");
}

}  // namespace acledger::tools
