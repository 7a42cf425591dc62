// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "setup/provisioning.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

// A service that answers while `is_serving` says so.
class FakeProvisioning final : public Provisioning {
 public:
  FakeProvisioning(FakeMachine& machine, std::function<bool()> is_serving)
      : machine_(machine), is_serving_(std::move(is_serving)) {}
  std::vector<GrantedRoot> roots;
  std::string missing;
  bool is_stuck = false;  // One entry cannot be taken back.

  Expected<void> Await() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return is_serving_() ? Expected<void>() : Nobody();
  }
  Expected<std::vector<GrantedRoot>> Roots() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (!is_serving_()) return Nobody();
    return roots;
  }
  Expected<void> Queue(const security::Sid& principal, const std::string& root) override {
    if (!is_serving_()) return Nobody();
    if (root == missing) return Fail(ErrorKind::kNotFound, "open " + root, "it is not there");
    // As the service names it: without the drive.
    return machine_.Do([&] { roots.push_back({principal, root.substr(2)}); });
  }
  Expected<void> RollBackAll(const Tell& tell) override {
    if (!is_serving_()) return Nobody();
    tell("rolling back");
    if (is_stuck) return Fail(ErrorKind::kIo, "roll back", "1 grant is left");
    return machine_.Do([&] { roots.clear(); });
  }

 private:
  static std::unexpected<Error> Nobody() { return Fail(ErrorKind::kNotFound, "ask the service", "nobody serves"); }
  FakeMachine& machine_;
  const std::function<bool()> is_serving_;
};

}  // namespace acledger::setup
