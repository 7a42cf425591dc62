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
const std::string& Ledger::Path() const { return impl_->file.path; }

Expected<void> Ledger::InTransaction(const std::function<Expected<void>()>& body) { return impl_->Atomically(body); }

Expected<void> Ledger::Impl::Atomically(const std::function<Expected<void>()>& body) {
  if (poison) return std::unexpected(*poison);
  if (depth > 0) {
    auto joined = body();
    if (!joined && !poison) poison = joined.error();
    return joined;
  }
  if (auto begun = db.Execute(file.read_only ? "BEGIN" : "BEGIN IMMEDIATE", "write ledger"); !begun) return begun;
  // Ends the transaction also where `body` throws.
  struct Guard {
    Impl* impl;
    ~Guard() {
      impl->depth = 0;
      if (impl->db.InTransaction()) impl->RollBack();
      if (impl->poison) impl->ForgetUncommitted();
      impl->poison.reset();
    }
  } guard{this};
  depth = 1;
  auto result = body();
  if (poison) return std::unexpected(*poison);
  if (!result) return result;
  return Commit();
}

Expected<void> Ledger::Impl::Commit() {
  if (!db.InTransaction()) {
    // SQLite ends a transaction itself after some errors: what came later was not in it.
    ForgetUncommitted();
    return std::unexpected(Error{ErrorKind::kIo, "write ledger", Path(), 0, "the transaction was rolled back"});
  }
  if (auto committed = db.Execute("COMMIT", "write ledger"); !committed) return committed;
  if (file.read_only) return {};
  ++transactions;
  return KeepLogShort();
}

void Ledger::Impl::RollBack() {
  // Nothing to do about a failure: then SQLite has rolled back already.
  (void)db.Execute("ROLLBACK", "write ledger");
  ForgetUncommitted();
}

void Ledger::Impl::ForgetUncommitted() {
  descriptors.Clear();
  unflushed.reset();
}

Expected<void> Ledger::Impl::Write(sqlite::Query& query) {
  if (poison) return std::unexpected(*poison);
  if (depth == 0) {
    return Atomically([&] { return Write(query); });
  }
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

Expected<void> Ledger::Impl::KeepLogShort() {
  if (db.WalPages() < kLogPages) return {};
  ++checkpoints;
  const auto done = db.Checkpoint(db.WalPages() >= kLongLogPages);
  // The commit stands. A reader in the way or a full disk only means that the log stays: the next commit tries again.
  if (!done && db.IsDamaged()) return done;
  return {};
}

Expected<Ledger::Statistics> Ledger::Stats() {
  Statistics statistics;
  statistics.transactions = impl_->transactions;
  statistics.checkpoints = impl_->checkpoints;
  statistics.rows_written = static_cast<std::uint64_t>(impl_->db.TotalChanged());
  const auto nodes = impl_->db.Number("SELECT count(*) FROM node");
  if (!nodes) return std::unexpected(nodes.error());
  const auto bytes = impl_->db.Number("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = 'node' AND aggregate");
  if (!bytes) return std::unexpected(bytes.error());
  statistics.nodes = static_cast<std::uint64_t>(*nodes);
  statistics.node_bytes = static_cast<std::uint64_t>(*bytes);
  return statistics;
}

}  // namespace acledger::store
