// SPDX-License-Identifier: MIT
#include "scanner/usn_replay.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_usn_journal.h"
#include "tests/fakes/fake_volume.h"

namespace acledger::scanner {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class UsnReplayTest : public testing::Test {
 protected:
  UsnReplayTest() {
    volume_.File(u"work/a/f");
    volume_.File(u"work/b/f");
    place_ = FormatUsnPlace(journal_.state);
  }
  void Note(std::u16string_view folder, std::uint32_t reason) {
    journal_.Note(volume_.Id(u"work/a/f"), volume_.Id(folder), reason);
  }
  UsnReplay Replay(std::size_t most = 100) {
    const auto replay = ReplayUsn(journal_, volume_, place_, most);
    if (!replay) throw std::runtime_error(replay.error().ToString());
    return *replay;
  }
  void ExpectMissed(const char* why) {
    const UsnReplay replay = Replay();
    EXPECT_TRUE(replay.missed);
    EXPECT_THAT(replay.folders, IsEmpty());
    EXPECT_THAT(replay.why, HasSubstr(why));
  }

  fakes::FakeVolume volume_;
  fakes::FakeUsnJournal journal_;
  std::string place_;
};

TEST_F(UsnReplayTest, NamesEachFolderInWhichSomethingThatMattersHappened) {
  for (int i = 0; i < 3; ++i) Note(u"work/a", kUsnFileCreate);
  Note(u"work", kUsnSecurityChange);
  Note(u"work/b", 0x1);  // Contents were overwritten.
  const UsnReplay replay = Replay();
  EXPECT_FALSE(replay.missed);
  EXPECT_THAT(replay.folders, UnorderedElementsAre(PathComponents{u"work", u"a"}, PathComponents{u"work"}));
}

TEST_F(UsnReplayTest, GoesOnWhereTheLastOneEnded) {
  Note(u"work/a", kUsnFileCreate);
  place_ = Replay().place;
  Note(u"work/b", kUsnRenameNewName);
  EXPECT_THAT(Replay().folders, UnorderedElementsAre(PathComponents{u"work", u"b"}));
}

TEST_F(UsnReplayTest, NamesAFolderWhereItIsNow) {
  Note(u"work/a", kUsnFileCreate);
  volume_.Move(u"work/a", u"work/b/moved");
  EXPECT_THAT(Replay().folders, UnorderedElementsAre(PathComponents{u"work", u"b", u"moved"}));
}

TEST_F(UsnReplayTest, PassesOverAFolderThatIsGone) {
  Note(u"work/a", kUsnFileCreate);
  volume_.Delete(u"work/a");
  EXPECT_THAT(Replay().folders, IsEmpty());
  EXPECT_FALSE(Replay().missed);
}

TEST_F(UsnReplayTest, SaysThatItCannotTell) {
  place_ = "";
  ExpectMissed("no earlier run");
  for (const char* damaged : {"abcd", "abcd:", ":5", "abcd:-1", "abcd:1x", "zz:1"}) {
    place_ = damaged;
    ExpectMissed("damaged");
  }
}

TEST_F(UsnReplayTest, DoesNotTrustAJournalThatIsAnotherOne) {
  journal_.state.id = 7;
  ExpectMissed("another one");
}

TEST_F(UsnReplayTest, DoesNotTrustAJournalThatHasBeenOverwritten) {
  journal_.state.first = journal_.state.next = 2000;
  ExpectMissed("overwritten");
}

TEST_F(UsnReplayTest, DoesNotTrustAJournalThatWentBackwards) {
  journal_.state.next = 10;
  ExpectMissed("behind the journal's end");
}

TEST_F(UsnReplayTest, DoesNotPassOverRecordsThatItCannotRead) {
  Note(u"work/a", kUsnFileCreate);
  journal_.version = 5;
  ExpectMissed("version");
}

TEST_F(UsnReplayTest, DoesNotReadForEverWhereTheJournalStandsStill) {
  Note(u"work/a", kUsnFileCreate);
  journal_.stands_still = true;
  ExpectMissed("does not advance");
}

TEST_F(UsnReplayTest, SaysSoWhereThereIsNone) {
  journal_.fails_query = Error{ErrorKind::kUnsupported, "ask for the change journal", {}, 1179, "not active"};
  ExpectMissed("not active");
  EXPECT_EQ(Replay().place, "");
}

TEST_F(UsnReplayTest, SaysSoWhereItIsOverwrittenWhileItIsRead) {
  Note(u"work/a", kUsnFileCreate);
  journal_.fails_read = Error{ErrorKind::kMismatch, "read the change journal", {}, 1181, "deleted entry"};
  ExpectMissed("deleted entry");
}

TEST_F(UsnReplayTest, TakesTooManyFoldersForMissedOnes) {
  Note(u"work/a", kUsnFileCreate);
  Note(u"work/b", kUsnFileCreate);
  EXPECT_TRUE(Replay(1).missed);
  EXPECT_FALSE(Replay(2).missed);
}

}  // namespace
}  // namespace acledger::scanner
