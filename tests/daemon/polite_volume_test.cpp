// SPDX-License-Identifier: MIT
#include "daemon/service/polite_volume.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_volume.h"

namespace acledger::daemon {
namespace {

std::mutex mutex;
std::vector<std::pair<std::thread::id, bool>> told;

void Note(bool gives_way) {
  const std::lock_guard lock(mutex);
  told.emplace_back(std::this_thread::get_id(), gives_way);
}

void Open(PoliteVolume& volume) { ASSERT_TRUE(volume.OpenRoot(scanner::Access::kRead).has_value()); }

TEST(PoliteVolumeTest, LetsEachThreadThatUsesItGiveWayOnce) {
  told.clear();
  fakes::FakeVolume fake;
  PoliteVolume volume(fake, true, Note);
  const auto use = [&] {
    for (int i = 0; i < 3; ++i) Open(volume);
  };
  {
    const std::jthread one(use), other(use);
  }
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[0].first, told[1].first);
  EXPECT_TRUE(told[0].second && told[1].second);
}

TEST(PoliteVolumeTest, FollowsWhenItIsSetAnew) {
  told.clear();
  fakes::FakeVolume fake;
  PoliteVolume volume(fake, false, Note);
  const std::jthread thread([&] {
    Open(volume);
    EXPECT_TRUE(told.empty()) << "at full speed from the start";
    volume.SetGivesWay(true);
    volume.Follow();
    Open(volume);
    volume.SetGivesWay(false);
    Open(volume);
  });
}

}  // namespace
}  // namespace acledger::daemon
