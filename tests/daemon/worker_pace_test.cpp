// SPDX-License-Identifier: MIT
// The worker at the pace that the machine allows: over a fake volume, a real ledger and a machine that saves energy.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "daemon/service/worker.h"
#include "tests/fakes/fake_volume.h"

namespace acledger::daemon {
namespace {

class SavingMachine final : public LoadSource {
 public:
  Expected<LoadSample> Sample() override { return LoadSample{}; }
  Expected<bool> SavesEnergy() override {
    ++asked;
    return true;
  }
  std::atomic<int> asked = 0;
};

class Observer final : public WorkerObserver {
 public:
  void OnProgress(const Job&, const scanner::ProgressState&) override {}
  void OnEnded(const JobReport& report) override { done = done || report.how == Ended::kDone; }
  void OnNote(const Job&, const std::string&) override {}
  void OnTrouble(const Error&) override {}
  std::atomic<bool> done = false;
};

// A wait of the worker is 5 s: what is over sooner was woken. Nothing here waits for it to end by itself.
class WorkerPaceTest : public testing::Test {
 protected:
  WorkerPaceTest()
      : folder_(std::filesystem::temp_directory_path() / ("acledger-pace-" + std::to_string(std::random_device{}()))) {
    std::filesystem::create_directories(folder_);
    for (int i = 0; i < 20; ++i) volume_.File(u"work/f" + std::u16string(1, static_cast<char16_t>(u'a' + i)));
    auto ledger = store::Ledger::Open((folder_ / "ledger.db").string(),
                                      {.volume_serial = volume_.Info().serial, .volume_name = "F:"});
    if (!ledger) throw std::runtime_error(ledger.error().ToString());
    ledger_ = std::move(*ledger);
    worker_ = std::make_unique<Worker>(volume_, *ledger_, observer_, 0, &machine_, PaceSettings{});
  }
  ~WorkerPaceTest() override {
    worker_.reset();
    ledger_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // Until the worker has looked at the machine, and so waits for it.
  void BeginToWait() {
    ASSERT_TRUE(worker_->Start());
    worker_->Post([](scanner::Engine& engine, store::Ledger&, Worker::Wishes& wishes) {
      std::vector<std::string> notes;
      scanner::GrantRequest request;
      request.principal = *security::Sid::FromString("S-1-9-77-1");
      request.roots = {"\\work"};
      const auto grants = engine.Register(request, notes);
      if (!grants) throw std::runtime_error(grants.error().ToString());
      wishes.Put({grants->front().id, Work::kProvision, Urgency::kWorkspace});
    });
    while (machine_.asked == 0) std::this_thread::yield();
    EXPECT_EQ(worker_->CurrentSpeed(), Speed::kWaitingForPower);
    EXPECT_EQ(volume_.Counters().descriptor_writes, 0u);
  }
  void AwaitTheEnd() {
    while (!observer_.done) std::this_thread::yield();
    EXPECT_GT(volume_.Counters().descriptor_writes, 0u);
  }

  std::filesystem::path folder_;
  fakes::FakeVolume volume_;
  std::unique_ptr<store::Ledger> ledger_;
  SavingMachine machine_;
  Observer observer_;
  std::unique_ptr<Worker> worker_;
};

TEST_F(WorkerPaceTest, GoesOnAtOnceWhenSomebodyWaitsForTheJob) {
  BeginToWait();
  worker_->WithQueue([](Queue& queue) { queue.Prioritise(queue.Running()->grant, Urgency::kWaitedFor); });
  AwaitTheEnd();
  EXPECT_EQ(machine_.asked, 1);
}

TEST_F(WorkerPaceTest, GoesOnAtOnceAtFullSpeed) {
  BeginToWait();
  worker_->SetPace({.full_speed = true});
  EXPECT_EQ(worker_->CurrentSpeed(), Speed::kFull);
  AwaitTheEnd();
  EXPECT_EQ(machine_.asked, 1);
}

TEST_F(WorkerPaceTest, EndsAtOnceWhenItIsTold) {
  BeginToWait();
  worker_->Stop();
  EXPECT_FALSE(observer_.done);
  EXPECT_EQ(machine_.asked, 1);
}

TEST_F(WorkerPaceTest, TakesACommandWhileItWaits) {
  BeginToWait();
  std::atomic<bool> ran = false;
  worker_->Post([&](scanner::Engine&, store::Ledger&, Worker::Wishes&) { ran = true; });
  while (!ran) std::this_thread::yield();
  EXPECT_FALSE(observer_.done);
}

}  // namespace
}  // namespace acledger::daemon
