// SPDX-License-Identifier: MIT
#pragma once

#include <map>

#include "setup/folders.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

class FakeFolders final : public Folders {
 public:
  explicit FakeFolders(FakeMachine& machine) : machine_(machine) {}
  std::map<std::string, FolderFacts> folders;
  std::vector<std::string> names;

  Expected<std::optional<FolderFacts>> Find(const std::string& path) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    const auto found = folders.find(path);
    return found == folders.end() ? std::nullopt : std::optional(found->second);
  }
  Expected<void> Make(const std::string& path, security::Bytes descriptor) override {
    return machine_.Do([&] { folders[path] = {true, {descriptor.begin(), descriptor.end()}}; });
  }
  Expected<void> SetDescriptor(const std::string& path, security::Bytes descriptor) override {
    return machine_.Do([&] { folders.at(path).descriptor.assign(descriptor.begin(), descriptor.end()); });
  }
  Expected<void> RemoveEmpty(const std::string& path) override {
    if (!names.empty()) return Fail(ErrorKind::kDenied, "remove", "not empty");
    return machine_.Do([&] { folders.erase(path); });
  }
  Expected<void> RemoveTree(const std::string& path) override {
    return machine_.Do([&] {
      names.clear();
      folders.erase(path);
    });
  }
  Expected<std::vector<std::string>> NamesIn(const std::string&) override { return names; }

 private:
  FakeMachine& machine_;
};

}  // namespace acledger::setup
