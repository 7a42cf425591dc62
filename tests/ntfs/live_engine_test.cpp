// SPDX-License-Identifier: MIT
// Provision and rollback by the tables of a volume that others write meanwhile.
#include <gmock/gmock.h>

#include "tests/fakes/fake_usn_journal.h"
#include "tests/ntfs/engine_on_image.h"
#include "tests/ntfs/watched_volume.h"

namespace acledger::scanner {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What somebody else has put on a folder, and a file there that inherits it.
constexpr char kTheirs[] = "O:BAG:BAD:AI(A;OICI;0x1200a9;;;S-1-9-77-1)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)";

class LiveEngineTest : public EngineOnImage {
 protected:
  // The volume, with the tables of `image`.
  void Open(const std::string& image) {
    volume_ = OpenVolume();
    device_ = Must(ntfs::OpenBlockDevice(image));
    watched_ = std::make_unique<WatchedVolume>(*volume_, device_.get(), &journal_);
    ledger_ = OpenLedger(*volume_, "ledger");
  }
  void Close() { ledger_.reset(), watched_.reset(), device_.reset(), volume_.reset(); }
  Environment Live() { return With(*watched_, *ledger_, IndexUse::kAlways); }

  FileId Id(const char16_t* name) { return IdOf(*volume_, {u"work", name}); }
  void Write(const FileId& id, const char* sddl) {
    Must(Must(volume_->OpenById(id, Access::kWrite))->WriteDacl(Sddl(sddl)));
  }
  security::DescriptorBytes Descriptor(const FileId& id) { return Read(*Must(volume_->OpenById(id, Access::kRead))); }
  // Somebody else does it, and the journal tells.
  void Change(const FileId& id, const char* sddl) {
    Write(id, sddl);
    journal_.Note(id, work_, kUsnSecurityChange | kUsnClose);
  }
  // Before the journal is asked for the `call`th time from now on. A proof begins with two, before and after it reads
  // the tables, and asks at the end of each round.
  void AtCall(int call, std::function<void()> what) {
    at_calls_.emplace(calls_ + call, std::move(what));
    journal_.before_query = [this] {
      const auto found = at_calls_.find(++calls_);
      if (found != at_calls_.end()) found->second();
    };
  }

  fakes::FakeUsnJournal journal_;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<ntfs::BlockDevice> device_;
  std::unique_ptr<WatchedVolume> watched_;
  std::unique_ptr<store::Ledger> ledger_;
  std::map<int, std::function<void()>> at_calls_;
  int calls_ = 0;
};

TEST_F(LiveEngineTest, LooksAtWhatTheTablesSayIsReadableAndTheJournalSaysHasChanged) {
  MakeWork();
  Open(CopyOfImage("old.img"));
  const FileId file = Id(u"open");
  AtCall(2, [&] { Change(file, kClosed); });
  EXPECT_TRUE(Provision(Live(), "\\work").complete);
  EXPECT_THAT(watched_->OpenedForWriting(), Contains(file));
  EXPECT_NE(Descriptor(file), Sddl(kClosed));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(LiveEngineTest, WritesNothingWhereTheJournalHidWhatHappened) {
  MakeWork();
  Open(CopyOfImage("old.img"));
  const FileId file = Id(u"closed");
  Write(file, kOpen);
  EXPECT_EQ(Provision(Live(), "\\work").changes, 2u);  // \work\inner and what is in it.
  EXPECT_EQ(Descriptor(file), Sddl(kOpen));
}

TEST_F(LiveEngineTest, ProvesARollbackByWhatAppearsWhileItIsProved) {
  MakeWork();
  Open(Path());
  const FileId file = Id(u"closed"), other = Id(u"open");
  // While the tables are read, while they are looked through, and while what has changed is looked at.
  for (const int call : {2, 3, 4}) {
    SCOPED_TRACE(call);
    Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
    if (call == 4) AtCall(3, [&] { journal_.Note(other, work_, kUsnBasicInfoChange); });
    AtCall(call, [&] { Change(file, kInherits); });
    const RollbackReport report = RollBack(Live());
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.stripped, 1u);
    EXPECT_EQ(Descriptor(file), Sddl(kClosed));
    EXPECT_THAT(notes_, IsEmpty());
  }
}

TEST_F(LiveEngineTest, JudgesAnObjectByWhatItHeldLast) {
  MakeWork();
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  const FileId file = Id(u"closed");
  AtCall(1, [&] { Write(file, kInherits); });
  AtCall(3, [&] { Change(file, kOpen); });
  const std::uint64_t writes = volume_->Counters().descriptor_writes;
  const RollbackReport report = RollBack(Live());
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stripped, 0u);
  EXPECT_EQ(volume_->Counters().descriptor_writes - writes, 2u + 2u);  // Ours back, and those of the test.
}

