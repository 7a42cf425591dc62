// SPDX-License-Identifier: MIT
// Provision and rollback by the volume's own tables ($MFT and $Secure), beside the walk that opens every object.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "tests/ntfs/edit_records.h"
#include "tests/ntfs/engine_on_image.h"
#include "tests/ntfs/stopping_device.h"
#include "tests/ntfs/watched_volume.h"
#include "tools/fixtures/windows_tree.h"

namespace acledger::scanner {
namespace {

// All that a ledger says of grants, objects and changes, without the numbers that it gives.
std::string Dump(store::Ledger& ledger) {
  std::set<std::string> lines;
  const auto bytes_of = [&](store::DescriptorId id) {
    std::string text = "descriptor";
    for (const unsigned byte : id == 0 ? security::DescriptorBytes() : Must(ledger.Descriptor(id)))
      text += " " + std::to_string(byte);
    return text;
  };
  const auto add = [&](const std::string& where, const store::Node& node) {
    lines.insert(where + ": " + node.file_id.ToString() + " " + Name(node.verdict) + " " + Name(node.reason) + " " +
                 std::to_string(node.is_folder) + std::to_string(node.has_links) + " " + bytes_of(node.descriptor));
  };
  for (const store::Grant& grant : Must(ledger.AllGrants())) {
    lines.insert(grant.root + " " + grant.root_id.ToString() + " " + Name(grant.state));
    for (const store::Folder& folder : Must(ledger.Folders(grant.id))) {
      const std::string path = Must(ledger.PathOf(folder.id));
      std::string counts = path + " (folder):";
      for (const std::uint64_t count : folder.counts.by_verdict) counts += " " + std::to_string(count);
      lines.insert(counts + " plan " + std::to_string(folder.plan));
      if (folder.parent == 0) add(path, folder.self);
      std::vector<store::Node> nodes;
      Must(ledger.Nodes(folder.id, nodes));
      for (const store::Node& node : nodes) add(path + "\\" + node.name, node);
    }
    using enum store::ChangeState;
    const store::ChangeState states[] = {kIntent,   kApplied, kFinal,     kReverting,
                                         kReverted, kUndone,  kAbandoned, kMissing};
    for (const store::Change& change : Must(ledger.Changes(grant.id, states))) {
      lines.insert("change " + change.name + " " + change.file_id.ToString() + " " +
                   std::to_string(static_cast<int>(change.state)) + " " + std::to_string(change.entry_flags) + " " +
                   bytes_of(change.original) + " " + bytes_of(change.before) + " " + bytes_of(change.after));
    }
  }
  for (const store::Failure& failure : Must(ledger.Failures()))
    lines.insert("failure " + failure.path + " " + failure.right + " " + failure.error.ToString());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

class IndexedEngineTest : public EngineOnImage {
 protected:
  void MakeTree(unsigned readable_percent = 0) {
    fixtures::TreeOptions options;
    options.objects = 1500;
    options.wide_folder = 100;
    options.levels = 12;
    options.distinct = 30;
    options.readable_percent = readable_percent;
    Must(fixtures::WindowsTree(Builder(), options).Make());
    Finish();
  }

  struct Tale {
    std::string ledger, volume, after;
    ProvisionReport provision;
    RollbackReport rollback;
  };
  // On this image: provision, look, roll back, look.
  Tale Tell(const std::string& root, IndexUse use) {
    Tale tale;
    const std::string ledger_name = "ledger-" + std::to_string(++runs_);
    {
      const auto volume = OpenVolume();
      const auto ledger = OpenLedger(*volume, ledger_name);
      tale.provision = Provision(With(*volume, *ledger, use), root);
      tale.ledger = Dump(*ledger);
    }
    tale.volume = SecurityIds();
    {
      const auto volume = OpenVolume();
      const auto ledger = OpenLedger(*volume, ledger_name);
      tale.rollback = RollBack(With(*volume, *ledger, use));
    }
    tale.after = SecurityIds();
    return tale;
  }

  void ExpectSameTales(const std::string& root) {
    SCOPED_TRACE(root);
    const std::string before = SecurityIds();
    const Tale walked = Tell(root, IndexUse::kNever);
    EXPECT_EQ(walked.after, before);
    for (const IndexUse use : {IndexUse::kAlways, IndexUse::kAuto}) {
      const Tale indexed = Tell(root, use);
      EXPECT_EQ(indexed.ledger, walked.ledger);
      EXPECT_EQ(indexed.volume, walked.volume);
      EXPECT_EQ(indexed.after, before);
      EXPECT_TRUE(indexed.provision.complete);
      EXPECT_TRUE(indexed.rollback.complete);
      EXPECT_EQ(indexed.provision.changes, walked.provision.changes);
      EXPECT_EQ(indexed.rollback.restored, walked.rollback.restored);
      EXPECT_EQ(indexed.rollback.scanned, walked.rollback.scanned);
    }
    EXPECT_GT(walked.provision.changes, 0u);
    EXPECT_TRUE(notes_.empty()) << notes_.front();
  }

  int runs_ = 0;
};

TEST_F(IndexedEngineTest, LeavesTheSameRowsAndBytesAsAWalkAndTakesThemBack) {
  MakeTree();
  for (const char* root : {"\\Users\\dev", "\\work"}) ExpectSameTales(root);
}

TEST_F(IndexedEngineTest, LeavesTheSameOnAWholeVolumeWithReadersOfTheirOwn) {
  MakeTree(95);
  readers_ = 2;
  ExpectSameTales("\\");
}

// Files alone: folders above what is written are opened on the way to it.
TEST_F(IndexedEngineTest, OpensNoFileThatIsReadableAlready) {
  MakeTree(95);
  const auto volume = OpenVolume();
  const auto device = Must(ntfs::OpenBlockDevice(Path()));
  WatchedVolume watched(*volume, device.get());
  const auto ledger = OpenLedger(*volume, "ledger");
  const ProvisionReport report = Provision(With(watched, *ledger, IndexUse::kAlways), "\\Users\\dev");
  EXPECT_GT(report.changes, 0u);
  std::uint64_t readable = 0;
  std::set<FileId> folders;
  for (const store::Folder& folder : Must(ledger->Folders(1))) {
    folders.insert(folder.self.file_id);
    std::vector<store::Node> nodes;
    Must(ledger->Nodes(folder.id, nodes));
    for (const store::Node& node : nodes) {
      if (node.is_folder || node.verdict != store::Verdict::kReadable) continue;
      ++readable;
      EXPECT_FALSE(watched.Opened().contains(node.file_id)) << node.name;
    }
  }
  EXPECT_GT(readable, 50u);
  EXPECT_EQ(watched.OpenedForWriting().size(), report.changes);

  watched.Forget();
  const RollbackReport rollback = RollBack(With(watched, *ledger, IndexUse::kAlways));
  EXPECT_TRUE(rollback.complete);
  std::erase_if(folders, [&](const FileId& id) { return !watched.Opened().contains(id); });
  // Nothing of ours is left when the proof is made: it opens nothing but its root.
  EXPECT_LE(watched.Opened().size(), report.changes + folders.size() + 3);
}

TEST_F(IndexedEngineTest, FindsAndTakesOutWhatInheritedWithoutARecord) {
  MakeWork();
  const std::string before = SecurityIds();
  for (const IndexUse use : {IndexUse::kNever, IndexUse::kAlways}) {
    const auto volume = OpenVolume();
    const auto ledger = OpenLedger(*volume, "ledger-" + std::to_string(++runs_));
    Provision(With(*volume, *ledger, use), "\\work\\inner");
    const FileId file = IdOf(*volume, {u"work", u"closed"});
    Must(Must(volume->OpenById(file, Access::kWrite))->WriteDacl(Sddl(kInherits)));
    const RollbackReport report = RollBack(With(*volume, *ledger, use));
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.stripped, 1u);
  }
  EXPECT_EQ(SecurityIds(), before);
}

TEST_F(IndexedEngineTest, WritesNothingWhereTheTablesSayUnreadableAndTheObjectIsReadable) {
  MakeWork();
  const auto old = Must(ntfs::OpenBlockDevice(CopyOfImage("old.img")));
  const auto volume = OpenVolume();
  WatchedVolume watched(*volume, old.get());
  const FileId file = IdOf(*volume, {u"work", u"closed"});
  Must(Must(volume->OpenById(file, Access::kWrite))->WriteDacl(Sddl(kOpen)));
  const auto ledger = OpenLedger(*volume, "ledger");
  const ProvisionReport report = Provision(With(watched, *ledger, IndexUse::kAlways), "\\work");
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.changes, 2u);  // \work\inner and what is in it.
  EXPECT_TRUE(watched.Opened().contains(file));
  EXPECT_EQ(Read(*Must(volume->OpenById(file, Access::kRead))), Sddl(kOpen));
  EXPECT_TRUE(RollBack(With(watched, *ledger, IndexUse::kNever)).complete);
  EXPECT_EQ(Read(*Must(volume->OpenById(file, Access::kRead))), Sddl(kOpen));
}

// It is not opened, so nobody can know; what looks at the object itself finds it.
TEST_F(IndexedEngineTest, LeavesForTheNextLookWhatTheTablesWronglySayIsReadable) {
  MakeWork();
  const auto old = Must(ntfs::OpenBlockDevice(CopyOfImage("old.img")));
  const auto volume = OpenVolume();
  WatchedVolume watched(*volume, old.get());
  const FileId file = IdOf(*volume, {u"work", u"open"});
  Must(Must(volume->OpenById(file, Access::kWrite))->WriteDacl(Sddl(kClosed)));
  const auto ledger = OpenLedger(*volume, "ledger");
  Provision(With(watched, *ledger, IndexUse::kAlways), "\\work");
  EXPECT_FALSE(watched.OpenedForWriting().contains(file));
  Engine engine(With(watched, *ledger, IndexUse::kAlways));
  EXPECT_GT(Must(engine.Verify(Must(ledger->Grants()))).differences, 0u);
  Must(engine.Provision(Must(ledger->Grants())));
  EXPECT_TRUE(Must(engine.Verify(Must(ledger->Grants()))).complete);
  const ProvisionReport mended = Provision(With(watched, *ledger, IndexUse::kNever), "\\work");
  EXPECT_TRUE(mended.complete);
  EXPECT_NE(Read(*Must(volume->OpenById(file, Access::kRead))), Sddl(kClosed));
}

TEST_F(IndexedEngineTest, ProvesARollbackByTheObjectWhereTheTablesSayThatItCarriesOurs) {
  MakeWork();
  std::string old;
  {
    const auto volume = OpenVolume();
    const FileId file = IdOf(*volume, {u"work", u"closed"});
    Must(Must(volume->OpenById(file, Access::kWrite))->WriteDacl(Sddl(kInherits)));
  }
  old = CopyOfImage("old.img");
  const auto device = Must(ntfs::OpenBlockDevice(old));
  const auto volume = OpenVolume();
  WatchedVolume watched(*volume, device.get());
  const FileId file = IdOf(*volume, {u"work", u"closed"});
  Must(Must(volume->OpenById(file, Access::kWrite))->WriteDacl(Sddl(kClosed)));
  const auto ledger = OpenLedger(*volume, "ledger");
  Provision(With(watched, *ledger, IndexUse::kNever), "\\work\\inner");
  const std::uint64_t writes = volume->Counters().descriptor_writes;
  const RollbackReport report = RollBack(With(watched, *ledger, IndexUse::kAlways));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.stripped, 0u);
  EXPECT_EQ(volume->Counters().descriptor_writes - writes, 2u);
  EXPECT_TRUE(watched.Opened().contains(file));
}

