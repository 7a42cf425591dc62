// SPDX-License-Identifier: MIT
#include <algorithm>

#include "store/content_hash.h"
#include "store/ledger_impl.h"

namespace acledger::store {

Expected<DescriptorId> Ledger::Impl::FindDescriptor(std::uint64_t hash, security::Bytes bytes) {
  auto query = db.Use("SELECT id, bytes FROM descriptor WHERE hash = ?");
  query.With(hash);
  for (;;) {
    auto row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return 0;
    // Two contents may share a hash, and damaged bytes no longer match: neither is the one that is wanted.
    if (std::ranges::equal(query.Blob(1), bytes)) return query.Int(0);
  }
}

Expected<DescriptorId> Ledger::Intern(security::Bytes descriptor) {
  const std::uint64_t hash = ContentHash(descriptor);
  if (const DescriptorId cached = impl_->descriptors.Find(hash, descriptor)) return cached;
  auto found = impl_->FindDescriptor(hash, descriptor);
  if (!found) return found;
  if (*found == 0) {
    auto insert = impl_->db.Use("INSERT INTO descriptor(hash, bytes) VALUES(?, ?)");
    insert.With(hash, descriptor);
    if (auto done = impl_->Write(insert); !done) return std::unexpected(done.error());
    found = impl_->db.LastInsertId();
  }
  impl_->descriptors.Add(*found, hash, descriptor);
  return found;
}

Expected<security::DescriptorBytes> Ledger::Descriptor(DescriptorId id) {
  if (const auto* cached = impl_->descriptors.Find(id)) return *cached;
  auto query = impl_->db.Use("SELECT hash, bytes FROM descriptor WHERE id = ?");
  auto row = query.With(id).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return impl_->Missing("descriptor", id);
  const security::Bytes bytes = query.Blob(1);
  const auto hash = static_cast<std::uint64_t>(query.Int(0));
  if (ContentHash(bytes) != hash) {
    return std::unexpected(Error{ErrorKind::kCorrupt, "read ledger", impl_->Path(), 0,
                                 "descriptor " + std::to_string(id) + " is not the one that was stored"});
  }
  impl_->descriptors.Add(id, hash, bytes);
  return security::DescriptorBytes(bytes.begin(), bytes.end());
}

}  // namespace acledger::store
