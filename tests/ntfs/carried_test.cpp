// SPDX-License-Identifier: MIT
// A ledger that travels in an NTFS image: put there, killed at every write, refused, and adopted by the volume itself
// and by one that the files were copied to.
#include "daemon/target/carried.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>

#include "daemon/target/live_volume.h"
#include "scanner/carried_ledger.h"
#include "scanner/engine.h"
#include "scanner/ntfs3g/carried_file.h"
#include "store/carried.h"
#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

using security::DescriptorBytes;
using testing::HasSubstr;

constexpr char kSystem[] = "O:SYG:SYD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;CI;0x6;;;BU)";
constexpr char kOurFolder[] = "O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

class CarriedTest : public TestImage, public Progress {
 protected:
  CarriedTest() {
    data_ = AddFolder(u"ProgramData", Sddl(kSystem));
    Must(Builder().AddFile(data_, u"other.ini", Must(Builder().Intern(Sddl("O:BAG:BAD:AI(A;ID;FA;;;SY)")))));
    const std::uint32_t closed = Must(Builder().Intern(Sddl("O:BAG:BAD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)")));
    const std::uint32_t file = Must(Builder().Intern(Sddl("O:BAG:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)")));
    const FileId work = Must(Builder().AddFolder(Builder().Root(), u"work", closed));
    for (char16_t folder = u'a'; folder < u'g'; ++folder) {
      const FileId sub = Must(Builder().AddFolder(work, std::u16string(1, folder), closed));
      for (char16_t name = u'0'; name <= u'9'; ++name) Must(Builder().AddFile(sub, std::u16string(1, name), file));
    }
    Finish();
    before_ = SecurityIds();
  }
  void Report(const ProgressState&) override {}

  std::string LedgerPath() const { return Path() + ".acledger"; }
  std::string At(const char* name) const { return (Folder() / name).string(); }

  std::unique_ptr<store::Ledger> OpenLedger(const std::string& path, Volume& volume, const std::string& seed = {}) {
    store::OpenOptions how;
    how.volume_serial = volume.Info().serial;
    how.volume_name = "image";
    how.seed = seed;
    return Must(store::Ledger::Open(path, how));
  }
  Environment On(Volume& volume, store::Ledger& ledger) { return {volume, ledger, *this, stop_, 0}; }

  std::uint64_t Provision() {
    const auto volume = OpenVolume();
    const auto ledger = OpenLedger(LedgerPath(), *volume);
    Engine engine(On(*volume, *ledger));
    Must(engine.Settle());
    GrantRequest request;
    request.principal = Must(security::Sid::FromString("S-1-9-77-1"));
    request.roots = {"\\work"};
    std::vector<std::string> notes;
    return Must(engine.Provision(Must(engine.Register(request, notes)))).changes;
  }
  void Export() {
    store::OpenOptions how;
    how.check_volume = false;
    Must(daemon::ExportLedger({Path(), 0}, *Must(store::Ledger::Open(LedgerPath(), how))));
  }
  std::optional<std::string> Carried() { return Must(ReadCarriedLedger(*OpenVolume(true))); }

  // But for less than a ledger takes.
  void FillUp() {
    const std::uint32_t descriptor = Must(Builder().Intern(Sddl("O:BAG:BAD:(A;;FA;;;BA)")));
    const std::string bytes(64 << 10, 'x');
    for (int i = 0;; ++i) {
      const std::string name = "fill" + std::to_string(i);
      const FileId file =
          Must(Builder().AddFile(Builder().Root(), std::u16string(name.begin(), name.end()), descriptor));
      if (!Builder().WriteContents(file, bytes)) break;
    }
    Finish();
  }

  // What ntfsresize thinks of the clusters: each is somebody's, and no one's twice.
  void ExpectSound() {
    int exit_code = -1;
    const std::string text = RunCommand("ntfsresize --info --force --no-progress-bar " + Path() + " 2>&1", &exit_code);
    EXPECT_EQ(exit_code, 0) << text;
  }

