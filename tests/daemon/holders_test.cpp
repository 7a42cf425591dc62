// SPDX-License-Identifier: MIT
// Holders through the service, over a fake volume, a real ledger and processes that live and die as the test says.
#include "daemon/service/holders.h"

#include <gmock/gmock.h>

#include <asio/post.hpp>
#include <mutex>
#include <thread>

#include "daemon/service/service.h"
#include "tests/daemon/service_fixture.h"

namespace acledger::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kPrincipal = "S-1-9-77-1";

class FakeProcesses final : public ProcessTable {
 public:
  Expected<std::int64_t> CreationTime(std::uint32_t process) override {
    const std::lock_guard lock(mutex_);
    const auto found = created_.find(process);
    if (found == created_.end()) return Fail(ErrorKind::kNotFound, "find process", "it does not run");
    return found->second;
  }
  std::unique_ptr<Watch> WhenEnded(asio::io_context& io, std::uint32_t process, std::function<void()> ended) override {
    const std::lock_guard lock(mutex_);
    io_ = &io;
    ended_[process] = std::move(ended);
    return std::make_unique<FakeWatch>(*this, process);
  }

  void Run(std::uint32_t process, std::int64_t created) {
    const std::lock_guard lock(mutex_);
    created_[process] = created;
  }
  // The number may be that of another process at once.
  void End(std::uint32_t process, std::int64_t successor = 0) {
    const std::lock_guard lock(mutex_);
    created_.erase(process);
    if (successor != 0) created_[process] = successor;
    if (ended_.contains(process)) asio::post(*io_, ended_[process]);
  }

 private:
  class FakeWatch final : public Watch {
   public:
    FakeWatch(FakeProcesses& owner, std::uint32_t process) : owner_(owner), process_(process) {}
    FakeWatch(const FakeWatch&) = delete;
    FakeWatch& operator=(const FakeWatch&) = delete;
    ~FakeWatch() override {
      const std::lock_guard lock(owner_.mutex_);
      owner_.ended_.erase(process_);
    }

   private:
    FakeProcesses& owner_;
    std::uint32_t process_;
  };

  std::mutex mutex_;
  std::map<std::uint32_t, std::int64_t> created_;
  std::map<std::uint32_t, std::function<void()>> ended_;
  asio::io_context* io_ = nullptr;
};

class HoldersTest : public fixtures::ServiceFixture {
 protected:
  HoldersTest() {
    volume_.File(u"work/a");
    volume_.File(u"work/sub/b");
    before_ = volume_.SecurityIds();
    processes_.Run(7, 100);
    processes_.Run(8, 200);
    Start();
  }
  ~HoldersTest() override { Stop(); }  // Before what it uses.

