// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "setup/accounts.h"
#include "setup/secret_files.h"

namespace acledger::setup {

// Each account's password in a file of its own. It is written beside the one before, read back, and only then that one
// goes: so an end at any moment leaves the old or the new password, whole. (Not renamed over the old file: that needs
// the right to delete it, and a privilege gives that right to who opens a file, not to who renames another over it.)
// What is whole counts before what is damaged, and the newer before the older.
//
// Find(): kCorrupt, kMismatch or kDenied where something is there and nothing of it is whole; that is never "not
// there". Put() and Remove() do not mind what is there. Put() proves by reading back, Remove() that nothing is left:
// kNoEffect. An account's name may have letters, digits, '-' and '_': else kInvalid.
//
// Both must outlive it. Threads: one at a time.
class FileSecretStore final : public SecretStore {
 public:
  FileSecretStore(SecretFiles& files, Sealer& sealer) : files_(files), sealer_(sealer) {}

  Expected<std::optional<Secret>> Find(const std::string& account) override;
  Expected<void> Put(const std::string& account, const Secret& password) override;
  Expected<void> Remove(const std::string& account) override;

 private:
  struct Slot;
  Expected<Slot> Look(const std::string& account, char letter);
  Expected<void> Write(const std::string& account, const Slot& to, std::uint64_t generation, const Secret& password);
  Expected<void> ExpectKept(const std::string& account, const Secret& password);

  SecretFiles& files_;
  Sealer& sealer_;
};

}  // namespace acledger::setup