TEST_F(IndexedEngineTest, StopsWhileItReadsTheTables) {
  MakeWork();
  const auto device = Must(ntfs::OpenBlockDevice(Path()));
  StoppingDevice stopping(*device, stop_);
  const auto volume = OpenVolume();
  WatchedVolume watched(*volume, &stopping);
  const auto ledger = OpenLedger(*volume, "ledger");
  const auto environment = [&] {
    stop_ = false, stopping.reads = 0, stopping.stops_at = 2;
    return With(watched, *ledger, IndexUse::kAlways);
  };
  EXPECT_FALSE(Provision(environment(), "\\work").complete);
  EXPECT_EQ(stopping.reads, 2);
  stop_ = false;
  EXPECT_TRUE(Provision(With(watched, *ledger, IndexUse::kNever), "\\work").complete);
  EXPECT_FALSE(RollBack(environment()).complete);
  EXPECT_EQ(stopping.reads, 2);
  EXPECT_TRUE(notes_.empty());
  stop_ = false;
  EXPECT_TRUE(RollBack(With(watched, *ledger, IndexUse::kAlways)).complete);
}

// Else all would be opened for what took a moment.
TEST_F(IndexedEngineTest, WalksNotWhereTheStopOfAProofIsTakenBack) {
  MakeWork();
  const auto device = Must(ntfs::OpenBlockDevice(Path()));
  StopFlag stop{false};
  StoppingDevice stopping(*device, stop);
  const auto volume = OpenVolume();
  WatchedVolume watched(*volume, &stopping);
  watched.stops_view = &stop;
  const auto ledger = OpenLedger(*volume, "ledger");
  const FileId open = IdOf(*volume, {u"work", u"open"});
  Provision(With(watched, *ledger, IndexUse::kNever), "\\work");
  watched.Forget(), stopping.stops_at = 2;
  EXPECT_FALSE(RollBack(With(watched, *ledger, IndexUse::kAlways)).complete);
  EXPECT_FALSE(watched.Opened().contains(open));
  stop = false;
  EXPECT_TRUE(RollBack(With(watched, *ledger, IndexUse::kAlways)).complete);
}

