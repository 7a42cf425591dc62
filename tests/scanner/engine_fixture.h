// SPDX-License-Identifier: MIT
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/engine.h"
#include "tests/fakes/fake_volume.h"

namespace acledger::scanner {

// Thrown by a hook of the fake volume: the process is killed there. The ledger is closed without a commit.
struct Killed {};

// The engine on a fake volume with a real ledger in a folder of its own. By default everything runs on one thread, in a
// fixed order.
class EngineTest : public testing::Test {
 protected:
  explicit EngineTest(const fakes::FakeVolumeOptions& options = {});
  ~EngineTest() override;

  // Each opens an engine on the ledger as a program does: Settle(), then the work.
  ProvisionReport Provision(const std::string& root);
  ProvisionReport Provision(const GrantRequest& request);
  RollbackReport Rollback(const std::optional<std::string>& root = std::nullopt);
  VerifyReport Verify();
  SettleReport Settle();
  // Runs `work` until the hook throws Killed or it ends; then the ledger is opened anew, as after a kill. True: killed.
  bool RunAndDie(const std::function<void()>& work);
  // Kills before the `nth` call of the volume from now on (1: the next).
  void KillBeforeCall(unsigned nth);
  // The same for one kind of call.
  void KillBeforeCall(fakes::Call call, unsigned nth);

  // From the `nth` write of a descriptor on the ledger cannot take the results of what was written (nor of the batch
  // that it belongs to), until TakeResults(). For an engine on one thread.
  void RefuseResults(unsigned nth);
  void TakeResults();
  // Beside the ledger, also while it is open.
  void RunSql(const std::string& sql) const;

  store::Ledger& Ledger() { return *ledger_; }
  void OpenLedger();
  void CloseLedger() { ledger_.reset(); }
  std::string LedgerPath() const { return (folder_ / "ledger.db").string(); }
  GrantRequest RequestFor(const std::string& root) const;

  // Of the first grant that reaches the path.
  store::Node NodeOf(const std::string& path);
  std::string VerdictOf(const std::string& path);  // "covered", "denied: protected DACL", "(not in the index)".
  // The DACL as SDDL without owner and group; `we` stands for the principal, `RX` for the mask.
  std::string DaclOf(std::u16string_view path) const;
  store::Counts Total();  // Of all grants, from the roots' roll-ups.
  std::vector<store::Failure> Failures();
  std::vector<store::Change> ChangesIn(std::initializer_list<store::ChangeState> states);

  // Verdicts sum to objects, and each folder's roll-up equals a recount of its rows.
  void ExpectTrueRollUps();
  // No entry of the principal anywhere, and every name holds the descriptor that `before` tells.
  void ExpectAsBefore(const std::map<std::string, std::uint32_t>& before);

  Environment MakeEnvironment();

  class NoProgress final : public Progress {
   public:
    void Report(const ProgressState& state) override { last = state; }
    ProgressState last;
  };

  std::filesystem::path folder_;
  fakes::FakeVolume volume_;
  NoProgress progress_;
  StopFlag stop_{false};
  unsigned readers_ = 0;
  std::size_t batch_ = 4096;
  GrantRequest request_;  // Principal and policy for Provision(root).
  std::vector<std::string> notes_;

 private:
  std::unique_ptr<store::Ledger> ledger_;
};

// The principal of the tests.
inline constexpr char kPrincipal[] = "S-1-5-21-11-22-33-1001";
inline constexpr char kOtherPrincipal[] = "S-1-5-21-11-22-33-1002";
security::Sid SidOf(const char* text);

// The value; the test ends with a tale of the error otherwise.
template <class T>
T Must(Expected<T> result) {
  if (!result) throw std::runtime_error(result.error().ToString());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace acledger::scanner
