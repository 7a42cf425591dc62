// SPDX-License-Identifier: MIT
#include "scanner/descriptor_table.h"

#include <algorithm>

namespace acledger::scanner {

using security::DescriptorBytes;
using store::DescriptorId;

namespace {

constexpr std::uint8_t kInheritable = security::kObjectInherit | security::kContainerInherit;
// The flags that a grant writes.
constexpr std::uint8_t kShapes[] = {0, security::kInherited, kInheritable, security::kInherited | kInheritable};

}  // namespace

DescriptorTable::DescriptorTable(store::Ledger& ledger, const store::Grant& grant)
    : ledger_(ledger), grant_(grant), judge_(grant), requester_(grant.requester) {}

void DescriptorTable::LeaveOut(std::span<const store::Grant> grants) {
  for (const store::Grant& other : grants) {
    if (other.principal == grant_.principal && other.mask == grant_.mask) continue;
    const std::pair layer(other.principal, other.mask);
    if (std::ranges::find(others_, layer) == others_.end()) others_.push_back(layer);
  }
}

DescriptorBytes DescriptorTable::WithoutOthers(security::Bytes descriptor) const {
  DescriptorBytes bytes(descriptor.begin(), descriptor.end());
  for (const auto& [principal, mask] : others_) {
    for (const std::uint8_t flags : kShapes) {
      Expected<security::Removed> removed = security::RemoveEntry(bytes, {principal, mask, flags});
      if (removed && removed->outcome == security::RemoveOutcome::kRemoved) bytes = std::move(removed->bytes);
    }
  }
  return bytes;
}

Expected<DescriptorId> DescriptorTable::Intern(security::Bytes descriptor) { return ledger_.Intern(descriptor); }

Expected<DescriptorId> DescriptorTable::FromPool(const DescriptorPool& pool, DescriptorPool::Number number) {
  if (const auto found = from_pool_.find(number); found != from_pool_.end()) return found->second;
  const Expected<DescriptorId> id = ledger_.Intern(pool.Get(number));
  if (id) from_pool_.emplace(number, *id);
  return id;
}

Expected<const DescriptorBytes*> DescriptorTable::Get(DescriptorId id) {
  if (const auto found = bytes_.find(id); found != bytes_.end()) return found->second.get();
  Expected<DescriptorBytes> bytes = ledger_.Descriptor(id);
  if (!bytes) return std::unexpected(bytes.error());
  const auto [at, added] = bytes_.emplace(id, std::make_unique<const DescriptorBytes>(std::move(*bytes)));
  return at->second.get();
}

Expected<Facts> DescriptorTable::FactsOf(DescriptorId id) {
  if (const auto found = facts_.find(id); found != facts_.end()) return found->second;
  const Expected<const DescriptorBytes*> bytes = Get(id);
  if (!bytes) return std::unexpected(bytes.error());
  return facts_.emplace(id, judge_.Look(WithoutOthers(**bytes))).first->second;
}

Expected<bool> DescriptorTable::Grants(DescriptorId id) {
  if (const auto found = grants_.find(id); found != grants_.end()) return found->second;
  const Expected<const DescriptorBytes*> bytes = Get(id);
  if (!bytes) return std::unexpected(bytes.error());
  return grants_.emplace(id, judge_.Grants(WithoutOthers(**bytes))).first->second;
}

Expected<bool> DescriptorTable::IsRequesters(DescriptorId id) {
  const Expected<const DescriptorBytes*> bytes = Get(id);
  if (!bytes) return std::unexpected(bytes.error());
  return requester_.MayWrite(**bytes);
}

Expected<bool> DescriptorTable::Has(DescriptorId id, std::uint8_t flags) {
  const Expected<DescriptorId> without = Without(id, flags);
  if (!without) return std::unexpected(without.error());
  return *without != id;
}

Expected<bool> DescriptorTable::Passes(DescriptorId id) {
  Expected<bool> passes = Has(id, kInheritable);
  return passes && !*passes ? Has(id, security::kInherited | kInheritable) : passes;
}

Expected<std::optional<std::uint8_t>> DescriptorTable::ShapeOfOurs(DescriptorId id) {
  for (const std::uint8_t flags : kShapes) {
    const Expected<bool> has = Has(id, flags);
    if (!has) return std::unexpected(has.error());
    if (*has) return flags;
  }
  return std::nullopt;
}

Expected<DescriptorId> DescriptorTable::Bare(DescriptorId id) {
  Expected<DescriptorId> bare = id;
  for (const std::uint8_t flags : kShapes)
    if (bare) bare = Without(*bare, flags);
  return bare;
}

Expected<DescriptorId> DescriptorTable::With(DescriptorId id, std::uint8_t flags, DescriptorId parent, bool is_folder) {
  const std::tuple key(id, flags, parent, is_folder);
  if (const auto found = with_.find(key); found != with_.end()) return found->second;
  const Expected<const DescriptorBytes*> bytes = Get(id);
  if (!bytes) return std::unexpected(bytes.error());
  std::optional<security::DescriptorView> parent_view;
  if (parent != 0) {
    const Expected<const DescriptorBytes*> parent_bytes = Get(parent);
    if (!parent_bytes) return std::unexpected(parent_bytes.error());
    Expected<security::DescriptorView> parsed = security::DescriptorView::Parse(**parent_bytes);
    if (!parsed) return std::unexpected(parsed.error());
    parent_view = *parsed;
  }
  const Expected<security::Added> added =
      security::AddEntry(**bytes, EntryWith(flags), parent_view ? &*parent_view : nullptr, is_folder);
  if (!added) return std::unexpected(added.error());
  const Expected<DescriptorId> result =
      added->outcome == security::AddOutcome::kPresentAlready ? id : ledger_.Intern(added->bytes);
  if (result) with_.emplace(key, *result);
  return result;
}

Expected<DescriptorId> DescriptorTable::Without(DescriptorId id, std::uint8_t flags) {
  const std::pair key(id, flags);
  if (const auto found = without_.find(key); found != without_.end()) return found->second;
  const Expected<const DescriptorBytes*> bytes = Get(id);
  if (!bytes) return std::unexpected(bytes.error());
  const Expected<security::Removed> removed = security::RemoveEntry(**bytes, EntryWith(flags));
  // Bytes that cannot be parsed or edited carry nothing of ours.
  Expected<DescriptorId> result = id;
  if (removed && removed->outcome == security::RemoveOutcome::kRemoved) result = ledger_.Intern(removed->bytes);
  if (result) without_.emplace(key, *result);
  return result;
}

}  // namespace acledger::scanner
