// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "setup/file_journal.h"
#include "setup/installation.h"
#include "setup/program/command.h"

namespace acledger::setup {

// What the program is to its system. Threads: one. Errors: of the system, each with what to do about it.
class Host {
 public:
  using Show = std::function<void(const std::string& line)>;
  Host() = default;
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  virtual Expected<bool> IsElevated() = 0;
  // Whoever started this, if it is a person's account, and not a service's.
  virtual Expected<std::optional<security::Sid>> StartedBy() = 0;
  // By SID or name. kNotFound; kInvalid: it is no user.
  virtual Expected<security::Sid> FindUser(const std::string& user) = 0;
  // Runs the command as administrator, after the user has allowed it; `show` gets its lines. Its exit code; nothing
  // where the user said no.
  virtual Expected<std::optional<int>> RunElevated(const Command& command, const Show& show) = 0;

  // In a folder for SYSTEM and Administrators alone, which is made where `may_make`; nothing where there is none and
  // none is to be made.
  virtual Expected<std::unique_ptr<FileJournal>> OpenJournal(bool may_make) = 0;
  // The file of a journal that was closed, and its folder. Good where there is none.
  virtual Expected<void> RemoveJournal() = 0;

  virtual Machine& TheMachine() = 0;
  virtual const Places& ThePlaces() = 0;
  // Running programs read the search path again.
  virtual void AnnounceEnvironment() = 0;
};

}  // namespace acledger::setup
