// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

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
  // Ends the service, with what it has posted.
  void End();
  // A new service, not started; the one before ends first.
  void Make(const ServiceParts& parts);
  // Starts it, or throws why not.
  void MustStart();

  // A call whose answer may come later.
  class Asked {
   public:
    // Null as long as there is none.
    std::optional<Expected<Json>> Answer() const {
      const std::lock_guard lock(mutex_);
      return json_;
    }
    void Give(Expected<Json> json) {
      const std::lock_guard lock(mutex_);
      json_ = std::move(json);
    }

   private:
    mutable std::mutex mutex_;
    std::optional<Expected<Json>> json_;
  };
  std::shared_ptr<Asked> Ask(const Caller& caller, const std::string& method, Json params = Json::object());
  // Runs the service's thread for a moment, or until the answer is there.
  void Pump();
  Expected<Json> Await(const Asked& asked);

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
