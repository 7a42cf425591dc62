// SPDX-License-Identifier: MIT
#include "daemon/service/change_set.h"

#include <gmock/gmock.h>

namespace acledger::daemon {
namespace {

using scanner::PathComponents;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const PathComponents kRoot{u"work"}, kA{u"work", u"a"}, kB{u"work", u"b"};

TEST(ChangeSetTest, WaitsUntilItIsQuiet) {
  ChangeSet set;
  EXPECT_FALSE(set.Due());
  set.Add(kRoot, {{kA}}, milliseconds(1000));
  set.Add(kRoot, {{kB}}, milliseconds(1090));
  EXPECT_EQ(set.Due(), milliseconds(1190));
  EXPECT_THAT(set.Take(milliseconds(1189)), IsEmpty());
  EXPECT_THAT(set.Take(milliseconds(1190)), SizeIs(1));
  EXPECT_FALSE(set.Due());
}

TEST(ChangeSetTest, WaitsNoLongerThanASecond) {
  ChangeSet set;
  for (int at = 0; at < 5000; at += 50) set.Add(kRoot, {{kA}}, milliseconds(at));
  EXPECT_EQ(set.Due(), milliseconds(1000));
}

TEST(ChangeSetTest, TellsEachFolderOnce) {
  ChangeSet set;
  for (int i = 0; i < 3; ++i) set.Add(kRoot, {{kB, kA}}, milliseconds(0));
  EXPECT_THAT(set.Take(milliseconds(1000))[0].folders, ElementsAre(kA, kB));
}

TEST(ChangeSetTest, KeepsRootsApart) {
  ChangeSet set;
  set.Add(kRoot, {{kA}}, milliseconds(0));
  set.Add({u"else"}, {.folders = {}, .missed = true}, milliseconds(0));
  const auto told = set.Take(milliseconds(1000));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_TRUE(told[0].missed);
  EXPECT_FALSE(told[1].missed);
}

TEST(ChangeSetTest, TakesTooManyFoldersForMissedOnes) {
  ChangeSet set({.most_folders = 2});
  set.Add(kRoot, {{kA, kB}}, milliseconds(0));
  set.Add(kRoot, {{kRoot}}, milliseconds(0));
  set.Add(kRoot, {{kA}}, milliseconds(0));
  const auto told = set.Take(milliseconds(1000));
  EXPECT_TRUE(told[0].missed);
  EXPECT_THAT(told[0].folders, IsEmpty());
}

TEST(ChangeSetTest, TakesALostRootForMissedChanges) {
  ChangeSet set;
  set.Add(kRoot, {.folders = {kA}, .root_lost = true}, milliseconds(0));
  const auto told = set.Take(milliseconds(1000));
  EXPECT_TRUE(told[0].missed);
  EXPECT_TRUE(told[0].root_lost);
}

}  // namespace
}  // namespace acledger::daemon
