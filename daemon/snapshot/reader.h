// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/rpc/json.h"
#include "security/descriptor.h"
#include "store/ledger.h"

namespace acledger::store::sqlite {
class Database;
class Query;
}  // namespace acledger::store::sqlite

namespace acledger::daemon {

// What a user may know of the ledger, as the daemon wrote it down last: for the launcher and the command line, without
// the daemon and without a right to the ledger. The file is read once and held in memory; the daemon may replace it
// meanwhile. One thread.
//
// Nothing in it is taken for covered unless a row whose checksum fits says so. Errors: kNotFound, kDenied (not
// readable, or not the daemon's: somebody else could have written it), kCorrupt (damaged, truncated, contradicts
// itself), kUnsupported (another format).
class Snapshot {
 public:
  static Expected<Snapshot> Open(const std::string& path);
  // Of bytes that are a file's; `path` for errors.
  static Expected<Snapshot> FromBytes(security::Bytes bytes, const std::string& path);
  ~Snapshot();
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;

  // What it is of and how old: check it before believing the rest.
  struct Head {
    std::string ledger, volume, user;
    std::int64_t written = 0;   // Milliseconds since 1970, UTC.
    bool daemon_ended = false;  // Nobody has kept it true since.
    std::string state;          // "complete", "working", "stale": some of it is unknown until the next scan.
  };
  const Head& About() const { return head_; }
  // kMismatch where it is another ledger's (by its absolute path), or another user's. For a file that was found by
  // these two.
  Expected<void> CheckIsOf(const std::string& ledger, const std::string& user) const;

  // As one element of the daemon's `coverage`.
  struct Answer {
    store::Grant grant;    // Principal, mask, root and state.
    store::Node node;      // Verdict and reason.
    store::Counts counts;  // Of what the user may see at and below the path.
  };
  // Of each grant that reaches `path`; empty: it is in none, or was not there when the snapshot was written. Where
  // changes were missed the verdict is unknown.
  Expected<std::vector<Answer>> Coverage(const std::string& path);
  // {"coverage": [...], "snapshot": {written, age_seconds, daemon, state}} with the daemon's error for what is in none.
  Expected<Json> CoverageJson(const std::string& path);

 private:
  struct Grant;
  explicit Snapshot(std::string path, std::unique_ptr<store::sqlite::Database> database);
  Expected<void> ReadHead();
  Expected<std::vector<Grant>> Grants();
  Expected<std::optional<Answer>> Find(const Grant& grant, std::span<const std::string> names);
  struct Place;
  Expected<Place> ReadPlace(const store::sqlite::Query& row) const;
  Expected<std::optional<Place>> RootOf(const Grant& grant);
  Expected<std::optional<Place>> FolderAt(store::FolderId parent, const std::string& name);
  Expected<std::optional<store::Node>> NodeAt(store::FolderId folder, const std::string& name);
  Error Damaged(std::string reason) const;

  std::string path_;
  std::unique_ptr<store::sqlite::Database> database_;
  Head head_;
};

}  // namespace acledger::daemon
