// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace acledger::scanner::ntfs {

// What can be wrong with a record of $MFT, by what it costs.
enum class DamageKind : std::uint8_t {
  kRecord,      // The record cannot be read: whatever object it holds is not in the catalogue.
  kExtension,   // An object's list and the records that continue it do not agree: its descriptor counts as unknown.
  kDescriptor,  // No descriptor that is sure: unknown.
  kName,        // A name cannot be read, or there are more or fewer than the record counts: names may be missing.
  kReparse,     // A reparse point without a tag.
};
inline constexpr std::size_t kDamageKinds = 5;
const char* Name(DamageKind kind);  // "record", "extension record", ...

struct Damage {
  DamageKind kind{};
  std::uint32_t record = 0;
  std::string what;  // For a person.
};

// Counts damage, and keeps the first few of each kind as examples.
class DamageReport {
 public:
  static constexpr std::size_t kExamplesOfAKind = 16;

  void Add(DamageKind kind, std::uint32_t record, std::string what);
  std::uint64_t Count(DamageKind kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  std::uint64_t Total() const;
  const std::vector<Damage>& Examples() const { return examples_; }

 private:
  std::array<std::uint64_t, kDamageKinds> counts_{};
  std::vector<Damage> examples_;
};

}  // namespace acledger::scanner::ntfs
