// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <utility>
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
  std::optional<GrantedRoot> late;  // Asked for by somebody just when everything was rolled back.
  bool is_stuck = false;            // One entry cannot be taken back.

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
  Expected<void> RollBack(const std::optional<security::Sid>& principal, const Tell& tell) override {
    if (!is_serving_()) return Nobody();
    tell("rolling back");
    if (is_stuck) return Fail(ErrorKind::kIo, "roll back", "1 grant is left");
    const auto done = machine_.Do([&] {
      std::erase_if(roots, [&](const GrantedRoot& one) { return !principal || one.principal == *principal; });
    });
    if (!principal && late) roots.push_back(*std::exchange(late, std::nullopt));
    return done;
  }
  Expected<std::size_t> GrantsInFile() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return roots.size();
  }

 private:
  static std::unexpected<Error> Nobody() { return Fail(ErrorKind::kNotFound, "ask the service", "nobody serves"); }
  FakeMachine& machine_;
  const std::function<bool()> is_serving_;
};

}  // namespace acledger::setup
