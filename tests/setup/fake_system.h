// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "setup/installation.h"
#include "setup/step_list.h"
#include "tests/setup/fake_accounts.h"
#include "tests/setup/fake_filters.h"
#include "tests/setup/fake_firewall.h"
#include "tests/setup/fake_folders.h"
#include "tests/setup/fake_processes.h"
#include "tests/setup/fake_program_files.h"
#include "tests/setup/fake_provisioning.h"
#include "tests/setup/fake_registry.h"
#include "tests/setup/fake_services.h"

namespace acledger::setup {

// A whole machine, on which an installation is run by its journal.
class FakeSystem {
 public:
  FakeMachine machine;
  FakeAccounts accounts{machine};
  FakeFirewall firewall{machine};
  FakeFilters filters{machine};
  FakeFolders folders{machine};
  FakeProgramFiles files{machine};
  FakeServices services{machine};
  FakeRegistry registry{machine};
  FakeProcesses processes{machine};
  FakeProvisioning provisioning{machine, [this] { return IsServing(); }};
  Wishes wishes{{security::Sid::Make(5, {21, 7, 7, 7, 1001})}, {3128}, {"C:\\work"}};
  Places places{"D:\\portable",
                "C:\\Program Files\\acledger",
                "C:\\ProgramData\\acledger",
                "C:\\ProgramData\\acledger-setup\\secrets",
                {"C:\\Program Files"},
                [](const security::Sid& user) -> Expected<std::string> { return "C:\\Users\\" + user.ToString(); }};
  std::vector<StepResult> last;

  FakeSystem() {
    for (const char* name : {"acledger.exe", "acledgerd.exe", "acledger-setup.exe"})
      files.files["D:\\portable\\" + std::string(name)] = name;
    const std::string control = "SYSTEM\\CurrentControlSet\\";
    for (const char* key : {"Services\\EventLog\\Application", "Control\\Session Manager\\Environment"})
      for (std::size_t end = 0; end != std::string::npos; end = (control + key).find('\\', end + 1))
        if (end != 0) registry.keys[(control + key).substr(0, end)];
    registry.keys[control + "Services\\EventLog\\Application"];
    registry.keys[control + "Control\\Session Manager\\Environment"]["Path"] = {RegistryValue::Kind::kExpandText,
                                                                                "%SystemRoot%;C:\\tools;", 0};
    first_keys_ = registry.keys;
  }

  bool IsServing() const {
    const auto service = services.services.find(kServiceName);
    return service != services.services.end() && service->second.is_running;
  }
  Machine Seams() {
    return {{accounts, accounts,
             [this](const std::string& name, const Secret& password) { return accounts.Fits(name, password); },
             [this](std::span<std::uint8_t> bytes) {
               for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
               return Expected<void>();
             }},
            firewall,
            filters,
            folders,
            files,
            services,
            registry,
            processes,
            provisioning};
  }
  // Whether it is complete; false where it was killed.
  bool Install() {
    return Go([](StepList& list, const StepList::Tell& tell) { return list.Install(tell); });
  }
  // With what this run made taken back where it fails; the results of that come first in OutcomeOf().
  bool InstallOrUndo() {
    const auto begun = journal_.Records();
    return Go([&begun](StepList& list, const StepList::Tell& tell) {
             const auto report = list.Install([](const StepResult&) {});
             return !report || report->is_complete ? report : list.UndoSince(*begun, tell);
           }) &&
           false;
  }
  bool Uninstall(const StepList::Keep& keep = {}) {
    return Go([&keep](StepList& list, const StepList::Tell& tell) { return list.Uninstall(tell, keep); });
  }
  Outcome OutcomeOf(const std::string& name) const {
    for (const StepResult& result : last)
      if (result.name == name) return result.outcome;
    throw std::out_of_range(name);
  }
  // All that an installation leaves on it, but for its records.
  bool IsAsItWas() const {
    return accounts.state.groups.empty() && accounts.state.users.empty() && accounts.state.rights.empty() &&
           accounts.state.hidden.empty() && accounts.state.kept.empty() && firewall.rules.empty() &&
           filters.filters.empty() && !filters.home && folders.folders.empty() && files.files.size() == 3 &&
           services.services.empty() && registry.keys == first_keys_ && provisioning.roots.empty() &&
           processes.running.empty();
  }

 private:
  template <class Work>
  bool Go(const Work& work) {
    Machine seams = Seams();
    const Provisioning::Tell told = [](const std::string&) {};
    StepList list(AllSteps(seams, places, wishes, told), journal_);
    last.clear();
    try {
      const Expected<Report> done = work(list, [this](const StepResult& result) { last.push_back(result); });
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }

  FakeJournal journal_{machine};
  std::mt19937 random_{7};
  decltype(FakeRegistry::keys) first_keys_;
};

}  // namespace acledger::setup
