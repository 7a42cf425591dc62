// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tools/acledger/exit_code.h"
#include "tools/acledger/grant_command.h"
#include "tools/acledger/hold_command.h"
#include "tools/acledger/index_command.h"
#include "tools/acledger/ledger_command.h"
#include "tools/acledger/question_command.h"
#include "tools/acledger/rollback_command.h"
#include "tools/acledger/sd_command.h"
#include "tools/acledger/steer_command.h"

namespace {

int Run(int argc, char** argv) {
  using namespace acledger::tools;
  CLI::App app("Grants a sandbox account access to files, keeps a ledger of it, and takes it back.", "acledger");
  argv = app.ensure_utf8(argv);
  app.require_subcommand(1);
  int exit_code = kDone;
  AddGrantCommands(app, exit_code);
  AddHoldCommands(app, exit_code);
  AddIndexCommands(app, exit_code);
  AddLedgerCommands(app, exit_code);
  AddQuestionCommands(app, exit_code);
  AddRollbackCommands(app, exit_code);
  AddSdCommand(app, exit_code);
  AddSteerCommands(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Asking for help is no error; every other code of CLI11 means wrong usage.
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs("acledger: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return acledger::tools::kNotPossible;
  }
}
