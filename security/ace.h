// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "security/access_mask.h"
#include "security/sid.h"

namespace acledger::security {

// ACE_HEADER.AceType (MS-DTYP 2.4.4.1).
enum class AceType : std::uint8_t {
  kAccessAllowed = 0x00,
  kAccessDenied = 0x01,
  kSystemAudit = 0x02,
  kSystemAlarm = 0x03,
  kAccessAllowedCompound = 0x04,
  kAccessAllowedObject = 0x05,
  kAccessDeniedObject = 0x06,
  kSystemAuditObject = 0x07,
  kSystemAlarmObject = 0x08,
  kAccessAllowedCallback = 0x09,
  kAccessDeniedCallback = 0x0A,
  kAccessAllowedCallbackObject = 0x0B,
  kAccessDeniedCallbackObject = 0x0C,
  kSystemAuditCallback = 0x0D,
  kSystemAlarmCallback = 0x0E,
  kSystemAuditCallbackObject = 0x0F,
  kSystemAlarmCallbackObject = 0x10,
  kSystemMandatoryLabel = 0x11,
  kSystemResourceAttribute = 0x12,
  kSystemScopedPolicyId = 0x13,
  kSystemProcessTrustLabel = 0x14,
  kSystemAccessFilter = 0x15,
};

// ACE_HEADER.AceFlags.
inline constexpr std::uint8_t kObjectInherit = 0x01;
inline constexpr std::uint8_t kContainerInherit = 0x02;
inline constexpr std::uint8_t kNoPropagateInherit = 0x04;
inline constexpr std::uint8_t kInheritOnly = 0x08;
inline constexpr std::uint8_t kInherited = 0x10;
inline constexpr std::uint8_t kSuccessfulAccess = 0x40;
inline constexpr std::uint8_t kFailedAccess = 0x80;

// One ACE inside bytes that somebody else owns and that must outlive the view. What we do not understand is opaque:
// Mask() and TrusteeSid() are then empty, and the bytes are kept as they are.
class AceView {
 public:
  // `bytes` is exactly one ACE: at least a header, and as long as its AceSize says.
  explicit AceView(Bytes bytes) : bytes_(bytes) {}

  AceType Type() const { return static_cast<AceType>(bytes_[0]); }
  std::uint8_t Flags() const { return bytes_[1]; }
  std::size_t Size() const { return bytes_.size(); }
  Bytes AsBytes() const { return bytes_; }

  bool IsInherited() const { return (Flags() & kInherited) != 0; }
  bool IsInheritOnly() const { return (Flags() & kInheritOnly) != 0; }
  bool IsDeny() const;   // Any of the four denying types.
  bool IsAllow() const;  // Any of the five allowing types.
  // ACCESS_ALLOWED_ACE or ACCESS_DENIED_ACE with a well-formed SID that fits.
  bool IsPlain() const;

  // The mask, for every type that has one; empty for an opaque or truncated body.
  std::optional<AccessMask> Mask() const;
  // The SID that the ACE is about, for every known type whose body is well-formed (object ACEs: after the GUIDs).
  // Compound ACEs (reserved, MS-DTYP 2.4.4.1) name two and are opaque. Does not allocate.
  std::optional<Sid> TrusteeSid() const;
  // The bytes of that SID within the ACE; empty where there is none.
  Bytes TrusteeBytes() const;
  // What follows the SID: a condition or attribute, or bytes without a meaning. Empty for an ACE that ends with its
  // SID, as plain ones do, and where there is no TrusteeSid().
  Bytes ApplicationData() const;

 private:
  Bytes bytes_;
};

}  // namespace acledger::security