TEST_F(LiveEngineTest, WalksWhereTheVolumeDoesNotGetQuiet) {
  MakeWork();
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  const FileId file = Id(u"closed"), other = Id(u"open");
  journal_.before_query = [&] {
    if (++calls_ == 3) Write(file, kInherits);
    journal_.Note(other, work_, kUsnBasicInfoChange);
  };
  const RollbackReport report = RollBack(Live());
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stripped, 1u);
  EXPECT_EQ(Descriptor(file), Sddl(kClosed));
  EXPECT_THAT(notes_, Contains(HasSubstr("did not get quiet")));
}

TEST_F(LiveEngineTest, WalksAndSaysSoWhereTheJournalIsLostInTheMiddle) {
  MakeWork();
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  const FileId file = Id(u"closed");
  AtCall(3, [&] {
    Write(file, kInherits);
    journal_.state.id = 7;
  });
  const RollbackReport report = RollBack(Live());
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stripped, 1u);
  EXPECT_EQ(Descriptor(file), Sddl(kClosed));
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("it is another one")));
}

TEST_F(LiveEngineTest, FindsWhatLiesBelowAFolderThatWasMovedMeanwhile) {
  MakeWork();
  const FileId elsewhere = AddFolder(u"elsewhere", Sddl(kClosed));
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  const FileId file = Id(u"closed");
  Write(file, kInherits);
  Must(volume_->Flush());
  Close();
  const std::string old = CopyOfImage("old.img");
  Must(Builder().Move(work_, Builder().Root(), u"work", elsewhere, u"moved"));
  Open(old);
  AtCall(2, [&] { journal_.Note(work_, elsewhere, kUsnRenameNewName); });
  const RollbackReport report = RollBack(Live());
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stripped, 1u);
  EXPECT_EQ(Descriptor(file), Sddl(kClosed));
}

TEST_F(LiveEngineTest, LooksAtTheRootOfTheVolumeWhenTheChangesAreFollowed) {
  Must(Builder().SetDescriptor(Builder().Root(), Must(Builder().Intern(Sddl(kClosed)))));
  MakeWork();
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  const FileId root = volume_->Info().root;
  AtCall(1, [&] { Write(root, kInherits); });
  const RollbackReport report = RollBack(Live());
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stripped, 1u);
  EXPECT_EQ(Descriptor(root), Sddl(kClosed));
}

// The folder has to be judged before the file, which did not change.
TEST_F(LiveEngineTest, LeavesAloneWhatInheritsFromAFolderOfOthersThatChanged) {
  MakeWork();
  const FileId theirs = AddFolder(u"theirs", Sddl(kTheirs));
  const FileId file = Must(Builder().AddFile(theirs, u"file", Must(Builder().Intern(Sddl(kInherits)))));
  Open(Path());
  const FileId root = volume_->Info().root;
  // While the tables are read, while what they hold is asked, and while what has changed is asked again.
  for (const int call : {2, 3, 4}) {
    SCOPED_TRACE(call);
    ledger_ = OpenLedger(*volume_, "ledger-" + std::to_string(call));  // Their explicit entry keeps the grant open.
    Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
    AtCall(call, [&] { journal_.Note(theirs, root, kUsnBasicInfoChange | kUsnClose); });
    const RollbackReport report = RollBack(Live());
    EXPECT_EQ(report.stripped, 0u);
    EXPECT_EQ(report.remaining, 1u);
    EXPECT_EQ(Descriptor(file), Sddl(kInherits));
    EXPECT_EQ(Descriptor(theirs), Sddl(kTheirs));
  }
}

