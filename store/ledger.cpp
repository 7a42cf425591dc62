// SPDX-License-Identifier: MIT
#include "store/ledger.h"

#include "store/ledger_impl.h"

namespace acledger::store {
namespace {

constexpr int kPageBytes = 4096;
constexpr int kLogPages =
    16 * 1024 * 1024 / kPageBytes;  // From here on the log is copied into the file after a commit.
constexpr int kLongLogPages = 48 * 1024 * 1024 / kPageBytes;  // From here on we wait for readers that stand in the way.

}  // namespace

Expected<std::unique_ptr<Ledger>> Ledger::Open(const std::string& path, const OpenOptions& options) {
  auto opened = OpenLedgerFile(path, options);
  if (!opened) return std::unexpected(opened.error());
  return std::unique_ptr<Ledger>(new Ledger(std::make_unique<Impl>(*std::move(opened))));
}

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Ledger::~Ledger() {
  if (!impl_->db.IsDamaged() || impl_->file.read_only) return;
  impl_->db.KeepLogOnClose();
  MarkDamaged(impl_->Path());
}

OpenOutcome Ledger::Outcome() const { return impl_->file.outcome; }
const std::string& Ledger::MovedTo() const { return impl_->file.moved_to; }
bool Ledger::ReplacesDamaged() const { return impl_->file.replaces_damaged; }
const std::string& Ledger::Path() const { return impl_->file.path; }

Expected<void> Ledger::InTransaction(const std::function<Expected<void>()>& body) { return impl_->Atomically(body); }

Expected<void> Ledger::Impl::Atomically(const std::function<Expected<void>()>& body) {
  if (auto open = StillOpen(); !open) return open;
  if (depth > 0) {
    auto joined = body();
    if (!joined && !poison) poison = joined.error();
    return joined;
  }
  if (file.read_only) return AtOneMoment(body);
  if (auto begun = db.Use("BEGIN IMMEDIATE").Run(); !begun) return begun;
  // Ends the transaction also where `body` throws.
  struct Guard {
    Impl* impl;
    bool committed = false;
    ~Guard() {
      impl->depth = 0;
      impl->poison.reset();
      if (!committed) impl->RollBack();
    }
  } guard{this};
  depth = 1;
  untold = 0;
  const std::int64_t before = db.TotalChanged();
  auto result = body();
  if (!result && !poison) poison = result.error();
  if (auto open = StillOpen(); !open) return open;
  if (auto committed = db.Use("COMMIT").Run(); !committed) return committed;
  guard.committed = true;
  ++transactions;
  KeepLogShort();
  if (on_commit && db.TotalChanged() - before > untold) on_commit();
  return {};
}

void Ledger::SetOnCommit(std::function<void()> on_commit) { impl_->on_commit = std::move(on_commit); }

// SQLite ends a transaction itself after some errors, also of a question: what is written after that would be durable
// at once.
Expected<void> Ledger::Impl::StillOpen() {
  if (depth > 0 && !poison && !db.InTransaction()) {
    poison = Error{ErrorKind::kIo, "write ledger", Path(), 0, "the transaction was rolled back after an error"};
  }
  return poison ? Expected<void>(std::unexpected(*poison)) : Expected<void>();
}

Expected<void> Ledger::Impl::AtOneMoment(const std::function<Expected<void>()>& body) {
  if (db.InTransaction()) return body();
  if (auto begun = db.Use("BEGIN").Run(); !begun) return begun;
  struct Guard {
    sqlite::Database& db;
    // Nothing was written: there is nothing to lose, and nothing to tell.
    ~Guard() { (void)db.Use("ROLLBACK").Run(); }
  } guard{db};
  return body();
}

void Ledger::Impl::RollBack() {
  // A failure that ended the transaction has been told; of the rollback itself there is nothing more to say.
  if (db.InTransaction()) (void)db.Use("ROLLBACK").Run();
  // What was learned from rows that are gone now.
  descriptors.Clear();
  unflushed.reset();
}

Expected<void> Ledger::Impl::Write(sqlite::Query& query) {
  if (auto open = StillOpen(); !open) return open;
  if (depth == 0) return Atomically([&] { return query.Run(); });
  auto done = query.Run();
  if (!done) poison = done.error();
  return done;
}

Expected<void> Ledger::Impl::WriteOne(sqlite::Query& query, const char* what, std::int64_t id) {
  if (auto done = Write(query); !done) return done;
  if (db.Changed() == 0) return Missing(what, id);
  return {};
}

std::unexpected<Error> Ledger::Impl::Missing(const char* what, std::int64_t id) const {
  return std::unexpected(Error{ErrorKind::kNotFound, "read ledger", Path(), 0,
                               "there is no " + std::string(what) + " " + std::to_string(id)});
}

void Ledger::Impl::KeepLogShort() {
  if (db.WalPages() < kLogPages) return;
  // The commit stands whatever becomes of this: a reader in the way or a full disk only means that the log stays for
  // now.
  (void)CopyLog();
}

Expected<void> Ledger::Impl::CopyLog() {
  ++checkpoints;
  return db.Checkpoint(db.WalPages() >= kLongLogPages);
}

Expected<void> Ledger::Checkpoint() { return impl_->CopyLog(); }

Expected<Ledger::Statistics> Ledger::Stats() {
  Statistics statistics;
  statistics.transactions = impl_->transactions;
  statistics.checkpoints = impl_->checkpoints;
  statistics.rows_written = static_cast<std::uint64_t>(impl_->db.TotalChanged());
  const auto nodes = impl_->db.Number("SELECT count(*) FROM node");
  if (!nodes) return std::unexpected(nodes.error());
  const auto bytes =
      impl_->db.Number("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = 'node' AND aggregate = TRUE");
  if (!bytes) return std::unexpected(bytes.error());
  statistics.nodes = static_cast<std::uint64_t>(*nodes);
  statistics.node_bytes = static_cast<std::uint64_t>(*bytes);
  return statistics;
}

}  // namespace acledger::store