  // Runs `work` in a process that kills itself before its `last` write. True: it was killed.
  static bool DieAt(std::uint64_t last, const std::function<void(ntfs3g::WriteHook)>& work) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        work([last](std::uint64_t writes) {
          if (writes == last) raise(SIGKILL);
        });
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        _exit(1);
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) throw std::runtime_error("the working process failed");
    return WIFSIGNALED(status);
  }

  // A volume of the machine that the files were copied to: the same names, descriptors and contents of what is carried.
  void DeployTo(const std::string& image, std::uint64_t serial) {
    const auto from = OpenVolume(true);
    const auto to = Must(fixtures::ImageBuilder::Create(image, 64 << 20, serial));
    for (int i = 0; i < 7; ++i)  // Other ids for all that comes.
      Must(to->AddFile(to->Root(), u"unlike" + std::u16string(1, static_cast<char16_t>(u'0' + i)),
                       Must(to->Intern(Sddl("O:BAG:BAD:(A;;FA;;;BA)")))));
    Copy(*Must(from->OpenRoot(Access::kRead)), *to, to->Root());
    Must(to->Close());
  }
  void Copy(Object& from, fixtures::ImageBuilder& to, FileId into) {
    std::vector<std::u16string> names;
    Must(from.List([&names](std::span<const ListedName> run) {
      for (const ListedName& name : run) names.push_back(name.name);
      return true;
    }));
    std::ranges::reverse(names);
    for (const std::u16string& name : names) {
      const auto object = Must(from.OpenChild(name, Access::kRead));
      const std::uint32_t descriptor = Must(to.Intern(Read(*object)));
      if (Must(object->Info()).IsFolder()) {
        Copy(*object, to, Must(to.AddFolder(into, name, descriptor)));
      } else {
        const FileId file = Must(to.AddFile(into, name, descriptor));
        if (const std::string bytes = Must(object->ReadContent(1 << 24)); !bytes.empty())
          Must(to.WriteContents(file, bytes));
      }
    }
  }

  static void AddDescriptors(Object& folder, const std::string& path, std::map<std::string, DescriptorBytes>& all) {
    std::vector<std::u16string> names;
    Must(folder.List([&names](std::span<const ListedName> run) {
      for (const ListedName& name : run) names.push_back(name.name);
      return true;
    }));
    for (const std::u16string& name : names) {
      const auto object = Must(folder.OpenChild(name, Access::kRead));
      const std::string whole = path + "\\" + std::string(name.begin(), name.end());
      all[whole] = Read(*object);
      if (Must(object->Info()).IsFolder()) AddDescriptors(*object, whole, all);
    }
  }
  static std::map<std::string, DescriptorBytes> Descriptors(Volume& volume) {
    std::map<std::string, DescriptorBytes> all;
    AddDescriptors(*Must(volume.OpenRoot(Access::kRead)), "", all);
    return all;
  }

  FileId data_;  // \ProgramData
  std::string before_;
  const StopFlag stop_{false};
};

TEST_F(CarriedTest, IsPutIntoTheImageForAdministratorsAloneAndTakenOutWithItsFolder) {
  Provision();
  const std::string granted = SecurityIds();
  Export();
  const std::string bytes = Carried().value();
  EXPECT_EQ(bytes.substr(0, 15), "SQLite format 3");
  ExpectSound();
  EXPECT_THAT(SecAudit().text, HasSubstr("No errors were found"));
  store::OpenOptions how;
  how.check_volume = false;
  EXPECT_TRUE(Must(daemon::RemoveExported({Path(), 0}, *Must(store::Ledger::Open(LedgerPath(), how)))));
  EXPECT_EQ(SecurityIds(), granted);
  EXPECT_FALSE(Must(HasCarriedFolder(*OpenVolume(true))));
  ExpectSound();
}

TEST_F(CarriedTest, AFolderThatWasThereStays) {
  Must(Builder().AddFolder(data_, u"acledger", Must(Builder().Intern(Sddl(kOurFolder)))));
  Finish();
  Provision();
  Export();
  store::OpenOptions how;
  how.check_volume = false;
  Must(daemon::RemoveExported({Path(), 0}, *Must(store::Ledger::Open(LedgerPath(), how))));
  EXPECT_TRUE(Must(HasCarriedFolder(*OpenVolume(true))));
}

