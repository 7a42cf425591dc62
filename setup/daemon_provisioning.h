// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "daemon/client/client.h"
#include "setup/provisioning.h"

namespace acledger::setup {

struct ServicePlaces {
  std::string ledger;
  std::string endpoint;                        // The client checks who serves there.
  std::chrono::milliseconds patience{30'000};  // For a service that has just been started to listen.
};

// Asks the service. Each call has a connection of its own: the service may be stopped and started in between.
class DaemonProvisioning final : public Provisioning {
 public:
  explicit DaemonProvisioning(ServicePlaces places) : places_(std::move(places)) {}
  Expected<void> Await() override;
  Expected<std::vector<GrantedRoot>> Roots() override;
  Expected<void> Queue(const security::Sid& principal, const std::string& root) override;
  Expected<void> RollBack(const std::optional<security::Sid>& principal, const Tell& tell) override;
  Expected<std::size_t> GrantsInFile() override;

 private:
  Expected<daemon::Client> Connect() const;
  const ServicePlaces places_;
};

}  // namespace acledger::setup
