// SPDX-License-Identifier: MIT
#include "setup/service_steps.h"

namespace acledger::setup {
namespace {

class ServiceStep final : public Step {
 public:
  ServiceStep(Services& services, const ServiceConfig& config, std::vector<std::string> needs)
      : services_(services), config_(config), title_("service " + config.name), needs_(std::move(needs)) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override {
    return "make the service " + config_.name + ", which starts " + config_.command;
  }
  std::vector<std::string> Needs() const override { return needs_; }

  Expected<Standing> Check() override {
    const auto found = FindOurs();
    if (!found) return std::unexpected(found.error());
    if (!*found) return Standing{false, "there is no such service"};
    return **found == config_ ? Standing{true, {}} : Standing{false, "its settings are others"};
  }
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override {
    const auto found = FindOurs();
    if (!found) return std::unexpected(found.error());
    return *found ? services_.Change(config_) : services_.Make(config_);
  }
  Expected<void> Undo(const std::string&) override {
    const auto found = services_.Find(config_.name);
    if (!found) return std::unexpected(found.error());
    return IsOurs(*found) ? services_.Remove(config_.name) : Expected<void>();
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto found = services_.Find(config_.name);
    if (!found) return std::unexpected(found.error());
    return IsOurs(*found) ? Standing{false, "it is still there"} : Standing{true, {}};
  }

 private:
  // By its description, which says who made it.
  bool IsOurs(const std::optional<ServiceConfig>& found) const {
    return found && found->description == config_.description;
  }
  Expected<std::optional<ServiceConfig>> FindOurs() {
    auto found = services_.Find(config_.name);
    if (!found || !*found || IsOurs(*found)) return found;
    return std::unexpected(Error{ErrorKind::kMismatch, "look at the service", config_.name, 0,
                                 "there is one that acledger did not make: remove it"});
  }

  Services& services_;
  const ServiceConfig config_;
  const std::string title_;
  const std::vector<std::string> needs_;
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

std::vector<std::unique_ptr<Step>> ServiceSteps(Services& services, const ServiceConfig& config,
                                                std::vector<std::string> needs) {
  std::vector<std::unique_ptr<Step>> steps;
  steps.push_back(std::make_unique<ServiceStep>(services, config, std::move(needs)));
  steps.push_back(std::make_unique<RunningStep>(services, config.name));
  return steps;
}

}  // namespace acledger::setup
