// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "setup/program/host.h"

namespace acledger::setup {

// This machine.
class Win32Host final : public Host {
 public:
  Win32Host();
  ~Win32Host() override;

  // Before all else. As administrator it enables the privileges to back up, to restore and to look at others'
  // processes, for the rest of this process.
  Expected<void> Begin();

  Expected<bool> IsElevated() override;
  Expected<std::optional<security::Sid>> StartedBy() override;
  Expected<security::Sid> FindUser(const std::string& user) override;
  Expected<std::optional<int>> RunElevated(const Command& command, const Show& show) override;
  Expected<std::unique_ptr<FileJournal>> OpenJournal(bool may_make) override;
  Expected<void> RemoveJournal() override;
  Machine& TheMachine() override;
  const Places& ThePlaces() override;
  void AnnounceEnvironment() override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace acledger::setup
