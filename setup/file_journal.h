// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "setup/journal.h"

namespace acledger::store::sqlite {
class Database;
}  // namespace acledger::store::sqlite

namespace acledger::setup {

// The journal in a file: SQLite with a rollback journal and synchronous=EXTRA, so that a record outlives a power cut
// once it is put in. It is not the ledger, which the service holds open for writing and which goes before the last
// steps are taken back.
class FileJournal final : public Journal {
 public:
  // Makes it where it is not there, and holds PATH.lock: one set-up at a time (kBusy: another one runs). kCorrupt: it
  // is damaged, and left as it is; kInvalid: another program's file, or a link; kUnsupported: of a newer version.
  static Expected<std::unique_ptr<FileJournal>> Open(const std::string& path);
  ~FileJournal() override;

  Expected<std::vector<StepRecord>> Records() override;
  Expected<std::optional<StepRecord>> Find(const std::string& name) override;
  Expected<void> Put(const StepRecord& record) override;
  Expected<void> Remove(const std::string& name) override;

  // What was asked for, as its text; kept beside the steps, and as durable.
  Expected<std::optional<std::string>> Wishes();
  Expected<void> PutWishes(const std::string& text);

 private:
  FileJournal(std::unique_ptr<store::sqlite::Database> lock, std::unique_ptr<store::sqlite::Database> database);
  std::unique_ptr<store::sqlite::Database> lock_, database_;
};

}  // namespace acledger::setup