TEST_F(IndexedEngineTest, OpensWhatDamagedRecordsDoNotTell) {
  MakeTree();
  const std::string before = SecurityIds();
  const Tale walked = Tell("\\Users\\dev", IndexUse::kNever);
  const std::string damaged = CopyOfImage("damaged.img");
  const auto spoil = [](std::span<char> record) { std::memcpy(record.data(), "BAAD", 4); };
  ASSERT_GT(EditRecords(damaged, 7, spoil).size(), 100u);
  const auto device = Must(ntfs::OpenBlockDevice(damaged));
  {
    const auto volume = OpenVolume();
    WatchedVolume watched(*volume, device.get());
    const auto ledger = OpenLedger(*volume, "ledger");
    EXPECT_TRUE(Provision(With(watched, *ledger, IndexUse::kAlways), "\\Users\\dev").complete);
    EXPECT_EQ(Dump(*ledger), walked.ledger);
    const auto view = Must(watched.ViewInBulk(IndexUse::kAlways, stop_));
    Must(view->OpenRoot(Access::kRead));
    EXPECT_FALSE(view->Report().error);
  }
  EXPECT_EQ(SecurityIds(), walked.volume);
  {
    const auto volume = OpenVolume();
    WatchedVolume watched(*volume, device.get());
    const auto ledger = OpenLedger(*volume, "ledger");
    // The records tell of a time before the grant; here it is the damaged ones that the proof has to open.
    const RollbackReport report = RollBack(With(watched, *ledger, IndexUse::kAlways));
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.scanned, walked.rollback.scanned);
  }
  EXPECT_EQ(SecurityIds(), before);
}

