// SPDX-License-Identifier: MIT
#include "daemon/snapshot/format.h"

#include "security/wtf8.h"
#include "store/content_hash.h"

namespace acledger::daemon::snapshot {
namespace {

void Append(security::DescriptorBytes& to, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) to.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint64_t NumberAt(security::Bytes bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

}  // namespace

Checksum& Checksum::operator<<(std::int64_t value) {
  Append(bytes_, static_cast<std::uint64_t>(value));
  return *this;
}

Checksum& Checksum::operator<<(std::string_view text) {
  return *this << security::Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

Checksum& Checksum::operator<<(security::Bytes bytes) {
  Append(bytes_, bytes.size());
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

std::int64_t Checksum::Value() const { return static_cast<std::int64_t>(store::ContentHash(bytes_)); }

std::uint64_t NameKey(std::string_view name, bool is_covered) {
  const std::string folded = FoldWtf8(name);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(folded.data());
  return (store::ContentHash({bytes, folded.size()}) & ~std::uint64_t{1}) | (is_covered ? 1 : 0);
}

security::DescriptorBytes PackCounts(const store::Counts& counts) {
  security::DescriptorBytes bytes;
  for (const std::uint64_t count : counts.by_verdict) Append(bytes, count);
  return bytes;
}

bool UnpackCounts(security::Bytes bytes, store::Counts& counts) {
  if (bytes.size() != 8 * store::kVerdicts) return false;
  for (std::size_t i = 0; i < store::kVerdicts; ++i) counts.by_verdict[i] = NumberAt(bytes, 8 * i);
  return true;
}

void AppendKey(security::DescriptorBytes& names, std::uint64_t key) { Append(names, key); }
std::uint64_t KeyAt(security::Bytes names, std::size_t index) { return NumberAt(names, kKeyBytes * index); }

}  // namespace acledger::daemon::snapshot
