// SPDX-License-Identifier: MIT
#include "security/sid.h"

#include <cassert>
#include <cstring>

#include "security/little_endian.h"

namespace acledger::security {
namespace {

constexpr std::uint64_t kNtAuthority = 5;
constexpr std::uint32_t kNonUnique = 21;  // SECURITY_NT_NON_UNIQUE: a machine or domain handed the rest out.

}  // namespace

// The bytes behind Size() are zero in every Sid, so that whole arrays can be compared.
Sid::Sid() : bytes_{1, 1} {}

Sid Sid::Make(std::uint64_t authority, std::initializer_list<std::uint32_t> sub_authorities) {
  assert(sub_authorities.size() <= kMaxSubAuthorities && authority < (std::uint64_t{1} << 48));
  Sid sid;
  for (std::size_t i = 0; i < 6; ++i) sid.bytes_[2 + i] = static_cast<std::uint8_t>(authority >> (40 - 8 * i));
  std::size_t count = 0;
  for (std::uint32_t sub_authority : sub_authorities) {
    if (count == kMaxSubAuthorities) break;
    StoreU32(&sid.bytes_[kMinBytes + 4 * count++], sub_authority);
  }
  sid.bytes_[1] = static_cast<std::uint8_t>(count);
  return sid;
}

Expected<Sid> Sid::FromBytes(Bytes bytes) {
  if (bytes.size() < kMinBytes) return Fail(ErrorKind::kInvalid, "parse SID", "shorter than its header of 8 bytes");
  if (bytes[0] != 1) return Fail(ErrorKind::kInvalid, "parse SID", "its revision is " + std::to_string(bytes[0]));
  std::size_t count = bytes[1];
  if (count > kMaxSubAuthorities) {
    return Fail(ErrorKind::kInvalid, "parse SID", "it has " + std::to_string(count) + " sub-authorities, 15 at most");
  }
  if (bytes.size() < kMinBytes + 4 * count) {
    return Fail(
        ErrorKind::kInvalid, "parse SID",
        "it needs " + std::to_string(kMinBytes + 4 * count) + " bytes, there are " + std::to_string(bytes.size()));
  }
  Sid sid;
  std::memcpy(sid.bytes_.data(), bytes.data(), kMinBytes + 4 * count);
  return sid;
}

bool Sid::Fits(Bytes bytes) {
  return bytes.size() >= kMinBytes && bytes[0] == 1 && bytes[1] <= kMaxSubAuthorities &&
         bytes.size() >= kMinBytes + 4u * bytes[1];
}

std::uint64_t Sid::Authority() const {
  std::uint64_t authority = 0;
  for (std::size_t i = 2; i < kMinBytes; ++i) authority = (authority << 8) | bytes_[i];
  return authority;
}

std::uint32_t Sid::SubAuthority(std::size_t index) const {
  assert(index < SubAuthorityCount());
  return LoadU32(&bytes_[kMinBytes + 4 * index]);
}

bool Sid::IsMachineRelative() const {
  std::size_t count = SubAuthorityCount();
  return Authority() == kNtAuthority && (count == 4 || count == 5) && SubAuthority(0) == kNonUnique;
}

bool Sid::SameDomain(const Sid& other) const {
  constexpr std::size_t kDomainSubAuthorities = 4;  // 21-a-b-c
  return IsMachineRelative() && other.IsMachineRelative() &&
         std::memcmp(&bytes_[kMinBytes], &other.bytes_[kMinBytes], 4 * kDomainSubAuthorities) == 0;
}

bool Sid::operator==(const Sid& other) const { return bytes_ == other.bytes_; }

std::strong_ordering Sid::operator<=>(const Sid& other) const { return bytes_ <=> other.bytes_; }

}  // namespace acledger::security
