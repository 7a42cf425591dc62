// SPDX-License-Identifier: MIT
#include "setup/provisioning_step.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace acledger::setup {
namespace {

char Lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

// The ledger names roots without their drive, as the volume writes them; one below another is part of that grant.
bool IsAtOrBelow(std::string_view root, std::string_view top) {
  for (std::string_view* path : {&root, &top}) {
    if (path->size() >= 2 && (*path)[1] == ':') path->remove_prefix(2);
    while (path->ends_with('\\')) path->remove_suffix(1);
  }
  if (root.size() > top.size() && root[top.size()] != '\\') return false;
  return std::ranges::equal(root.substr(0, top.size()), top, {}, Lower, Lower);
}

class ProvisioningStep final : public Step {
 public:
  ProvisioningStep(Provisioning& provisioning, ProvisioningWish wish, std::function<Expected<void>()> start,
                   Provisioning::Tell tell)
      : provisioning_(provisioning), wish_(std::move(wish)), start_(std::move(start)), tell_(std::move(tell)) {}

  const std::string& Name() const override { return wish_.title; }
  std::string Intent() const override { return wish_.intent; }
  std::vector<std::string> Needs() const override { return wish_.needs; }

  Expected<Standing> Check() override {
    const auto missing = Missing();
    if (!missing && missing.error().kind == ErrorKind::kNotFound) return Standing{false, missing.error().ToString()};
    if (!missing) return std::unexpected(missing.error());
    return missing->empty() ? Standing{true, {}} : Standing{false, missing->front() + " is not queued"};
  }
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override {
    if (const auto answers = provisioning_.Await(); !answers) return answers;
    const auto missing = Missing();
    if (!missing) return std::unexpected(missing.error());
    if (missing->empty()) return {};
    const auto principal = wish_.principal();
    if (!principal) return std::unexpected(principal.error());
    std::optional<Error> first;
    for (const std::string& root : *missing)  // One that is not there keeps none of the others out.
      if (const auto queued = provisioning_.Queue(*principal, root); !queued && !first) first = queued.error();
    return first ? std::unexpected(*first) : Expected<void>();
  }
  Expected<void> Undo(const std::string&) override {
    if (const auto started = start_(); !started) return started;
    if (const auto answers = provisioning_.Await(); !answers) return answers;
    return provisioning_.RollBackAll(tell_);
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto roots = provisioning_.Roots();
    if (!roots) return std::unexpected(roots.error());
    if (roots->empty()) return Standing{true, {}};
    return Standing{false, std::to_string(roots->size()) + " grants are left, " + roots->front().root + " among them"};
  }

 private:
  // Of the roots that are wished for. kNotFound: the principal is not there, or nobody serves.
  Expected<std::vector<std::string>> Missing() {
    const auto granted = provisioning_.Roots();
    if (!granted) return std::unexpected(granted.error());
    auto wanted = wish_.roots();
    if (!wanted || wanted->empty()) return wanted;
    const auto principal = wish_.principal();
    if (!principal) return std::unexpected(principal.error());
    std::erase_if(*wanted, [&](const std::string& root) {
      return std::ranges::any_of(*granted, [&](const GrantedRoot& one) {
        return IsAtOrBelow(root, one.root) && one.principal == *principal && !one.is_going;
      });
    });
    return wanted;
  }

  Provisioning& provisioning_;
  const ProvisioningWish wish_;
  const std::function<Expected<void>()> start_;
  const Provisioning::Tell tell_;
};

}  // namespace

std::unique_ptr<Step> MakeProvisioningStep(Provisioning& provisioning, ProvisioningWish wish,
                                           std::function<Expected<void>()> start, Provisioning::Tell tell) {
  return std::make_unique<ProvisioningStep>(provisioning, std::move(wish), std::move(start), std::move(tell));
}

}  // namespace acledger::setup
