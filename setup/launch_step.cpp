// SPDX-License-Identifier: MIT
#include "setup/launch_step.h"

#include <utility>

namespace acledger::setup {
namespace {

constexpr int kMostRounds = 10;  // A process may start another one while it is ended.

class LaunchStep final : public Step {
 public:
  LaunchStep(Registry& registry, Processes& processes, LaunchWish wish)
      : processes_(processes),
        users_(std::move(wish.users)),
        mark_(MakeValueStep(registry, "launches", std::move(wish.place),
                            {RegistryValue::Kind::kText, std::move(wish.mark), 0}, std::move(wish.needs))) {}

  const std::string& Name() const override { return mark_->Name(); }
  std::string Intent() const override { return "let the launcher start commands"; }
  std::vector<std::string> Needs() const override { return mark_->Needs(); }
  bool GoesWithItsNeeds() const override { return true; }
  Expected<Standing> Check() override { return mark_->Check(); }
  Expected<std::string> Before() override { return mark_->Before(); }
  Expected<void> Apply(const std::string& before) override { return mark_->Apply(before); }

  Expected<void> Undo(const std::string& before) override {
    if (const auto undone = mark_->Undo(before); !undone) return undone;
    for (int round = 0; round < kMostRounds; ++round) {
      const auto running = Running();
      if (!running) return std::unexpected(running.error());
      if (running->empty()) return {};
      for (const auto& [process, user] : *running)
        if (const auto ended = processes_.End(process, user); !ended) return ended;
    }
    return Fail(ErrorKind::kBusy, "end the sandbox's processes", "they start new ones");
  }
  Expected<Standing> CheckUndone(const std::string& before) override {
    const auto undone = mark_->CheckUndone(before);
    if (!undone || !undone->is_whole) return undone;
    const auto running = Running();
    if (!running) return std::unexpected(running.error());
    if (running->empty()) return Standing{true, {}};
    return Standing{false, "process " + std::to_string(running->front().first) + " of the sandbox still runs"};
  }

 private:
  Expected<std::vector<std::pair<std::uint32_t, security::Sid>>> Running() {
    const auto users = users_();
    if (!users) return std::unexpected(users.error());
    std::vector<std::pair<std::uint32_t, security::Sid>> all;
    for (const security::Sid& user : *users) {
      const auto some = processes_.Of(user);
      if (!some) return std::unexpected(some.error());
      for (const std::uint32_t process : *some) all.emplace_back(process, user);
    }
    return all;
  }

  Processes& processes_;
  const std::function<Expected<std::vector<security::Sid>>()> users_;
  const std::unique_ptr<Step> mark_;
};

}  // namespace

std::unique_ptr<Step> MakeLaunchStep(Registry& registry, Processes& processes, LaunchWish wish) {
  return std::make_unique<LaunchStep>(registry, processes, std::move(wish));
}

}  // namespace acledger::setup
