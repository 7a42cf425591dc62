// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "scanner/descriptor_pool.h"
#include "scanner/ntfs/mft.h"

namespace acledger::scanner::ntfs {

// Of which security_id which descriptor is meant. Only what is sure is in it.
class SharedDescriptors {
 public:
  using Number = DescriptorPool::Number;

  // DescriptorPool::kNone where the id has no descriptor that is whole, or two different ones.
  Number Find(std::uint32_t id) const {
    if (id < near_.size()) return near_[id];
    const auto found = far_.find(id);
    return found == far_.end() ? DescriptorPool::kNone : found->second;
  }

  // False where the id has had another number: it then has none from now on.
  bool Add(std::uint32_t id, Number number);
  // It has no descriptor, now or later.
  void Spoil(std::uint32_t id);
  std::size_t Ids() const { return ids_; }

 private:
  Number& Slot(std::uint32_t id);

  // NTFS counts ids up from 256: a table for those, so that asking for one object in millions costs nothing.
  static constexpr std::uint32_t kNear = 1u << 20;
  std::vector<Number> near_;
  std::unordered_map<std::uint32_t, Number> far_;
  std::set<std::uint32_t> spoilt_;
  std::size_t ids_ = 0;
};

// What was found in $Secure:$SDS. Each descriptor lies there twice, 256 KiB apart.
struct SecureReport {
  std::uint64_t entries = 0;    // Whole ones.
  std::uint64_t repaired = 0;   // Of these, one of the two copies was damaged; the other serves.
  std::uint64_t damaged = 0;    // Places where neither copy is whole.
  std::uint64_t ambiguous = 0;  // Entries whose two copies are whole and differ, or whose id another entry has too.
  std::uint64_t hashed_in_vain = 0;     // Bytes of what turned out to be no entry.
  std::vector<std::uint64_t> examples;  // Where in the stream; the first few of what is not in order.

  bool IsSound() const { return repaired == 0 && damaged == 0 && ambiguous == 0; }
};

// How NTFS sums a descriptor up: its words of 32 bits, each added to the sum so far rotated left by three.
std::uint32_t SecurityHash(Bytes descriptor);

// Finds the entries in `block`, bytes of $SDS from `offset` on, and in `mirror`, the same place 256 KiB further on
// (shorter or empty where the stream ends). An entry counts where its header names its own place and its hash is that
// of its bytes, so a stretch of damage ends at the next whole entry. Any bytes may be given.
void ReadSecureBlock(Bytes block, Bytes mirror, std::uint64_t offset, DescriptorPool& pool, SharedDescriptors& to,
                     SecureReport& report);

// Reads all of $SDS once. kNotFound: the volume keeps no shared descriptors (NTFS 1.2); kCorrupt: the record of $Secure
// or the places of the stream are damaged. What is damaged within the stream is only counted.
Expected<SecureReport> ReadSecure(const Mft& mft, DescriptorPool& pool, SharedDescriptors& to);

}  // namespace acledger::scanner::ntfs
