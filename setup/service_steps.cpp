// SPDX-License-Identifier: MIT
#include "setup/service_steps.h"

#include <array>

namespace acledger::setup {
namespace {

class ServiceStep final : public Step {
 public:
  ServiceStep(Services& services, const ServiceEntry& entry, std::vector<std::string> needs)
      : services_(services), entry_(entry), title_("service " + entry.name), needs_(std::move(needs)) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override { return "make the service " + entry_.name + ", which starts " + entry_.command; }
  std::vector<std::string> Needs() const override { return needs_; }

  Expected<Standing> Check() override {
    const auto found = FindOurs();
    if (!found) return std::unexpected(found.error());
    if (!*found) return Standing{false, "there is no such service"};
    return **found == entry_ ? Standing{true, {}} : Standing{false, "its settings are others"};
  }
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override {
    const auto found = FindOurs();
    if (!found) return std::unexpected(found.error());
    return *found ? services_.Change(entry_) : services_.Make(entry_);
  }
  Expected<void> Undo(const std::string&) override {
    const auto found = services_.Find(entry_.name);
    if (!found) return std::unexpected(found.error());
    return IsOurs(*found) ? services_.Remove(entry_.name) : Expected<void>();
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto found = services_.Find(entry_.name);
    if (!found) return std::unexpected(found.error());
    return IsOurs(*found) ? Standing{false, "it is still there"} : Standing{true, {}};
  }

 private:
  // By its description, which says who made it; one that was made and not yet described, by what it starts.
  bool IsOurs(const std::optional<ServiceEntry>& found) const {
    if (!found) return false;
    const bool is_half_made = found->description.empty() && found->command == entry_.command;
    return is_half_made || found->description == entry_.description;
  }
  Expected<std::optional<ServiceEntry>> FindOurs() {
    auto found = services_.Find(entry_.name);
    if (!found || !*found || IsOurs(*found)) return found;
    return std::unexpected(Error{ErrorKind::kMismatch, "look at the service", entry_.name, 0,
                                 "there is one that acledger did not make: remove it"});
  }

  Services& services_;
  const ServiceEntry entry_;
  const std::string title_;
  const std::vector<std::string> needs_;
};

std::string TitleOf(const ServiceTrait& trait) {
  static constexpr std::array<const char*, std::variant_size_v<ServiceTrait>> kTitles = {
      "required privileges", "restarts after a failure", "delayed start", "own SID"};
  return kTitles[trait.index()];
}

// It goes with the entry.
class TraitStep final : public Step {
 public:
  TraitStep(Services& services, const std::string& name, ServiceTrait wanted)
      : services_(services),
        name_(name),
        entry_title_("service " + name),
        title_(entry_title_ + ": " + TitleOf(wanted)),
        wanted_(std::move(wanted)) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override { return "set it for the " + entry_title_; }
  std::vector<std::string> Needs() const override { return {entry_title_}; }

  Expected<Standing> Check() override {
    const auto now = services_.Trait(name_, wanted_);
    if (!now && now.error().kind == ErrorKind::kNotFound) return Standing{false, "there is no such service"};
    if (!now && now.error().kind == ErrorKind::kUnsupported) return Standing{false, now.error().ToString()};
    if (!now) return std::unexpected(now.error());
    return *now == wanted_ ? Standing{true, {}} : Standing{false, "the system keeps it otherwise"};
  }
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override { return services_.SetTrait(name_, wanted_); }
  Expected<void> Undo(const std::string&) override { return {}; }
  Expected<Standing> CheckUndone(const std::string&) override { return Standing{true, {}}; }

 private:
  Services& services_;
  const std::string name_, entry_title_, title_;
  const ServiceTrait wanted_;
};

class RunningStep final : public Step {
 public:
  RunningStep(Services& services, std::string name)
      : services_(services), name_(std::move(name)), title_("running " + name_) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override { return "start the service " + name_; }
  std::vector<std::string> Needs() const override { return {"service " + name_}; }

  Expected<Standing> Check() override {
    const auto running = services_.IsRunning(name_);
    if (!running && running.error().kind == ErrorKind::kNotFound) return Standing{false, "there is no such service"};
    if (!running) return std::unexpected(running.error());
    return *running ? Standing{true, {}} : Standing{false, "it does not run"};
  }
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override { return services_.Start(name_); }
  Expected<void> Undo(const std::string&) override {
    const auto now = Check();
    if (!now) return std::unexpected(now.error());
    return now->is_whole ? services_.Stop(name_) : Expected<void>();
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto now = Check();
    if (!now) return std::unexpected(now.error());
    return now->is_whole ? Standing{false, "it still runs"} : Standing{true, {}};
  }

 private:
  Services& services_;
  const std::string name_, title_;
};

}  // namespace

std::vector<std::unique_ptr<Step>> ServiceSteps(Services& services, const ServiceEntry& entry,
                                                const std::vector<ServiceTrait>& traits,
                                                std::vector<std::string> needs) {
  std::vector<std::unique_ptr<Step>> steps;
  steps.push_back(std::make_unique<ServiceStep>(services, entry, std::move(needs)));
  for (const ServiceTrait& trait : traits) steps.push_back(std::make_unique<TraitStep>(services, entry.name, trait));
  steps.push_back(std::make_unique<RunningStep>(services, entry.name));
  return steps;
}

}  // namespace acledger::setup
