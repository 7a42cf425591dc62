// SPDX-License-Identifier: MIT
// Clients that wait: who is told when, and who is not kept waiting meanwhile.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>

#include "scanner/path.h"
#include "tests/daemon/service_fixture.h"
#include "tests/fakes/fake_change_watch.h"

namespace acledger::daemon {
namespace {

using security::Sid;
using testing::HasSubstr;

constexpr char kBob[] = "S-1-5-21-11-22-33-2002";
constexpr char kBobsBox[] = "S-1-5-21-11-22-33-3002";
constexpr char kPrincipal[] = "S-1-9-77-1";
constexpr char kBobs[] = "O:S-1-5-21-11-22-33-2002G:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-11-22-33-2002)";
constexpr char kSeen[] = "O:BAG:BAD:(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;S-1-5-21-11-22-33-2002)";

Caller Bob() {
  Caller caller;
  caller.client = 7;
  caller.user = kBob;
  caller.process = 4711;
  caller.token.sids = {Sid::FromString(kBob).value(), Sid::Users(), Sid::Everyone()};
  return caller;
}

// Every process runs.
class AllRun final : public ProcessTable {
 public:
  Expected<std::int64_t> CreationTime(std::uint32_t) override { return 1; }
  std::unique_ptr<Watch> WhenEnded(asio::io_context&, std::uint32_t, std::function<void()>) override { return {}; }
};

// A call of the volume that lasts as long as the test wants, as at a slow disk.
class SlowCall {
 public:
  SlowCall(fakes::FakeVolume& volume, fakes::Call call, std::u16string path) {
    volume.SetHook([this, call, path = std::move(path)](fakes::Call now, const std::u16string& at) {
      if (now != call || at != path || !is_armed_) return;
      std::unique_lock lock(mutex_);
      has_begun_ = true;
      changed_.wait(lock, [this] { return !is_armed_; });
    });
  }
  ~SlowCall() { GoOn(); }
  void Arm() { is_armed_ = true; }
  bool HasBegun() const { return has_begun_; }
  void GoOn() {
    const std::lock_guard lock(mutex_);
    is_armed_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_armed_ = false, has_begun_ = false;
};

class ServiceWaitsTest : public fixtures::ServiceFixture {
 protected:
  ServiceWaitsTest() {
    volume_.Folder(u"bob", kBobs);
    volume_.File(u"bob/b1");
    volume_.Folder(u"both", kSeen);
    volume_.File(u"both/seen");
    for (char16_t c = u'a'; c < u'k'; ++c) volume_.File(u"work/" + std::u16string(1, c) + u"/f");
  }
  ~ServiceWaitsTest() override { service_.reset(); }

  void Start() {
    ServiceParts parts = Parts();
    parts.watch = &watch_;
    parts.processes = &processes_;
    parts.fresh.verify_at_start = false;
    Make(parts);
    service_->SetPrincipals({{kBob, {Sid::FromString(kBobsBox).value()}}});
    MustStart();
  }
  Expected<Json> Call(const std::string& method, Json params = Json::object()) {
    return CallAs(Administrator(), method, std::move(params));
  }
  void Grant(const char* root) { Must(Call("grant", {{"principal", kPrincipal}, {"roots", Json::array({root})}})); }
  void UntilIdle() {
    while (!Must(Call("status"))["queue"].empty()) Pump();
  }

  fakes::FakeChangeWatch watch_;
  AllRun processes_;
};

TEST_F(ServiceWaitsTest, CountsWhatAUserMaySeeBesideWhatOthersAsk) {
  SlowCall slow(volume_, fakes::Call::kReadDescriptor, u"\\both\\seen");
  Start();
  Grant("\\both");
  EXPECT_EQ(Must(Call("wait", {{"path", "\\both"}}))["decided"], true);
  UntilIdle();
  slow.Arm();
  const auto explained = Ask(Bob(), "explain", {{"path", "\\both\\seen"}});
  while (!slow.HasBegun()) Pump();
  // All folders are looked at for it: in its turn.
  const auto waited = Ask(Bob(), "wait", {{"path", "\\both"}});
  Must(Call("status"));
  EXPECT_FALSE(waited->Answer());
  slow.GoOn();
  const Json answer = Must(Await(*waited));
  EXPECT_EQ(answer["coverage"][0]["objects"], 2);
  EXPECT_EQ(answer["decided"], true);
  Must(Await(*explained));
}

TEST_F(ServiceWaitsTest, LetsOneUserWaitSoOftenAndNoMore) {
  Start();
  Must(Call("pause"));
  Must(CallAs(Bob(), "grant", {{"principal", kBobsBox}, {"roots", {"\\bob"}}}));
  std::vector<std::shared_ptr<Asked>> waits;
  for (int i = 0; i < 16; ++i) waits.push_back(Ask(Bob(), "wait", {{"path", "\\bob"}}));
  const Expected<Json> refused = CallAs(Bob(), "wait", {{"path", "\\bob"}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().reason, HasSubstr("this user"));
  const auto administrators = Ask(Administrator(), "wait", {{"path", "\\bob"}});
  EXPECT_FALSE(administrators->Answer());
  Must(Call("resume"));
  for (const auto& wait : waits) EXPECT_EQ(Must(Await(*wait))["decided"], true);
  Must(Await(*administrators));
  EXPECT_TRUE(CallAs(Bob(), "wait", {{"path", "\\bob"}}));
}

TEST_F(ServiceWaitsTest, TellsWhoWaitsForWhatALookDoesNotFind) {
  Start();
  Grant("\\work");
  Must(Call("wait", {{"path", "\\work"}}));
  UntilIdle();
  Must(Call("pause"));
  watch_.Tell({u"work", u"a"});
  while (Must(Call("status"))["queue"].empty()) Pump();
  const auto waited = Ask(Administrator(), "wait", {{"path", "\\work\\a\\none"}, {"timeout_ms", 600'000}});
  Pump();
  EXPECT_FALSE(waited->Answer());
  Must(Call("resume"));
  EXPECT_EQ(Await(*waited).error().kind, ErrorKind::kNotFound);
}

TEST_F(ServiceWaitsTest, SaysOfWhatIsCancelledThatItIsNotDecided) {
  SlowCall slow(volume_, fakes::Call::kReadDescriptor, u"\\work\\e\\f");
  Start();
  slow.Arm();
  const auto acquired = Ask(Administrator(), "acquire",
                            {{"principal", kPrincipal}, {"roots", {"\\work"}}, {"pid", 4711}, {"wait_ms", 600'000}});
  while (!slow.HasBegun()) Pump();
  const auto waited = Ask(Administrator(), "wait", {{"path", "\\work"}, {"timeout_ms", 600'000}});
  const auto cancelled = Ask(Administrator(), "cancel", {{"root", "\\work"}});
  Pump();
  EXPECT_FALSE(waited->Answer());
  slow.GoOn();
  Must(Await(*cancelled));
  EXPECT_EQ(Must(Await(*acquired))["applied"], false);
  EXPECT_EQ(Must(Await(*waited))["decided"], false);
  EXPECT_EQ(Must(Call("wait", {{"path", "\\work"}}))["decided"], false);
}

}  // namespace
}  // namespace acledger::daemon
