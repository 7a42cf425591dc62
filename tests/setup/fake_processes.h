// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <vector>

#include "setup/processes.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

class FakeProcesses final : public Processes {
 public:
  explicit FakeProcesses(FakeMachine& machine) : machine_(machine) {}
  std::map<std::uint32_t, security::Sid> running;
  int children = 0;  // So many processes start another one while they are ended.

  Expected<std::vector<std::uint32_t>> Of(const security::Sid& user) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    std::vector<std::uint32_t> found;
    for (const auto& [process, owner] : running)
      if (owner == user) found.push_back(process);
    return found;
  }
  Expected<void> End(std::uint32_t process, const security::Sid& wanted) override {
    if (running.contains(process) && running.at(process) != wanted) return {};
    return machine_.Do([&] {
      const security::Sid user = running.at(process);
      running.erase(process);
      if (children-- > 0) running[process + 1000] = user;
    });
  }

 private:
  FakeMachine& machine_;
};

}  // namespace acledger::setup
