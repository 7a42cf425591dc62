// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <unordered_map>

#include "scanner/descriptor_pool.h"
#include "scanner/judge.h"
#include "scanner/requester.h"
#include "security/edit.h"
#include "store/ledger.h"

namespace acledger::scanner {

// The ledger's descriptors as one grant sees them: bytes, facts and edits by number, each worked out once.
// The ledger's thread only. Ledger, pool and grant must outlive it.
class DescriptorTable {
 public:
  DescriptorTable(store::Ledger& ledger, const store::Grant& grant);

  // The other grants of the ledger: what they give may be taken back at any time, so facts are those without their
  // entries. (By their shape: an alike entry of somebody else does not count either, and this grant adds its own.)
  void LeaveOut(std::span<const store::Grant> grants);
  // The bytes without entries of any grant that was given to LeaveOut().
  security::DescriptorBytes WithoutOthers(security::Bytes descriptor) const;

  Expected<store::DescriptorId> Intern(security::Bytes descriptor);
  Expected<store::DescriptorId> FromPool(const DescriptorPool& pool, DescriptorPool::Number number);

  // Valid for the table's life.
  Expected<const security::DescriptorBytes*> Get(store::DescriptorId id);

  Expected<Facts> FactsOf(store::DescriptorId id);
  Expected<bool> Grants(store::DescriptorId id);
  // Who asked for the grant may change it himself.
  Expected<bool> IsRequesters(store::DescriptorId id);

  // The entry that a grant puts on an object, with these flags.
  security::Entry EntryWith(std::uint8_t flags) const { return {grant_.principal, grant_.mask, flags}; }
  // An ACE that is byte for byte `EntryWith(flags)` is there.
  Expected<bool> Has(store::DescriptorId id, std::uint8_t flags);
  // It passes an entry of the grant's principal and mask on.
  Expected<bool> Passes(store::DescriptorId id);
  // The flags of an ACE that a grant of this principal and mask could have written; empty: there is none.
  Expected<std::optional<std::uint8_t>> ShapeOfOurs(store::DescriptorId id);
  // The descriptor with the entry; the same number where it was there already. `parent`: see security::AddEntry, 0 for
  // none.
  Expected<store::DescriptorId> With(store::DescriptorId id, std::uint8_t flags, store::DescriptorId parent,
                                     bool is_folder);
  // The descriptor without the entry; the same number where it was not there.
  Expected<store::DescriptorId> Without(store::DescriptorId id, std::uint8_t flags);
  // Without any entry that a grant of this principal and mask could have written.
  Expected<store::DescriptorId> Bare(store::DescriptorId id);

 private:
  store::Ledger& ledger_;
  const store::Grant& grant_;
  Judge judge_;
  RequesterCheck requester_;
  std::vector<std::pair<security::Sid, security::AccessMask>> others_;  // Principals and masks, each once.
  std::unordered_map<store::DescriptorId, std::unique_ptr<const security::DescriptorBytes>> bytes_;
  std::unordered_map<store::DescriptorId, Facts> facts_;
  std::unordered_map<store::DescriptorId, bool> grants_;
  std::unordered_map<DescriptorPool::Number, store::DescriptorId> from_pool_;
  std::map<std::tuple<store::DescriptorId, std::uint8_t, store::DescriptorId, bool>, store::DescriptorId> with_;
  std::map<std::pair<store::DescriptorId, std::uint8_t>, store::DescriptorId> without_;
};

}  // namespace acledger::scanner