TEST_F(CarriedTest, ThePlaceOfSomebodyElseIsRefusedAndNothingIsWritten) {
  struct Case {
    const char* folder;
    const char* file;  // With contents that are no ledger.
  };
  for (const Case& one : {Case{"O:S-1-5-21-1-2-3-1001G:BUD:(A;OICI;FA;;;SY)", nullptr},
                          Case{"O:BAG:BAD:(A;OICI;FA;;;BA)(A;OICI;FA;;;BU)", nullptr},
                          Case{kOurFolder, "O:SYG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)"}}) {
    const FileId folder = Must(Builder().AddFolder(data_, u"acledger", Must(Builder().Intern(Sddl(one.folder)))));
    if (one.file) {
      const FileId file = Must(Builder().AddFile(folder, u"image-ledger.db", Must(Builder().Intern(Sddl(one.file)))));
      Must(Builder().WriteContents(file, "somebody's own"));
    }
    const std::string there = SecurityIds();
    std::ofstream(At("copy")) << "SQLite format 3";
    const auto put = ntfs3g::PutCarriedLedger(Path(), At("copy"));
    ASSERT_FALSE(put) << one.folder;
    EXPECT_EQ(put.error().kind, one.file ? ErrorKind::kUnsupported : ErrorKind::kDenied);
    const auto removed = ntfs3g::RemoveCarriedLedger(Path(), true);
    EXPECT_FALSE(removed);
    EXPECT_EQ(SecurityIds(), there);
    if (one.file) {
      EXPECT_EQ(Carried().value(), "somebody's own");
      break;
    }
    Must(Builder().Remove(folder, data_, u"acledger"));
  }
}

TEST_F(CarriedTest, AnImageWithoutProgramDataIsNoVolumeOfWindows) {
  Must(fixtures::ImageBuilder::Create(At("data.img"), 16 << 20, 5));
  std::ofstream(At("copy")) << "anything";
  EXPECT_EQ(ntfs3g::PutCarriedLedger(At("data.img"), At("copy")).error().kind, ErrorKind::kNotFound);
}

TEST_F(CarriedTest, KilledAnywhereTheImageCarriesTheOldLedgerOrTheNewOne) {
  Provision();
  Export();
  const std::string old_one = Carried().value();
  std::string new_one = old_one;
  new_one.resize(new_one.size() * 3, 'x');
  std::ofstream(At("copy"), std::ios::binary) << new_one;
  std::uint64_t kills = 0;
  for (std::uint64_t at = 0;
       DieAt(at, [&](ntfs3g::WriteHook hook) { Must(ntfs3g::PutCarriedLedger(Path(), At("copy"), std::move(hook))); });
       ++at, ++kills) {
    const std::string now = Carried().value();
    ASSERT_TRUE(now == old_one || now == new_one) << "after kill " << kills;
    OpenVolume().reset();  // Finishes what was begun.
    ExpectSound();
    if (HasFailure()) FAIL() << "after kill " << kills;
    ASSERT_LT(kills, 500u);
  }
  EXPECT_GT(kills, 10u);
  EXPECT_EQ(Carried().value(), new_one);
  EXPECT_THAT(SecAudit().text, HasSubstr("No errors were found"));
}

TEST_F(CarriedTest, KilledWhileItIsTakenOutItIsThereOrGone) {
  Provision();
  Export();
  const std::string bytes = Carried().value();
  std::uint64_t kills = 0;
  for (std::uint64_t at = 0;
       DieAt(at, [&](ntfs3g::WriteHook hook) { Must(ntfs3g::RemoveCarriedLedger(Path(), true, std::move(hook))); });
       ++at, ++kills) {
    const auto now = Carried();
    ASSERT_TRUE(!now || *now == bytes) << "after kill " << kills;
    OpenVolume().reset();
    ExpectSound();
    if (!now) Export();
  }
  EXPECT_GT(kills, 3u);
  EXPECT_FALSE(Carried());
}

TEST_F(CarriedTest, TheVolumeItselfAdoptsItAndIsRolledBackToEverySecurityId) {
  const std::uint64_t changes = Provision();
  Export();
  {
    const auto volume = OpenVolume();
    const daemon::CarriedLedger carried = Must(daemon::FetchCarriedLedger(*volume, At("live.db")));
    ASSERT_FALSE(carried.trouble) << carried.trouble->ToString();
    const auto ledger = OpenLedger(At("live.db"), *volume, carried.seed);
    ASSERT_EQ(ledger->Outcome(), store::OpenOutcome::kAdopted);
    Engine engine(On(*volume, *ledger));
    const AdoptionReport report = Must(engine.Settle()).adopted.value();
    EXPECT_FALSE(report.by_path);
    EXPECT_EQ(report.confirmed, changes);
    EXPECT_EQ(Must(engine.Provision(Must(ledger->Grants()))).changes, 0u);
    EXPECT_EQ(Must(engine.Rollback(std::nullopt)).restored, changes);
    EXPECT_FALSE(Must(daemon::FetchCarriedLedger(*volume, At("live.db"))).trouble);
  }
  Must(ntfs3g::RemoveCarriedLedger(Path(), true));
  EXPECT_EQ(SecurityIds(), before_);
}

