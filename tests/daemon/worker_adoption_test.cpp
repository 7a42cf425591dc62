// SPDX-License-Identifier: MIT
// A ledger that came with the volume: the service starts, and works on nothing before it was adopted.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "scanner/adoption.h"
#include "store/carried.h"
#include "tests/daemon/service_fixture.h"

namespace acledger::daemon {
namespace {

class WorkerAdoptionTest : public fixtures::ServiceFixture {
 protected:
  // Granted, and then as it would come to another machine.
  WorkerAdoptionTest() {
    volume_.File(u"work/a");
    before_ = volume_.SecurityIds();
    Make(Parts());
    MustStart();
    Must(CallAs(Administrator(), "grant", {{"principal", "S-1-9-77-1"}, {"roots", {"\\work"}}}));
    Must(CallAs(Administrator(), "wait", {{"path", "\\work"}}));
    WaitUntil([this] { return Status()["queue"].empty(); });
    End();
    EXPECT_TRUE(writer_->SetSetting(store::kAdoption, store::kSameVolume));
    EXPECT_TRUE(writer_->SetStale(1, true));
  }
  ~WorkerAdoptionTest() override {
    blocked_ = false;
    service_.reset();  // Before what it uses.
  }

  Json Status() { return Must(CallAs(Administrator(), "status")); }
  // Generous: what is waited for comes within milliseconds.
  template <class Condition>
  void WaitUntil(const Condition& is_so) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_so()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      std::this_thread::yield();
    }
  }

  std::atomic<bool> blocked_{true};
  std::atomic<unsigned> opens_{0};
  std::map<std::string, std::uint32_t> before_;
};

TEST_F(WorkerAdoptionTest, StartsAtOnceAndDoesNothingElseBefore) {
  volume_.SetHook([this](fakes::Call call, const std::u16string&) {
    opens_ += call == fakes::Call::kOpenRead;
    while (blocked_) std::this_thread::yield();
  });
  Make(Parts());
  MustStart();
  WaitUntil([this] { return opens_ > 0; });
  const Json root = Status()["roots"][0];
  EXPECT_EQ(root["unknown"], root["objects"]);
  EXPECT_FALSE(Status()["queue"].empty());  // Who waits for it is not told that nobody will work on it.
  const auto rollback = Ask(Administrator(), "rollback", {{"all", true}});
  for (int i = 0; i < 20; ++i) Pump();
  EXPECT_FALSE(rollback->Answer());
  blocked_ = false;
  EXPECT_TRUE(Await(*rollback));
  WaitUntil([this] { return Status()["roots"].empty(); });
  End();
  EXPECT_TRUE(scanner::IsAdopted(*writer_).value());
  EXPECT_EQ(volume_.SecurityIds(), before_);
}

TEST_F(WorkerAdoptionTest, SaysOnceThatItIsAdoptedAsSoonAsThatIsDurable) {
  std::atomic<int> told{0};
  const auto tell = [&]() -> Expected<void> {
    EXPECT_TRUE(scanner::IsAdopted(*writer_).value());
    ++told;
    return {};
  };
  for (int start = 0; start < 2; ++start) {
    Make(Parts());
    service_->SetOnAdopted(tell);
    MustStart();
    WaitUntil([this] { return Status()["roots"][0]["covered"] == 2; });
    End();
    EXPECT_EQ(told, 1);
  }
}

TEST_F(WorkerAdoptionTest, TheLogSaysHowAndHowMany) {
  std::mutex mutex;
  std::string log;
  Make(Parts());
  service_->SetLog([&](bool, const std::string& line) {
    const std::lock_guard lock(mutex);
    log += line + "\n";
  });
  MustStart();
  WaitUntil([this] { return Status()["roots"][0]["covered"] == 2; });
  End();
  EXPECT_NE(log.find("adopted (its file ids hold): 2 changes are as recorded"), std::string::npos) << log;
}

TEST_F(WorkerAdoptionTest, EndsInTheMiddleAndAdoptsAtTheNextStart) {
  volume_.SetHook([this](fakes::Call call, const std::u16string&) {
    opens_ += call == fakes::Call::kOpenRead;
    while (blocked_) std::this_thread::yield();
  });
  Make(Parts());
  MustStart();
  WaitUntil([this] { return opens_ > 0; });
  std::thread end([this] {
    std::this_thread::yield();
    blocked_ = false;
  });
  End();
  end.join();
  volume_.SetHook({});
  Make(Parts());
  MustStart();
  WaitUntil([this] { return Status()["roots"][0]["covered"] == 2; });
  End();
  EXPECT_TRUE(scanner::IsAdopted(*writer_).value());
}

}  // namespace
}  // namespace acledger::daemon
