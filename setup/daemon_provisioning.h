// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "daemon/client/client.h"
#include "setup/provisioning.h"

namespace acledger::setup {

struct ServicePlaces {
  std::vector<std::string> endpoints;          // Tried in this order; the client checks who serves there.
  std::chrono::milliseconds patience{30'000};  // For a service that has just been started to listen.
};

// Asks the service. Each call has a connection of its own: the service may be stopped and started in between.
class DaemonProvisioning final : public Provisioning {
 public:
  explicit DaemonProvisioning(ServicePlaces places) : places_(std::move(places)) {}
  Expected<void> Await() override;
  Expected<std::vector<GrantedRoot>> Roots() override;
  Expected<void> Queue(const security::Sid& principal, const std::string& root) override;
  Expected<void> RollBackAll(const Tell& tell) override;

 private:
  Expected<daemon::Client> Connect() const;
  const ServicePlaces places_;
};

}  // namespace acledger::setup