TEST_F(CarriedTest, CopiedFilesAdoptItByPathAndAreRolledBackToEveryByte) {
  const std::map<std::string, DescriptorBytes> originals = Descriptors(*OpenVolume(true));
  const std::uint64_t changes = Provision();
  Export();
  const std::string machine = At("machine.img");
  DeployTo(machine, 0xABCDEF);
  const auto volume = Must(OpenNtfsImage(machine, false));
  const daemon::CarriedLedger carried = Must(daemon::FetchCarriedLedger(*volume, At("live.db")));
  ASSERT_FALSE(carried.trouble) << carried.trouble->ToString();
  const auto ledger = OpenLedger(At("live.db"), *volume, carried.seed);
  Engine engine(On(*volume, *ledger));
  const AdoptionReport report = Must(engine.Settle()).adopted.value();
  EXPECT_TRUE(report.by_path);
  EXPECT_EQ(report.confirmed, changes);
  EXPECT_EQ(volume->Counters().descriptor_writes, 0u);
  EXPECT_EQ(Must(engine.Provision(Must(ledger->Grants()))).changes, 0u);
  const RollbackReport rolled = Must(engine.Rollback(std::nullopt));
  EXPECT_EQ(rolled.restored, changes);
  EXPECT_EQ(rolled.remaining + rolled.failed + rolled.missing, 0u);
  const std::map<std::string, DescriptorBytes> now = Descriptors(*volume);
  for (const auto& [path, bytes] : originals) EXPECT_EQ(now.at(path), bytes) << path;
}

TEST_F(CarriedTest, AnImageThatComesAloneCarriesNoneOnceItIsToBeWritten) {
  Provision();
  Export();
  const daemon::TakenOut out = Must(daemon::TakeOutCarried({Path(), 0}, At("live.db")));
  EXPECT_TRUE(out.carried);
  EXPECT_TRUE(out.adopted);
  EXPECT_FALSE(out.left);
  EXPECT_EQ(Carried(), std::nullopt);
  const auto volume = OpenVolume(true);
  const auto ledger = OpenLedger(At("live.db"), *volume);
  EXPECT_EQ(ledger->Outcome(), store::OpenOutcome::kOpened);
  EXPECT_TRUE(Must(IsAdoptionPending(*ledger)));
  EXPECT_EQ(Must(ledger->Grants()).size(), 1u);
}

TEST_F(CarriedTest, WhatIsStillToBeAdoptedGoesBackAndComesOutAgain) {
  Provision();
  Export();
  Must(daemon::TakeOutCarried({Path(), 0}, At("live.db")));
  Must(daemon::RefreshCarried({Path(), 0}, At("live.db")));
  EXPECT_TRUE(Carried());
  const daemon::TakenOut out = Must(daemon::TakeOutCarried({Path(), 0}, At("live.db")));
  EXPECT_TRUE(out.carried);
  EXPECT_FALSE(out.adopted);
  EXPECT_EQ(out.kept, "");
  EXPECT_EQ(Carried(), std::nullopt);
}

TEST_F(CarriedTest, OneThatTheLedgerDoesNotKnowOfComesOutAndIsKept) {
  Provision();
  Export();
  const std::string bytes = Carried().value();
  store::OpenOptions how;
  how.check_volume = false;
  Must(Must(store::Ledger::Open(LedgerPath(), how))->SetSetting(store::kCarried, ""));
  const daemon::TakenOut out = Must(daemon::TakeOutCarried({Path(), 0}, LedgerPath()));
  EXPECT_TRUE(out.carried);
  EXPECT_FALSE(out.adopted);
  EXPECT_EQ(Carried(), std::nullopt);
  std::ifstream kept(out.kept, std::ios::binary);
  EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(kept), {}) == bytes) << out.kept;
}

TEST_F(CarriedTest, OfTwoThatTheLedgerDoesNotKnowOfBothAreKept) {
  Provision();
  store::OpenOptions how;
  how.check_volume = false;
  std::vector<std::string> bytes, kept;
  for (const char* root : {"\\one", "\\two"}) {
    store::Grant grant;
    grant.principal = Must(security::Sid::FromString("S-1-9-77-1"));
    grant.root = root;
    Must(Must(store::Ledger::Open(LedgerPath(), how))->AddGrant(grant));
    Export();
    Must(Must(store::Ledger::Open(LedgerPath(), how))->SetSetting(store::kCarried, ""));
    bytes.push_back(Carried().value());
    kept.push_back(Must(daemon::TakeOutCarried({Path(), 0}, LedgerPath())).kept);
  }
  ASSERT_NE(bytes[0], bytes[1]);
  Must(ntfs3g::PutCarriedLedger(Path(), kept[0]));  // Not kept twice.
  EXPECT_EQ(Must(daemon::TakeOutCarried({Path(), 0}, LedgerPath())).kept, kept[0]);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    std::ifstream file(kept[i], std::ios::binary);
    EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(file), {}) == bytes[i]) << kept[i];
  }
}

