// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/service/service.h"
#include "tests/fakes/fake_volume.h"

namespace acledger::daemon::fixtures {

// A Service over a fake volume and a ledger in a folder of its own, called as the server calls it. Derived fixtures
// fill the volume and make `service_` from Parts().
class ServiceFixture : public testing::Test {
 protected:
  ServiceFixture();
  ~ServiceFixture() override;

  std::string LedgerPath() const { return (folder_ / "ledger.db").string(); }
  // Everything on the calling threads, at full speed; the system's processes, no watch.
  ServiceParts Parts();
  // A new service, not started; the one before ends first.
  void Make(const ServiceParts& parts);
  // Starts it, or throws why not.
  void MustStart();

  // The answer, however it comes. Runs the service's thread, once at least: what was posted goes on.
  Expected<Json> CallAs(const Caller& caller, const std::string& method, Json params = Json::object());
  static Json Must(const Expected<Json>& answer);
  // Client 1.
  static Caller Administrator();

  std::filesystem::path folder_;
  fakes::FakeVolume volume_;
  asio::io_context io_;
  std::unique_ptr<store::Ledger> writer_, reader_, explainer_;
  std::unique_ptr<Service> service_;

 private:
  std::unique_ptr<store::Ledger> Open(bool read_only);
};

}  // namespace acledger::daemon::fixtures
