// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "security/error.h"

namespace acledger::security {

// Any run of bytes that we read but do not own.
using Bytes = std::span<const std::uint8_t>;

// A security identifier as a value (MS-DTYP 2.4.2): revision 1, a 48-bit authority, up to 15 sub-authorities.
// Copies are cheap (72 bytes, no allocation). Always well-formed: there is no way to make a bad one.
class Sid {
 public:
  static constexpr std::size_t kMaxSubAuthorities = 15;
  static constexpr std::size_t kMinBytes = 8;
  static constexpr std::size_t kMaxBytes = kMinBytes + 4 * kMaxSubAuthorities;

  // S-1-0-0 (nobody).
  Sid();

  // Precondition: at most 15 sub-authorities; authority below 2^48.
  static Sid Make(std::uint64_t authority, std::initializer_list<std::uint32_t> sub_authorities);

  // Reads one SID at the front of `bytes`; what follows it is not looked at. Its length is Size() of the result.
  static Expected<Sid> FromBytes(Bytes bytes);
  // Whether FromBytes() would succeed; does not allocate.
  static bool Fits(Bytes bytes);

  // "S-1-5-32-545"; the authority also as 0x and 12 hex digits. No aliases: see sddl.h. The whole text must be used.
  static Expected<Sid> FromString(std::string_view text);

  static const Sid& Everyone();            // S-1-1-0
  static const Sid& Local();               // S-1-2-0
  static const Sid& CreatorOwner();        // S-1-3-0
  static const Sid& CreatorGroup();        // S-1-3-1
  static const Sid& OwnerRights();         // S-1-3-4
  static const Sid& Interactive();         // S-1-5-4
  static const Sid& AuthenticatedUsers();  // S-1-5-11
  static const Sid& System();              // S-1-5-18
  static const Sid& Administrators();      // S-1-5-32-544
  static const Sid& Users();               // S-1-5-32-545
  static const Sid& LocalAccount();        // S-1-5-113

  std::string ToString() const;

  std::size_t Size() const { return kMinBytes + 4u * bytes_[1]; }
  Bytes AsBytes() const { return {bytes_.data(), Size()}; }
  std::uint64_t Authority() const;
  std::size_t SubAuthorityCount() const { return bytes_[1]; }
  std::uint32_t SubAuthority(std::size_t index) const;

  // True for S-1-5-21-a-b-c[-rid]: an identifier that a machine or domain handed out.
  bool IsMachineRelative() const;
  // The same domain or machine: both machine-relative with equal a-b-c.
  bool SameDomain(const Sid& other) const;

  bool operator==(const Sid& other) const;
  std::strong_ordering operator<=>(const Sid& other) const;

 private:
  std::array<std::uint8_t, kMaxBytes> bytes_;
};

}  // namespace acledger::security
