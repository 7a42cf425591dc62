// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/adoption.h"
#include "scanner/opener.h"
#include "security/wtf8.h"
#include "store/carried.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {

inline constexpr std::uint64_t kOtherSerial = 0x99;

inline std::u16string Wide(const std::string& path) { return FromWtf8(path).value(); }

class AdoptionTest : public EngineTest {
 protected:
  AdoptionTest() {
    for (const char16_t* path : {u"work/a", u"work/b", u"work/sub/c", u"work/sub/d", u"work/sub/deep/e", u"else/f"})
      volume_.File(path);
    volume_.File(u"work/open", "O:BAG:BAD:(A;;FA;;;WD)");
    volume_.File(u"work/own", "O:BAG:BAD:(A;;FA;;;BA)(A;;FR;;;S-1-5-21-7-7-7-7)");
    for (const std::string& path : volume_.Paths()) before_[path] = volume_.Descriptor(Wide(path));
    Provision("\\work");
    applied_ = ChangesIn({store::ChangeState::kFinal}).size();
  }

  // The ledger as the volume carries it becomes that of a machine whose volume has this serial.
  void Carry(std::uint64_t serial) {
    const std::string seed = LedgerPath() + ".carried";
    Must(Ledger().ExportTo(seed));
    CloseLedger();
    Take(seed, serial);
  }
  void CarryOn(std::uint64_t serial) {
    const std::string seed = LedgerPath() + ".carried";
    Must(here_->ExportTo(seed));
    here_.reset();
    Take(seed, serial);
  }
  void Take(const std::string& seed, std::uint64_t serial) {
    for (const char* companion : {"", "-wal", "-shm"}) std::filesystem::remove(LedgerPath() + companion);
    store::OpenOptions how;
    how.volume_serial = serial;
    how.volume_name = "C:";
    Must(store::PrepareSeed(seed, how));
    how.seed = seed;
    ASSERT_EQ(Must(store::Ledger::Open(LedgerPath(), how))->Outcome(), store::OpenOutcome::kAdopted);
    how.seed.clear();
    here_ = Must(store::Ledger::Open(LedgerPath(), how));
  }

  // The tree is copied, descriptors and all, as by a deployment of files: other ids, some of them those of other
  // objects before.
  std::unique_ptr<fakes::FakeVolume> Deploy(std::uint64_t serial) {
    auto machine = std::make_unique<fakes::FakeVolume>(fakes::FakeVolumeOptions{.serial = serial});
    machine->File(u"first");
    std::vector<std::string> paths = volume_.Paths();
    std::ranges::sort(paths, std::greater{});  // Deepest first: parents are made on the way.
    for (const std::string& path : paths) {
      const ObjectInfo info = Must(Must(OpenPath(volume_, Must(ParsePath(path)).components, Access::kRead))->Info());
      if (info.IsReparsePoint()) machine->ReparsePoint(Wide(path), info.reparse_tag, info.IsFolder());
    }
    for (const std::string& path : paths) {
      const std::u16string name = Wide(path);
      if (name == u"\\") continue;
      const auto object = Must(OpenPath(volume_, Must(ParsePath(path)).components, Access::kRead));
      if (machine->Exists(name)) {
        machine->SetDescriptor(name, volume_.Descriptor(name));
      } else if (Must(object->Info()).IsFolder()) {
        machine->Folder(name, volume_.Descriptor(name));
      } else {
        machine->File(name, volume_.Descriptor(name));
      }
    }
    return machine;
  }

  Environment On(fakes::FakeVolume& volume) {
    return {.volume = volume, .ledger = *here_, .progress = progress_, .stop = stop_, .readers = 0, .batch = batch_};
  }
  AdoptionReport AdoptOn(fakes::FakeVolume& volume) { return Must(Engine(On(volume)).Settle()).adopted.value(); }
  ProvisionReport ProvisionOn(fakes::FakeVolume& volume) {
    Engine engine(On(volume));
    Must(engine.Settle());
    return Must(engine.Provision(Must(here_->Grants())));
  }
  RollbackReport RollbackOn(fakes::FakeVolume& volume) {
    Engine engine(On(volume));
    Must(engine.Settle());
    return Must(engine.Rollback(GrantsNamed{}));
  }
  static bool HoldsOurs(const fakes::FakeVolume& volume, std::u16string_view path) {
    return volume.Sddl(path).find(kPrincipal) != std::string::npos;
  }
  void ExpectOriginals(const fakes::FakeVolume& volume) {
    for (const auto& [path, bytes] : before_)
      if (volume.Exists(Wide(path))) {
        EXPECT_EQ(volume.Descriptor(Wide(path)), bytes) << path;
      }
  }
  std::vector<store::Change> Held() {
    std::vector<store::Change> all;
    const store::ChangeState held[] = {store::ChangeState::kIntent, store::ChangeState::kApplied,
                                       store::ChangeState::kFinal};
    for (const store::Grant& grant : Must(here_->AllGrants()))
      for (const store::Change& change : Must(here_->Changes(grant.id, held))) all.push_back(change);
    return all;
  }

  std::map<std::string, security::DescriptorBytes> before_;
  std::size_t applied_ = 0;
  std::unique_ptr<store::Ledger> here_;
};

}  // namespace acledger::scanner