TEST_F(CarriedTest, BesideTheLedgerOfAnotherVolumeItStays) {
  Provision();
  Export();
  {
    store::OpenOptions how;
    how.volume_serial = 0x4711;
    const auto other = Must(store::Ledger::Open(At("live.db"), how));
    Must(other->SetSetting(store::kCarried, "yes"));
    store::Grant grant;
    grant.principal = Must(security::Sid::FromString("S-1-9-77-1"));
    grant.root = "\\elsewhere";
    Must(other->AddGrant(grant));
  }
  const std::string bytes = Carried().value();
  const auto out = daemon::TakeOutCarried({Path(), 0}, At("live.db"));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind, ErrorKind::kMismatch);
  EXPECT_FALSE(daemon::RefreshCarried({Path(), 0}, At("live.db")));
  EXPECT_TRUE(Carried() == bytes);
}

TEST_F(CarriedTest, WhatIsNobodysLedgerIsLeftAndTold) {
  const FileId folder = Must(Builder().AddFolder(data_, u"acledger", Must(Builder().Intern(Sddl(kOurFolder)))));
  const FileId file = Must(Builder().AddFile(folder, u"image-ledger.db",
                                             Must(Builder().Intern(Sddl("O:SYG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)")))));
  Must(Builder().WriteContents(file, "somebody's own"));
  Finish();
  const daemon::TakenOut out = Must(daemon::TakeOutCarried({Path(), 0}, At("live.db")));
  EXPECT_FALSE(out.carried);
  EXPECT_TRUE(out.left);
  EXPECT_EQ(Carried().value(), "somebody's own");
  EXPECT_FALSE(std::filesystem::exists(At("live.db")));
}

TEST_F(CarriedTest, WhatCannotBeFetchedNowIsNotNothing) {
  Provision();
  Export();
  const auto fetched = daemon::FetchCarriedLedger(*OpenVolume(true), At("missing") + "/live.db");
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(daemon::TakeOutCarried({Path(), 0}, At("missing") + "/live.db"));
  EXPECT_TRUE(Carried());
}

TEST_F(CarriedTest, ACopyThatWasNotTakenGoes) {
  Provision();
  Export();
  std::string seed;
  {
    const daemon::CarriedLedger carried = Must(daemon::FetchCarriedLedger(*OpenVolume(true), At("live.db")));
    seed = carried.seed;
    EXPECT_TRUE(std::filesystem::exists(seed));
  }
  for (const char* companion : {"", "-wal", "-shm"}) EXPECT_FALSE(std::filesystem::exists(seed + companion));
}

TEST_F(CarriedTest, AFirstExportThatFailsLeavesNothingBehind) {
  Provision();
  FillUp();
  store::OpenOptions how;
  how.check_volume = false;
  const auto ledger = Must(store::Ledger::Open(LedgerPath(), how));
  EXPECT_FALSE(daemon::ExportLedger({Path(), 0}, *ledger));
  EXPECT_FALSE(Must(HasCarriedFolder(*OpenVolume(true))));
  EXPECT_EQ(Must(ledger->Setting(store::kCarried)), "");
  EXPECT_EQ(Must(ledger->Setting(store::kCarriedFolder)), "");
  ExpectSound();
}

TEST_F(CarriedTest, ADamagedOneIsToldAndNotTaken) {
  Provision();
  Export();
  const FileId file = Must(Must(OpenCarriedLedger(*OpenVolume(true)))->Info()).id;
  std::string bytes = Carried().value();
  for (std::size_t at = 8192; at < bytes.size(); at += 512) bytes[at] = static_cast<char>(~bytes[at]);
  Must(Builder().WriteContents(file, bytes));
  const auto volume = OpenVolume();
  const daemon::CarriedLedger carried = Must(daemon::FetchCarriedLedger(*volume, At("live.db")));
  EXPECT_TRUE(carried.seed.empty());
  ASSERT_TRUE(carried.trouble);
  EXPECT_EQ(carried.trouble->kind, ErrorKind::kCorrupt);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Folder()))
    files += entry.path().filename().string().starts_with("live.db");
  EXPECT_EQ(files, 0u);
}

}  // namespace
}  // namespace acledger::scanner
