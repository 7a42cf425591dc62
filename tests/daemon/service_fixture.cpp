// SPDX-License-Identifier: MIT
#include "tests/daemon/service_fixture.h"

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

void ServiceFixture::End() {
  if (!service_) return;
  service_->Stop();
  io_.restart();
  io_.poll();
  service_.reset();
}

void ServiceFixture::Make(const ServiceParts& parts) {
  End();
  service_ = std::make_unique<Service>(io_, parts);
}

void ServiceFixture::MustStart() {
  if (const Expected<void> started = service_->Start(); !started) throw std::runtime_error(started.error().ToString());
}

std::shared_ptr<ServiceFixture::Asked> ServiceFixture::Ask(const Caller& caller, const std::string& method,
                                                           Json params) {
  const auto asked = std::make_shared<Asked>();  // The other thread may let go of it last.
  service_->Call(caller, method, std::move(params),
                 Reply([asked](Expected<Json> json) { asked->Give(std::move(json)); }));
  return asked;
}

void ServiceFixture::Pump() {
  io_.restart();
  io_.run_for(std::chrono::milliseconds(1));
}

Expected<Json> ServiceFixture::Await(const Asked& asked) {
  for (;;) {
    Pump();
    if (const auto answer = asked.Answer()) return *answer;
  }
}

Expected<Json> ServiceFixture::CallAs(const Caller& caller, const std::string& method, Json params) {
  return Await(*Ask(caller, method, std::move(params)));
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
