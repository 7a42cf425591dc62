// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "setup/secret_files.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

// Files in memory; calls go wrong as the FakeMachine says. A write that goes half way leaves half of the file.
class FakeSecretFiles final : public SecretFiles {
 public:
  explicit FakeSecretFiles(FakeMachine& machine) : machine_(machine) {}

  std::map<std::string, std::vector<std::uint8_t>> files;
  std::set<std::string> foreign;  // Somebody else put these there.

  Expected<std::optional<std::vector<std::uint8_t>>> Read(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (foreign.contains(name)) return Fail(ErrorKind::kMismatch, "read " + name, "another wrote it");
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }
  Expected<void> WriteNew(const std::string& name, security::Bytes content) override {
    if (files.contains(name)) return Fail(ErrorKind::kMismatch, "write " + name, "it is there");
    const Fault fault = machine_.Next();
    if (fault == Fault::kError) return Broken();
    if (fault == Fault::kLie) return {};
    if (fault == Fault::kHalf) content = content.first(content.size() / 2);
    files[name].assign(content.begin(), content.end());
    if (fault == Fault::kKilledAfter) throw Killed();
    if (fault == Fault::kHalf || fault == Fault::kErrorAfter) return Broken();
    return {};
  }
  Expected<void> Remove(const std::string& name) override {
    return machine_.Do([&] { files.erase(name), foreign.erase(name); });
  }

 private:
  FakeMachine& machine_;
};

// Turns bytes over and adds a sum of them and of the context.
class FakeSealer final : public Sealer {
 public:
  bool is_mute = false;  // It takes and gives nothing.

  Expected<std::vector<std::uint8_t>> Seal(const Secret& secret, const std::string& context) override {
    if (is_mute) return Broken();
    std::vector<std::uint8_t> sealed = {Sum(secret.Reveal(), context)};
    for (const char c : secret.Reveal()) sealed.push_back(static_cast<std::uint8_t>(c ^ 0x5a));
    return sealed;
  }
  Expected<Secret> Open(security::Bytes sealed, const std::string& context) override {
    if (is_mute) return Broken();
    std::string text;
    for (const std::uint8_t byte : sealed.subspan(1)) text.push_back(static_cast<char>(byte ^ 0x5a));
    if (sealed[0] != Sum(text, context)) return Fail(ErrorKind::kCorrupt, "open a password", "it was changed");
    return Secret(text);
  }

 private:
  static std::uint8_t Sum(std::string_view text, std::string_view context) {
    unsigned sum = 7;
    for (const char c : std::string(text) + std::string(context)) sum = sum * 31 + static_cast<unsigned char>(c);
    return static_cast<std::uint8_t>(sum);
  }
};

}  // namespace acledger::setup
