// SPDX-License-Identifier: MIT
#include "tests/daemon/service_fixture.h"

#include <mutex>
#include <random>

namespace acledger::daemon::fixtures {

ServiceFixture::ServiceFixture()
    : folder_(std::filesystem::temp_directory_path() / ("acledger-service-" + std::to_string(std::random_device{}()))) {
  std::filesystem::create_directories(folder_);
  for (auto* ledger : {&writer_, &reader_, &explainer_}) *ledger = Open(ledger != &writer_);
}

ServiceFixture::~ServiceFixture() {
  service_.reset();
  for (auto* ledger : {&explainer_, &reader_, &writer_}) ledger->reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<store::Ledger> ServiceFixture::Open(bool read_only) {
  auto ledger = store::Ledger::Open(
      LedgerPath(), {.read_only = read_only, .volume_serial = volume_.Info().serial, .volume_name = "F:"});
  if (!ledger) throw std::runtime_error(ledger.error().ToString());
  return std::move(*ledger);
}

ServiceParts ServiceFixture::Parts() {
  return {.volume = volume_,
          .writer = *writer_,
          .reader = *reader_,
          .explainer = *explainer_,
          .ledger_path = LedgerPath(),
          .readers = 0,
          .polite = false};
}

void ServiceFixture::Make(const ServiceParts& parts) {
  service_.reset();
  service_ = std::make_unique<Service>(io_, parts);
}

void ServiceFixture::MustStart() {
  if (const Expected<void> started = service_->Start(); !started) throw std::runtime_error(started.error().ToString());
}

Expected<Json> ServiceFixture::CallAs(const Caller& caller, const std::string& method, Json params) {
  struct Answer {
    std::mutex mutex;
    std::optional<Expected<Json>> json;
  };
  const auto answer = std::make_shared<Answer>();  // The other thread may let go of it last.
  service_->Call(caller, method, std::move(params), Reply([answer](Expected<Json> json) {
                   const std::lock_guard lock(answer->mutex);
                   answer->json = std::move(json);
                 }));
  for (;;) {
    io_.restart();
    io_.run_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(answer->mutex);
    if (answer->json) return *answer->json;
  }
}

Json ServiceFixture::Must(const Expected<Json>& answer) {
  if (!answer) throw std::runtime_error(answer.error().ToString());
  return *answer;
}

Caller ServiceFixture::Administrator() {
  Caller caller;
  caller.client = 1;
  caller.is_admin = true;
  return caller;
}

}  // namespace acledger::daemon::fixtures
