// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/scanner/engine_fixture.h"
#include "tests/security/random_descriptor.h"

namespace acledger::scanner {

// Principal, mask and path that somebody may want.
struct Want {
  const char* principal = kPrincipal;
  security::AccessMask mask = security::kFileReadAndExecute;
  std::string root;

  auto operator<=>(const Want&) const = default;
};

inline constexpr security::AccessMask kReadOnly = 0x120089;

// A volume with three paths that are wanted, one below another, and whatever makes the way back hard: foreign entries
// that look like ours, hard links in and across, protected and readable objects. Work is worked off as the daemon does.
class HoldersWorld : public EngineTest {
 public:
  // With a principal of our own no foreign entry names it.
  explicit HoldersWorld(bool principal_is_ours);
  void TestBody() override {}  // Also used without a test of its own.

  store::HolderId Acquire(const Want& want);
  void Release(store::HolderId holder);
  // One thing that is to be done for some grant; false: there is nothing.
  bool DoOne(security::Random& random);
  void Drain(security::Random& random);

  struct Seen {
    bool granted = false;
    unsigned entries = 0;  // With this principal and mask.
    bool operator==(const Seen&) const = default;
  };
  // What each object gives `want`, whatever its root.
  std::map<std::string, Seen> Look(const Want& want) const;
  std::vector<std::string> RollBacksThatFailed() const { return troubles_; }

  std::string Tale();  // Grants, failures, troubles.

  void StopAfterCalls(unsigned calls);
  void GoOn();
  // The ledger cannot take the results from that write on, so that the job fails; the same engine goes on afterwards.
  void FailAt(unsigned write, const std::function<void()>& work);
  // Killed at that call; the next start settles. True: it was.
  bool DieAt(unsigned call, const std::function<void()>& work, std::optional<std::uint64_t> power);

  using EngineTest::ExpectAsBefore;
  using EngineTest::Ledger;
  fakes::FakeVolume& Volume() { return volume_; }
  void SetBatch(std::size_t batch) { batch_ = batch; }
  const std::map<std::string, std::uint32_t>& Original() const { return original_; }

 private:
  // One for as long as the process would live.
  Engine& TheEngine();

  std::optional<Engine> engine_;
  std::map<std::string, std::uint32_t> original_;
  std::vector<std::string> troubles_;
  int refused_ = 0;  // Jobs that ended with the error of a refused write.
};

}  // namespace acledger::scanner
