// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "setup/program_files.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

class FakeProgramFiles final : public ProgramFiles {
 public:
  explicit FakeProgramFiles(FakeMachine& machine) : machine_(machine) {}
  std::map<std::string, std::string> files;  // Contents by path.

  Expected<bool> Exists(const std::string& path) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return files.contains(path);
  }
  Expected<bool> HasTraces(const std::string& path) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return files.contains(path) || files.contains(path + ".new");
  }
  Expected<bool> HaveSameContents(const std::string& one, const std::string& other) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return files.at(one) == files.at(other);
  }
  Expected<void> Copy(const std::string& from, const std::string& to) override {
    files[to + ".new"] = "half";
    return machine_.Do([&] { files.erase(to + ".new"), files[to] = files.at(from); });
  }
  Expected<void> Remove(const std::string& path) override {
    return machine_.Do([&] { files.erase(path), files.erase(path + ".new"); });
  }

 private:
  FakeMachine& machine_;
};

}  // namespace acledger::setup
