// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <memory>

#include "scanner/descriptor_table.h"
#include "scanner/folder_tree.h"
#include "scanner/policy.h"
#include "scanner/progress.h"
#include "scanner/waited_paths.h"
#include "scanner/writer.h"

namespace acledger::scanner {

// What every operation of the engine is given. All must outlive it.
struct Environment {
  Volume& volume;
  store::Ledger& ledger;
  Progress& progress;
  const StopFlag& stop;
  // 0: everything on the calling thread, in a fixed order (tests). Else at most the volume's max_readers are used.
  unsigned readers = 2;
  std::size_t batch = 4096;             // Intents a transaction.
  const WaitedPaths* waited = nullptr;  // May be null: nobody waits.
  IndexUse index = IndexUse::kAuto;     // For the scan of a grant and the final proof of a rollback.

  unsigned Readers() const { return std::min(readers, volume.Info().max_readers); }
  bool Threads() const { return readers > 0; }
};

// The volume for one walk over much of it: its tables where that pays. What is read so finds candidates; whatever is
// written or proved rests on `environment.volume`. That there are no tables is told only where they were asked for.
class BulkReading {
 public:
  // `all`: the whole volume will be looked at, so its tables surely pay.
  explicit BulkReading(Environment& environment, bool all = false);
  ~BulkReading();  // Tells the progress what became of it, if that was not as wanted.
  BulkReading(const BulkReading&) = delete;
  BulkReading& operator=(const BulkReading&) = delete;

  Volume& Source() { return view_ ? *view_ : environment_.volume; }
  // Null where there is none: what Source() tells is the volume's own word.
  BulkView* View() { return view_.get(); }

 private:
  Environment& environment_;
  std::unique_ptr<BulkView> view_;  // Null: there is none.
};

// One grant with what belongs to it in memory.
class GrantContext {
 public:
  static Expected<std::unique_ptr<GrantContext>> Make(store::Ledger& ledger, const store::Grant& grant);
  // The same with an empty tree: for work on a part of the grant.
  static Expected<std::unique_ptr<GrantContext>> MakeBare(store::Ledger& ledger, const store::Grant& grant);

  store::Grant grant;
  PathComponents root;
  std::optional<Policy> policy;
  DescriptorTable descriptors;
  FolderTree tree;
  RequesterCheck requester;

  Expected<void> ReloadTree(store::Ledger& ledger);

 private:
  GrantContext(store::Ledger& ledger, const store::Grant& wanted)
      : grant(wanted), descriptors(ledger, grant), requester(grant.requester) {}
};

// Makes what was written durable. False: this process has no right to (Volume::Flush() says kUnsupported).
Expected<bool> FlushIfPossible(Volume& volume);
// Makes everything applied so far final: flushes the volume, then says so in the ledger. Where it cannot be flushed,
// nothing becomes final, and the next start looks at all of it again.
Expected<void> FlushAndFinalize(Environment& environment);

// Keeps a batch of work and its changes together while the writer has it.
class BatchRunner {
 public:
  // With a policy, a file with a hard link outside it is left alone. `policy` and `requester`: see Writer.
  BatchRunner(Environment& environment, DescriptorTable& descriptors, const FolderTree& tree,
              const PathComponents& root, FileId root_id, const Policy* policy, const RequesterCheck* requester);

  struct Done {
    store::Change change;
    WorkResult result;
  };

  // Hands the changes to the writer: each from -> to. `which` picks the descriptors.
  enum class Direction : std::uint8_t { kApply, kRevert };
  Expected<void> Start(std::vector<store::Change> changes, Direction direction);
  bool Running() const { return writer_.Running(); }
  // What the running batch came to; empty when none runs.
  std::vector<Done> Take();
  // Makes everything applied so far final: flushes the volume, then says so in the ledger.
  Expected<void> Flush();

 private:
  Environment& environment_;
  DescriptorTable& descriptors_;
  std::vector<store::Change> changes_;
  std::vector<Work> work_;
  Writer writer_;  // Last: its thread uses what is above.
};

}  // namespace acledger::scanner
