// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>
#include <limits>

#include "security/little_endian.h"
#include "security/sddl_cursor.h"
#include "security/sddl_tables.h"

namespace acledger::security::sddl {
namespace {

constexpr std::uint64_t kMaxAuthority = 0xFFFF'FFFF'FFFF;
constexpr std::uint64_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool StartsHex(const Cursor& cursor) {
  return cursor.Peek() == '0' && (cursor.Peek(1) == 'x' || cursor.Peek(1) == 'X') && DigitValue(cursor.Peek(2)) < 16;
}

// S-1-5-32-544; every number also as hex, as Windows takes it.
Expected<Sid> ReadNumericSid(Cursor& cursor) {
  const std::size_t start = cursor.Position();
  cursor.Advance(2);
  auto revision = ReadNumber(cursor, kMaxUint32, "the revision of a SID");
  if (!revision) return std::unexpected(revision.error());
  if (*revision != 1) return Cursor::RefuseAt(start, "a SID of a revision other than 1");
  if (!cursor.Take('-')) return cursor.Refuse("a SID without an authority");
  auto authority = ReadNumber(cursor, kMaxAuthority, "the authority of a SID");
  if (!authority) return std::unexpected(authority.error());

  std::uint8_t bytes[Sid::kMaxBytes] = {1};
  for (int i = 0; i < 6; ++i) bytes[2 + i] = static_cast<std::uint8_t>(*authority >> (8 * (5 - i)));
  while (cursor.Take('-')) {
    if (bytes[1] == Sid::kMaxSubAuthorities) return cursor.Refuse("a SID of more than 15 sub-authorities");
    auto value = ReadNumber(cursor, kMaxUint32, "a sub-authority of a SID");
    if (!value) return std::unexpected(value.error());
    StoreU32(bytes + Sid::kMinBytes + 4 * bytes[1]++, *value);
  }
  return Sid::FromBytes(Bytes(bytes, Sid::kMinBytes + 4u * bytes[1]));
}

// The domain with one more sub-authority.
Expected<Sid> InDomain(const Cursor& cursor, const Alias& alias, const SddlOptions& options) {
  if (!options.domain) {
    return cursor.Refuse("SID alias " + std::string(alias.code) + " is relative to a domain, and none was given");
  }
  const Bytes domain = options.domain->AsBytes();
  if (options.domain->SubAuthorityCount() == Sid::kMaxSubAuthorities)
    return cursor.Refuse("the domain SID is too long");
  std::uint8_t bytes[Sid::kMaxBytes];
  std::copy(domain.begin(), domain.end(), bytes);
  ++bytes[1];
  StoreU32(bytes + domain.size(), *alias.rid);
  return Sid::FromBytes(Bytes(bytes, domain.size() + 4));
}

// Hex, decimal and octal as in MS-DTYP 2.5.1.1.
Expected<std::uint64_t> ReadNumericRight(Cursor& cursor) {
  if (cursor.Peek() != '0' || StartsHex(cursor)) return ReadNumber(cursor, kMaxUint32, "the access mask");
  auto value = ReadDigits(cursor, 8, kMaxUint32, "the access mask");
  if (value && IsDigit(cursor.Peek())) return cursor.Refuse("not an octal digit");
  return value;
}

}  // namespace

Expected<std::uint64_t> ReadDigits(Cursor& cursor, int base, std::uint64_t limit, std::string_view what) {
  const std::size_t start = cursor.Position();
  std::uint64_t value = 0;
  for (int digit; (digit = DigitValue(cursor.Peek())) < base; cursor.Advance()) {
    const auto step = static_cast<std::uint64_t>(digit);
    // The D of "D:" behind an owner or group is no digit.
    if (base == 16 && (cursor.Peek() == 'D' || cursor.Peek() == 'd') && cursor.Peek(1) == ':') break;
    if (value > (limit - step) / static_cast<std::uint64_t>(base)) {
      return Cursor::RefuseAt(start, std::string(what) + " is too large");
    }
    value = value * static_cast<std::uint64_t>(base) + step;
  }
  if (cursor.Position() == start) return cursor.Refuse(std::string(what) + " expected");
  return value;
}

Expected<std::uint64_t> ReadNumber(Cursor& cursor, std::uint64_t limit, std::string_view what) {
  if (!StartsHex(cursor)) return ReadDigits(cursor, 10, limit, what);
  cursor.Advance(2);
  return ReadDigits(cursor, 16, limit, what);
}

Expected<Sid> ReadSid(Cursor& cursor, const SddlOptions& options) {
  if ((cursor.Peek() == 'S' || cursor.Peek() == 's') && cursor.Peek(1) == '-') return ReadNumericSid(cursor);
  const Alias* alias = FindAlias(cursor.Ahead(2));
  if (alias == nullptr) return cursor.Refuse("not a SID");
  if (alias->rid) {
    auto sid = InDomain(cursor, *alias, options);
    cursor.Advance(2);
    return sid;
  }
  cursor.Advance(2);
  return alias->sid;
}

Expected<AccessMask> ReadRights(Cursor& cursor) {
  AccessMask mask = 0;
  while (true) {
    if (IsDigit(cursor.Peek())) {
      auto value = ReadNumericRight(cursor);
      if (!value) return std::unexpected(value.error());
      mask |= static_cast<AccessMask>(*value);
    } else if (std::isalpha(static_cast<unsigned char>(cursor.Peek())) != 0) {
      const Symbol* right = FindRight(cursor.Ahead(2));
      if (right == nullptr) return cursor.Refuse("unknown access right");
      mask |= right->value;
      cursor.Advance(2);
    } else {
      return mask;
    }
  }
}

}  // namespace acledger::security::sddl
