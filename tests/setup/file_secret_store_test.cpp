// SPDX-License-Identifier: MIT
#include "setup/file_secret_store.h"

#include <gmock/gmock.h>

#include "tests/setup/fake_secret_files.h"

namespace acledger::setup {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const std::string kAccount = "AcledgerOff-1001";

struct Disk {
  FakeMachine faults;
  FakeSecretFiles files{faults};
  FakeSealer sealer;

  FileSecretStore Store() { return {files, sealer}; }
  // One process.
  bool Put(const std::string& password) {
    try {
      return Store().Put(kAccount, Secret(password)).has_value();
    } catch (const Killed&) {
      return false;
    }
  }
  bool Remove() {
    try {
      return Store().Remove(kAccount).has_value();
    } catch (const Killed&) {
      return false;
    }
  }
  // "-": none; "!" and the kind of the error.
  std::string Kept(const std::string& account = kAccount) {
    const auto found = Store().Find(account);
    if (!found) return std::string("!") + Name(found.error().kind);
    return *found ? std::string((*found)->Reveal()) : "-";
  }
};

TEST(FileSecretStoreTest, KeepsTheLastPasswordOfEachAccountInOneFile) {
  Disk disk;
  EXPECT_EQ(disk.Kept(), "-");
  for (const char* password : {"first", "second", "third"}) {
    ASSERT_TRUE(disk.Put(password));
    EXPECT_EQ(disk.Kept(), password);
    EXPECT_THAT(disk.files.files, SizeIs(1));
  }
  ASSERT_TRUE(disk.Store().Put("AcledgerOn-1001", Secret("other")));
  EXPECT_EQ(disk.Kept(), "third");
  EXPECT_EQ(disk.Kept("acledgeroff-1001"), "third");
  EXPECT_TRUE(disk.Remove());
  EXPECT_EQ(disk.Kept(), "-");
  EXPECT_EQ(disk.Kept("AcledgerOn-1001"), "other");
}

// At whatever call it goes wrong, and how: the one before or the new one is kept, and the next call makes it right.
TEST(FileSecretStoreTest, EachCallMayGoWrongInEachWay) {
  int calls = 0;
  {
    Disk disk;
    ASSERT_TRUE(disk.Put("before"));
    disk.faults.Heal();
    ASSERT_TRUE(disk.Put("new"));
    calls = disk.faults.Calls();
  }
  ASSERT_GE(calls, 7);
  for (const Fault fault :
       {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kHalf, Fault::kKilled, Fault::kKilledAfter})
    for (int at = 0; at < calls; ++at) {
      SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << at);
      Disk disk;
      ASSERT_TRUE(disk.Put("before"));
      disk.faults.FailAt(at, fault);
      const bool is_put = disk.Put("new");
      disk.faults.Heal();
      const std::string kept = disk.Kept();
      EXPECT_TRUE(kept == "new" || (!is_put && kept == "before")) << kept;
      EXPECT_TRUE(disk.Put("newest"));
      EXPECT_EQ(disk.Kept(), "newest");
      EXPECT_THAT(disk.files.files, SizeIs(1));
    }
}

TEST(FileSecretStoreTest, RemovalsThatGoWrongAreNeverCalledDone) {
  int calls = 0;
  {
    Disk disk;
    ASSERT_TRUE(disk.Put("old"));
    disk.faults.Heal();
    ASSERT_TRUE(disk.Remove());
    calls = disk.faults.Calls();
  }
  for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
    for (int at = 0; at < calls; ++at) {
      SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << at);
      Disk disk;
      ASSERT_TRUE(disk.Put("old"));
      disk.faults.FailAt(at, fault);
      const bool is_removed = disk.Remove();
      disk.faults.Heal();
      if (is_removed) {
        EXPECT_THAT(disk.files.files, IsEmpty());
      }
      EXPECT_TRUE(disk.Remove());
      EXPECT_THAT(disk.files.files, IsEmpty());
    }
}

TEST(FileSecretStoreTest, TellsOfADamagedFileAndNeverThatNoneIsThere) {
  Disk fresh;
  ASSERT_TRUE(fresh.Put("old"));
  const std::size_t size = fresh.files.files.begin()->second.size();
  for (std::size_t at = 0; at < size; ++at) {
    Disk disk = {};
    ASSERT_TRUE(disk.Put("old"));
    disk.files.files.begin()->second[at] ^= 0x10;
    EXPECT_EQ(disk.Kept(), "!corrupt") << "byte " << at;
    disk.files.files.begin()->second.resize(at);
    EXPECT_EQ(disk.Kept(), "!corrupt") << "length " << at;
    EXPECT_TRUE(disk.Put("new"));
    EXPECT_EQ(disk.Kept(), "new");
  }
}

TEST(FileSecretStoreTest, TakesNoOtherAccountsFileForItsOwn) {
  Disk disk;
  ASSERT_TRUE(disk.Put("old"));
  auto moved = *disk.files.files.begin();
  disk.files.files["password-acledgeron-1001.a"] = moved.second;
  EXPECT_EQ(disk.Kept("AcledgerOn-1001"), "!corrupt");
}

TEST(FileSecretStoreTest, TakesNothingThatAnotherPutThereAndReplacesIt) {
  Disk disk;
  ASSERT_TRUE(disk.Put("old"));
  disk.files.foreign.insert(disk.files.files.begin()->first);
  EXPECT_EQ(disk.Kept(), "!mismatch");
  EXPECT_TRUE(disk.Put("new"));
  EXPECT_EQ(disk.Kept(), "new");
}

// What cannot be opened today may be whole: it goes when the new one is proved.
TEST(FileSecretStoreTest, LosesNothingWhereTheSealerDoesNotAnswer) {
  Disk disk;
  ASSERT_TRUE(disk.Put("old"));
  disk.sealer.is_mute = true;
  EXPECT_EQ(disk.Kept(), "!io");
  EXPECT_FALSE(disk.Put("new"));
  disk.sealer.is_mute = false;
  EXPECT_EQ(disk.Kept(), "old");
}

TEST(FileSecretStoreTest, NamesNoFileByWhatIsNoAccount) {
  Disk disk;
  for (const std::string name : {"", "a/b", "..", "a\\b", "a.b", "a:b", "a b", "\xC3\xA4"}) {
    EXPECT_EQ(disk.Kept(name), "!invalid") << name;
    EXPECT_FALSE(disk.Store().Put(name, Secret("x"))) << name;
    EXPECT_FALSE(disk.Store().Remove(name)) << name;
  }
  EXPECT_EQ(disk.Kept(std::string(65, 'a')), "!invalid");
  EXPECT_TRUE(disk.Store().Put("CON", Secret("x")));
  EXPECT_EQ(disk.files.files.begin()->first, "password-con.a");
}

TEST(FileSecretStoreTest, TellsNoPassword) {
  Disk disk;
  ASSERT_TRUE(disk.Put("old one"));
  disk.files.files.begin()->second[20] ^= 1;
  const auto found = disk.Store().Find(kAccount);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().ToString().find("old"), std::string::npos) << found.error().ToString();
  disk.faults.FailAt(3, Fault::kErrorAfter);
  const auto put = disk.Store().Put(kAccount, Secret("new one"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().ToString().find("new one"), std::string::npos) << put.error().ToString();
}

}  // namespace
}  // namespace acledger::setup
