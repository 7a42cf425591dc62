// SPDX-License-Identifier: MIT
// Holders on a real NTFS volume: after the last release, in whatever order, every file has its security_id again.
#include <random>

#include "scanner/engine.h"
#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

constexpr const char* kRoots[] = {"\\work", "\\work\\sub", "\\apart"};
constexpr security::AccessMask kMasks[] = {security::kFileReadAndExecute, 0x120089};

class NtfsHoldersTest : public TestImage, public Progress {
 protected:
  NtfsHoldersTest() {
    const std::uint32_t closed = Must(Builder().Intern(Sddl("O:BAG:BAD:AI(A;OICI;FA;;;BA)(A;OICIID;FA;;;SY)")));
    const std::uint32_t file = Must(Builder().Intern(Sddl("O:BAG:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)")));
    const FileId work = Must(Builder().AddFolder(Builder().Root(), u"work", closed));
    const FileId sub = Must(Builder().AddFolder(work, u"sub", closed));
    const FileId apart = Must(Builder().AddFolder(Builder().Root(), u"apart", closed));
    for (const FileId& folder : {work, sub, apart})
      for (const char16_t* name : {u"a", u"b"}) Must(Builder().AddFile(folder, name, file));
    Finish();
  }
  void Report(const ProgressState&) override {}

  void WorkOff(Engine& engine, store::Ledger& ledger) {
    for (int jobs = 0; jobs < 100; ++jobs) {
      std::vector<store::GrantId> going;
      std::vector<store::Grant> due;
      for (const store::Grant& grant : Must(ledger.Grants())) {
        if (grant.state == store::GrantState::kRollingBack) going.push_back(grant.id);
        if (grant.state == store::GrantState::kScanning) due.push_back(grant);
      }
      if (going.empty() && due.empty()) return;
      Must(engine.Provision(due));
      EXPECT_TRUE(Must(engine.RollbackGrants(going)).complete);
    }
    ADD_FAILURE() << "the work has no end";
  }

  // Five holders come and go; at the end nobody is there.
  void Interleave(std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto volume = OpenVolume();
    const auto ledger = Must(store::Ledger::Open((Folder() / "ledger.db").string(),
                                                 {.volume_serial = volume->Info().serial, .volume_name = "image"}));
    const StopFlag stop{false};
    Engine engine({*volume, *ledger, *this, stop, 0, 3});
    Must(engine.Settle());
    std::vector<store::HolderId> holders;
    store::Holder who;
    who.process = 1;
    for (int step = 0; step < 12 || !holders.empty(); ++step) {
      std::vector<std::string> notes;
      if (step < 12 && holders.size() < 5 && random() % 2 == 0) {
        GrantRequest request;
        request.principal = Must(security::Sid::FromString("S-1-9-77-1"));
        request.mask = kMasks[random() % 2];
        request.roots = {kRoots[random() % 3]};
        holders.push_back(Must(engine.Acquire(request, who, notes)).held.front().holder);
      } else if (!holders.empty()) {
        const auto one = holders.begin() + static_cast<std::ptrdiff_t>(random() % holders.size());
        const store::HolderId id[] = {*one};
        Must(engine.Release(id));
        holders.erase(one);
      }
      if (random() % 2 == 0) WorkOff(engine, *ledger);
    }
    WorkOff(engine, *ledger);
    EXPECT_TRUE(Must(ledger->Grants()).empty());
  }
};

TEST_F(NtfsHoldersTest, InterleavedHoldersEndAtTheSameSecurityIds) {
  const std::string before = SecurityIds();
  for (std::uint32_t seed = 1; seed <= 12 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Interleave(seed);
    EXPECT_EQ(SecurityIds(), before);
  }
  EXPECT_EQ(SecAudit().exit_code, 0);
}

}  // namespace
}  // namespace acledger::scanner