TEST_F(IndexedEngineTest, WalksAndSaysSoWhereTheTablesCannotBeRead) {
  MakeWork();
  const std::string garbage = (Folder() / "garbage").string();
  std::ofstream(garbage) << std::string(1 << 20, 'x');
  const auto device = Must(ntfs::OpenBlockDevice(garbage));
  const auto volume = OpenVolume();
  for (const IndexUse use : {IndexUse::kAlways, IndexUse::kAuto}) {
    WatchedVolume watched(*volume, device.get());
    const auto ledger = OpenLedger(*volume, "ledger-" + std::to_string(++runs_));
    notes_.clear();
    EXPECT_TRUE(Provision(With(watched, *ledger, use), "\\work").complete);
    ASSERT_EQ(notes_.size(), 1u);
    EXPECT_NE(notes_.front().find("opened one by one"), std::string::npos);
    EXPECT_TRUE(RollBack(With(watched, *ledger, use)).complete);
  }
}

TEST_F(IndexedEngineTest, WalksAndSaysSoWhereAVolumeHasNoTables) {
  MakeWork();
  const auto volume = OpenVolume();
  WatchedVolume watched(*volume, nullptr);
  const auto ledger = OpenLedger(*volume, "ledger");
  EXPECT_TRUE(Provision(With(watched, *ledger, IndexUse::kAuto), "\\work").complete);
  EXPECT_TRUE(notes_.empty());
  EXPECT_TRUE(RollBack(With(watched, *ledger, IndexUse::kAlways)).complete);
  EXPECT_EQ(notes_.size(), 1u);
}

}  // namespace
}  // namespace acledger::scanner