  void Stop() {
    if (!service_) return;
    service_->Stop();
    io_.restart();
    io_.poll();
    service_.reset();
  }
  void Start() {
    Stop();
    ServiceParts parts = Parts();
    parts.processes = &processes_;
    Make(parts);
    MustStart();
  }
  static Caller Admin(std::uint32_t process = 7) {
    Caller caller = Administrator();
    caller.process = process;
    caller.user = "0";
    return caller;
  }
  Json Call(const std::string& method, Json params = Json::object()) {
    return Must(CallAs(Admin(), method, std::move(params)));
  }
  // Returns the holder.
  std::int64_t Acquire(const std::string& root, std::uint32_t process = 7) {
    const Json answer =
        Call("acquire", {{"principal", kPrincipal}, {"roots", {root}}, {"pid", process}, {"wait_ms", 30'000}});
    EXPECT_EQ(answer["applied"], true);
    return answer["holders"][0]["holder"];
  }
  bool Names(const char16_t* path) const { return volume_.Sddl(path).find(kPrincipal) != std::string::npos; }
  void WaitForNothing() {
    while (!Call("status")["roots"].empty()) std::this_thread::yield();
  }
  std::vector<std::int64_t> HolderIds() {
    std::vector<std::int64_t> ids;
    const Json answer = Call("holders");
    for (const Json& one : answer["holders"]) ids.push_back(one["holder"]);
    return ids;
  }

  FakeProcesses processes_;
  std::map<std::string, std::uint32_t> before_;
};

TEST_F(HoldersTest, GivesAccessUntilTheLastHolderReleases) {
  const std::int64_t first = Acquire("\\work"), second = Acquire("\\work", 8);
  EXPECT_THAT(HolderIds(), ElementsAre(first, second));
  EXPECT_TRUE(Call("release", {{"holder", first}})["rolling_back"].empty());
  EXPECT_TRUE(Names(u"work/a"));
  EXPECT_EQ(Call("release", {{"holder", second}})["rolling_back"].size(), 1u);
  WaitForNothing();
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(HoldersTest, AnInnerHolderKeepsItsPartWhenTheOuterOneGoes) {
  const std::int64_t outer = Acquire("\\work"), inner = Acquire("\\work\\sub", 8);
  Call("release", {{"holder", outer}});
  while (Names(u"work/a")) Call("status");
  EXPECT_TRUE(Names(u"work/sub/b"));
  Call("release", {{"holder", inner}});
  WaitForNothing();
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(HoldersTest, AProcessThatEndsReleasesWhatItHeld) {
  Acquire("\\work", 7);
  const std::int64_t other = Acquire("\\work\\sub", 8);
  processes_.End(7);
  while (Names(u"work/a")) Call("status");
  EXPECT_THAT(HolderIds(), ElementsAre(other));
  EXPECT_TRUE(Names(u"work/sub/b"));
}

TEST_F(HoldersTest, AnotherProcessOfTheSameNumberHoldsNothing) {
  Acquire("\\work", 7);
  processes_.End(7, 101);
  WaitForNothing();
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(HoldersTest, WhoDiedWhileNoDaemonRanIsReleasedAtTheStart) {
  Acquire("\\work", 7);
  Stop();
  processes_.End(7, 101);
  Start();
  WaitForNothing();
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(HoldersTest, APauseKeepsNobodysAccessBeyondItsHolder) {
  const std::int64_t holder = Acquire("\\work");
  Call("pause", {{"root", "\\work"}});
  Call("release", {{"holder", holder}});
  Start();
  WaitForNothing();
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(HoldersTest, WhoIsHeldIsNotRolledBackUnlessForced) {
  Acquire("\\work", 7);
  const Expected<Json> refused = CallAs(Admin(), "rollback", {{"root", "\\work"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
  EXPECT_THAT(refused.error().reason, HasSubstr("process 7 of 0"));
  Call("rollback", {{"root", "\\work"}, {"force", true}});
  WaitForNothing();
  EXPECT_THAT(HolderIds(), ElementsAre());
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(HoldersTest, APermanentGrantOutlivesItsHolders) {
  const std::int64_t holder = Acquire("\\work");
  Call("grant", {{"principal", kPrincipal}, {"roots", {"\\work"}}});
  EXPECT_EQ(Call("holders")["holders"][0]["permanent"], true);
  EXPECT_TRUE(Call("release", {{"holder", holder}})["rolling_back"].empty());
  Call("wait", {{"path", "\\work"}});
  EXPECT_TRUE(Names(u"work/a"));
}

TEST_F(HoldersTest, WhatIsBeingRolledBackCanBeAcquiredAgain) {
  const std::int64_t first = Acquire("\\work");
  Call("pause");
  Call("release", {{"holder", first}});
  const Json again = Call("acquire", {{"principal", kPrincipal}, {"roots", {"\\work"}}});
  Call("resume");
  Call("wait", {{"path", "\\work"}});
  EXPECT_TRUE(Names(u"work/a"));
  Call("release", {{"holder", again["holders"][0]["holder"]}});
  WaitForNothing();
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(HoldersTest, OneWhoDoesNotRunHoldsNothing) {
  const Expected<Json> refused =
      CallAs(Admin(), "acquire", {{"principal", kPrincipal}, {"roots", {"\\work"}}, {"pid", 99}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(Call("status")["roots"].empty());
}

TEST_F(HoldersTest, WhoCannotBeAskedCountsAsRunning) {
  class Denied final : public ProcessTable {
   public:
    Expected<std::int64_t> CreationTime(std::uint32_t process) override {
      if (process == 1) return Fail(ErrorKind::kDenied, "open process", "no");
      return 5;
    }
    std::unique_ptr<Watch> WhenEnded(asio::io_context&, std::uint32_t, std::function<void()>) override { return {}; }
  } processes;
  std::vector<store::Holder> holders(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    holders[i].id = holders[i].process = i + 1;
    holders[i].created = i < 2 ? 4 : 5;
  }
  EXPECT_THAT(DeadHolders(holders, processes), ElementsAre(2));
}

}  // namespace
}  // namespace acledger::daemon
