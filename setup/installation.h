// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "security/sid.h"
#include "setup/account_steps.h"
#include "setup/filters.h"
#include "setup/firewall.h"
#include "setup/folders.h"
#include "setup/processes.h"
#include "setup/program_files.h"
#include "setup/provisioning.h"
#include "setup/registry.h"
#include "setup/services.h"
#include "setup/step.h"
#include "setup/wishes.h"

namespace acledger::setup {

// Where things are on this machine: full paths without a separator at the end.
struct Places {
  std::string source;                     // The folder that this program was started from.
  std::string programs;                   // "C:\Program Files\acledger"
  std::string state;                      // "C:\ProgramData\acledger": the service's own.
  std::string secrets;                    // Beside the journal, since both outlive the service.
  std::vector<std::string> shared_roots;  // Provisioned for each user: Program Files, both.
  // Of a user; kNotFound where nobody of that SID has ever logged on.
  std::function<Expected<std::string>(const security::Sid& user)> profile_of;
};

// The seams to the system. It and they must outlive the steps.
struct Machine {
  AccountSystem accounts;
  Firewall& firewall;
  Filters& filters;
  Folders& folders;
  ProgramFiles& program_files;
  Services& services;
  Registry& registry;
  Processes& processes;
  Provisioning& provisioning;
};

inline constexpr char kServiceName[] = "acledger";
inline constexpr char kKey[] = "SOFTWARE\\acledger";

// All steps, in the order in which they are made: folders, programs, SIDs, each user's group, accounts, rules and
// filters, the service, what is granted; last that commands may be started. `tell` gets lines of progress.
std::vector<std::unique_ptr<Step>> AllSteps(Machine& machine, const Places& places, const Wishes& wishes,
                                            const Provisioning::Tell& tell);

// The principal of a user's sandbox that does not change with the machine. Errors of ReadSids().
Expected<security::Sid> SyntheticSid(Registry& registry, const security::Sid& user);

// Of what `uninstall --keep-accounts` keeps, with what that needs: the groups, accounts and passwords.
bool IsOfAccounts(const std::string& step);

}  // namespace acledger::setup
