// SPDX-License-Identifier: MIT
#pragma once

#include <gmock/gmock.h>

#include "daemon/service/freshness.h"
#include "scanner/path.h"
#include "tests/daemon/service_fixture.h"
#include "tests/fakes/fake_change_watch.h"
#include "tests/fakes/fake_usn_journal.h"

namespace acledger::daemon::fixtures {

inline constexpr const char* kPrincipal = "S-1-9-77-1";
inline constexpr const char* kOthersOnly = "O:BAG:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

inline scanner::PathComponents Path(std::string_view text) {
  const auto parsed = scanner::ParsePath(text);
  if (!parsed) throw std::runtime_error(parsed.error().ToString());
  return parsed->components;
}

// The service with a fake volume and a watch that the test speaks for. \work has ten folders with a file each.
class FreshnessFixture : public ServiceFixture {
 protected:
  FreshnessFixture() {
    for (char16_t c = u'a'; c < u'k'; ++c) volume_.File(u"work/" + std::u16string(1, c) + u"/f", kOthersOnly);
    volume_.Folder(u"else");
    fresh_.gather = {.quiet = std::chrono::milliseconds(5), .longest = std::chrono::milliseconds(50)};
    fresh_.verify_at_start = false;
  }
  ~FreshnessFixture() override { service_.reset(); }  // Before what it uses.

  void Start() {
    ServiceParts parts = Parts();
    parts.watch = &watch_;
    parts.journal = journal_;
    parts.fresh = fresh_;
    Make(parts);
    service_->SetLog([this](bool is_error, const std::string& line) {
      const std::lock_guard lock(log_mutex_);
      log_ += line + "\n";
      errors_ += is_error;
    });
    MustStart();
  }
  void StartAndGrant() {
    Start();
    Must(Call("grant", {{"principal", kPrincipal}, {"roots", Json::array({"\\work"})}}));
    Must(Call("wait", {{"path", "\\work"}}));
    UntilIdle();
  }

  Expected<Json> Call(const std::string& method, Json params = Json::object()) {
    return CallAs(Administrator(), method, std::move(params));
  }
  void Run(std::chrono::milliseconds time) {
    io_.restart();
    io_.run_for(time);
  }
  // Nothing is queued, and nothing that was told is held back.
  void UntilIdle() {
    for (int quiet = 0; quiet < 30;) {
      Run(std::chrono::milliseconds(5));
      quiet = Must(Call("status"))["queue"].empty() ? quiet + 1 : 0;
    }
  }
  void Until(const std::function<bool()>& reached) {
    for (int i = 0; i < 5000; ++i) {
      if (reached()) return;
      Run(std::chrono::milliseconds(2));
    }
    FAIL() << "not within the time; " << log_;
  }
  std::string Verdict(const std::string& path) {
    const auto answer = Call("coverage", {{"path", path}});
    return answer ? (*answer)["coverage"][0]["verdict"].get<std::string>() : answer.error().reason;
  }
  Json Coverage() { return Must(Call("coverage", {{"path", "\\work"}}))["coverage"][0]; }
  // As a daemon leaves it that ends in the middle.
  void MakeUnfinished(store::GrantState state) {
    const auto set = writer_->SetGrantState(1, state);
    if (!set) throw std::runtime_error(set.error().ToString());
  }
  void HideFor(unsigned times, std::u16string path, fakes::Call call, ErrorKind kind = ErrorKind::kBusy) {
    volume_.Inject({.call = call,
                    .path = std::move(path),
                    .error = {kind, "by the test", {}, 0, "cannot be looked at"},
                    .times = times});
  }
  // Our writes are told like anybody's.
  void TellOwnWrites() {
    volume_.SetHook([this](fakes::Call call, const std::u16string& path) {
      if (call != fakes::Call::kWriteDacl) return;
      const std::u16string parent = path.substr(0, path.rfind(u'\\'));
      watch_.Tell(parent.empty() ? scanner::PathComponents{} : Path(std::string(parent.begin(), parent.end())));
      if (also_) also_(path);
    });
  }

  fakes::FakeChangeWatch watch_;
  fakes::FakeUsnJournal a_journal_;
  scanner::UsnJournal* journal_ = nullptr;
  FreshOptions fresh_;
  std::mutex log_mutex_;
  std::string log_;
  int errors_ = 0;
  std::function<void(const std::u16string&)> also_;
};

}  // namespace acledger::daemon::fixtures
