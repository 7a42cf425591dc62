// SPDX-License-Identifier: MIT
#pragma once

#include <asio/thread_pool.hpp>
#include <future>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "scanner/converge.h"
#include "scanner/opener.h"
#include "scanner/policy.h"

namespace acledger::scanner {

// One descriptor to be written whose intent is durable. The bytes live as long as the batch is under way.
struct Work {
  store::Change change;
  const security::DescriptorBytes* from = nullptr;
  const security::DescriptorBytes* to = nullptr;
};

enum class WorkOutcome : std::uint8_t {
  kDone,       // Holds `to`: written and read back.
  kAlready,    // Held `to` before.
  kMovedOn,    // Someone else's descriptor is there: in `current`.
  kGone,       // The object exists no more.
  kMoved,      // Not where the index has it, so perhaps outside the grant: nothing written; it holds `current`.
  kOtherName,  // A hard link outside the grant: nothing written; it holds `current`, `detail` is the other name.
  kRefused,    // Who asked for the grant may not change it: nothing written; it holds `current`.
  kNoSource,   // The folder that it was to inherit from does not pass the entry on: nothing written.
  kFailed,     // `error`. Where `uncertain`, the write may have taken effect: the intent stays for Settle().
};

struct WorkResult {
  WorkOutcome outcome = WorkOutcome::kFailed;
  bool wrote = false;  // The object was changed by us.
  bool uncertain = false;
  security::DescriptorBytes current;
  std::string detail;
  std::optional<Error> error;
  const char* right = "";
};

// The one writer of a volume: carries out batches in order, on a thread of its own or on the caller's.
class Writer {
 public:
  // With a policy entries are added: an object that was moved and a file with a hard link outside it are left alone,
  // and so is what was to inherit from a folder that could not be written. Without one they are taken back, wherever
  // the object is. `requester`: whose right to do so each added entry is checked against; null to take entries back.
  // All must outlive the Writer.
  Writer(Volume& volume, const FolderTree& tree, const PathComponents& root, FileId root_id, const Policy* policy,
         const RequesterCheck* requester);
  ~Writer();

  // At most one batch at a time; `batch` must live until Wait().
  void Start(const std::vector<Work>& batch, bool own_thread);
  std::vector<WorkResult> Wait();
  bool Running() const { return running_.valid(); }

 private:
  std::vector<WorkResult> Run(const std::vector<Work>& batch);
  void Prepare(const std::vector<Work>& batch);
  WorkResult Do(const Work& work);
  void Write(const Work& work, Object& object, WorkResult& result);
  // What an object holds that must not be written: an earlier run may have been there.
  void Look(const Work& work, Object& object, WorkResult& result);
  // Whether every name of the object is the grant's; else `result` says which one is not.
  bool IsAllOurs(Object& object, WorkResult& result);
  bool LostItsSource(const store::Change& change) const;
  // The first name of the object that the grant does not reach.
  Expected<std::optional<std::string>> NameOutside(Object& object);

  Volume& volume_;
  const FolderTree& tree_;
  const PathComponents& root_;
  const Policy* policy_;
  const RequesterCheck* requester_;
  Opener opener_;
  std::unordered_set<FileId> not_passing_on_;  // Folders that were to pass an entry on and were not written.
  asio::thread_pool pool_{1};
  std::future<std::vector<WorkResult>> running_;
};

}  // namespace acledger::scanner