// It is the root that passes the entry on, and that one is asked last.
TEST_F(LiveEngineTest, TakesNothingOutWhereItWasStoppedBeforeItAskedTheFolder) {
  Must(Builder().SetDescriptor(Builder().Root(), Must(Builder().Intern(Sddl(kTheirs)))));
  MakeWork();
  const FileId file = AddFile(u"file", Sddl(kInherits));
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  watched_->before_open = [&](const FileId& id) -> std::optional<Error> {
    stop_ = stop_ || id == file;
    return std::nullopt;
  };
  const RollbackReport report = RollBack(Live());
  EXPECT_TRUE(stop_);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(Descriptor(file), Sddl(kInherits));
}

// By a lock that is gone after a moment, and by one that is not.
TEST_F(LiveEngineTest, ClosesNoGrantWhileWhatNamesItsPrincipalCannotBeAsked) {
  MakeWork();
  Open(Path());
  const FileId file = Id(u"closed");
  int fails = 0;
  FileId locked;
  watched_->before_open = [&](const FileId& id) {
    const bool stands = id == locked && fails-- > 0;
    return stands ? std::optional(Error{ErrorKind::kBusy, "open", {}, 32, "locked"}) : std::nullopt;
  };
  // What the tables have found; what has changed while they were read, before it was asked again, and after; and the
  // folder that leads to it.
  for (const auto& [call, which] :
       {std::pair(1, file), std::pair(2, file), std::pair(3, file), std::pair(4, file), std::pair(3, work_)}) {
    SCOPED_TRACE(std::to_string(call) + (which == file ? " file" : " folder"));
    for (const int times : {1, 1000}) {
      Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
      Write(file, kInherits);
      AtCall(call, [&, at = call, whose = which] {
        if (at > 1) journal_.Note(file, work_, kUsnSecurityChange | kUsnClose);
        locked = whose, fails = times;
      });
      RollbackReport report = RollBack(Live());
      if (times > 1) {
        EXPECT_FALSE(report.complete);
        EXPECT_EQ(report.remaining, 1u);
        EXPECT_EQ(report.stripped, 0u);
        fails = 0;
        report = RollBack(Live());
      }
      EXPECT_TRUE(report.complete);
      EXPECT_EQ(report.stripped, 1u);
      EXPECT_EQ(Descriptor(file), Sddl(kClosed));
    }
  }
}

// By what the tables tell of it, somebody else's folder is left over, and the file is his too.
TEST_F(LiveEngineTest, JudgesWhatCannotBeAskedByTheLastThatIsKnownOfIt) {
  MakeWork();
  const FileId theirs = AddFolder(u"theirs", Sddl(kTheirs));
  const FileId file = Must(Builder().AddFile(theirs, u"file", Must(Builder().Intern(Sddl(kInherits)))));
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  for (const FileId& which : {theirs, file}) {
    watched_->before_open = [&](const FileId& id) {
      return id == which ? std::optional(Error{ErrorKind::kDenied, "open", {}, 5, "no"}) : std::nullopt;
    };
    const RollbackReport report = RollBack(Live());
    EXPECT_EQ(report.remaining, 1u);
    EXPECT_EQ(report.unreadable, 1u);
    EXPECT_EQ(report.stripped, 0u);
    EXPECT_EQ(Descriptor(file), Sddl(kInherits));
  }
}

TEST_F(LiveEngineTest, PassesOverWhatIsGoneWhenItIsAsked) {
  MakeWork();
  Open(Path());
  Provision(With(*watched_, *ledger_, IndexUse::kNever), "\\work\\inner");
  const FileId gone{0x0077000000000300, 0};
  AtCall(2, [&] { journal_.Note(gone, work_, kUsnFileCreate | kUsnFileDelete | kUsnClose); });
  const RollbackReport report = RollBack(Live());
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.unreadable, 0u);
}

}  // namespace
}  // namespace acledger::scanner
