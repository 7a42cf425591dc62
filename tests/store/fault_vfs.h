// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace acledger::store {

// Stands between SQLite and the system's files, for every connection that is opened while it lives: counts what changes
// a file and fails where it is told to. Nothing is really synced, so thousands of runs take seconds. One at a time, one
// thread.
class FaultVfs {
 public:
  enum class Fault : std::uint8_t {
    kNone,
    kWriteFails,  // One call fails with an I/O error.
    kDiskFull,    // From then on every write fails, until Repair().
    kSyncFails,   // The next sync fails.
    kPowerCut,    // From then on nothing reaches a file.
  };

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  // The call number `at` (from 0, of those that change a file or sync it) and what follows from it.
  void Arm(Fault fault, std::uint64_t at);
  void Repair() { fault_ = Fault::kNone; }
  bool HasStruck() const { return struck_; }

  std::uint64_t Calls() const { return calls_; }
  std::uint64_t Syncs() const { return syncs_; }

  // After a power cut, with all connections closed: of what was written and not synced, each write is kept or lost by
  // chance.
  void LoseUnsynced(std::mt19937& random);

  // For the shim's own functions.
  struct Write {
    std::int64_t offset = 0;
    std::string before, after;
    std::int64_t size_before = 0;
    bool truncates = false;
  };
  int OnWrite();  // SQLite's result code: SQLITE_OK to go on.
  int OnSync();
  bool IsDead() const { return struck_ && fault_ == Fault::kPowerCut; }
  std::map<std::string, std::vector<Write>>& Unsynced() { return unsynced_; }
  sqlite3_vfs* Below() const { return below_; }

 private:
  bool Strikes();

  sqlite3_vfs* below_;
  Fault fault_ = Fault::kNone;
  std::uint64_t at_ = 0, calls_ = 0, syncs_ = 0;
  bool struck_ = false;
  std::map<std::string, std::vector<Write>> unsynced_;
};

}  // namespace acledger::store
