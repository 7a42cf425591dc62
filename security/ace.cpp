// SPDX-License-Identifier: MIT
#include "security/ace.h"

#include "security/descriptor_layout.h"
#include "security/little_endian.h"

namespace acledger::security {
namespace {

constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kMaskBytes = 4;
constexpr std::uint32_t kObjectTypePresent = 1;
constexpr std::uint32_t kInheritedObjectTypePresent = 2;

// How the body of an ACE goes on behind its header (MS-DTYP 2.4.4.2 to 2.4.4.17).
enum class Body : std::uint8_t {
  kOpaque,
  kMaskAndSid,
  kObject,  // Mask, flags, up to two GUIDs, SID.
};

Body BodyOf(AceType type) {
  // MS-DTYP reserves the compound type, and it names two SIDs.
  if (type == AceType::kAccessAllowedCompound) return Body::kOpaque;
  if (IsObjectType(type)) return Body::kObject;
  return type <= AceType::kSystemAccessFilter ? Body::kMaskAndSid : Body::kOpaque;
}

// Where the SID begins, or nothing where the bytes end before it.
std::optional<std::size_t> SidOffset(AceType type, Bytes ace) {
  Body body = BodyOf(type);
  std::size_t offset = kHeaderBytes + kMaskBytes;
  if (body == Body::kOpaque || ace.size() < offset) return std::nullopt;
  if (body == Body::kMaskAndSid) return offset;
  if (ace.size() < offset + 4) return std::nullopt;
  std::uint32_t present = LoadU32(&ace[offset]);
  offset += 4;
  if (present & kObjectTypePresent) offset += 16;
  if (present & kInheritedObjectTypePresent) offset += 16;
  if (ace.size() < offset) return std::nullopt;
  return offset;
}

}  // namespace

bool IsObjectType(AceType type) {
  switch (type) {
    case AceType::kAccessAllowedObject:
    case AceType::kAccessDeniedObject:
    case AceType::kSystemAuditObject:
    case AceType::kSystemAlarmObject:
    case AceType::kAccessAllowedCallbackObject:
    case AceType::kAccessDeniedCallbackObject:
    case AceType::kSystemAuditCallbackObject:
    case AceType::kSystemAlarmCallbackObject:
      return true;
    default:
      return false;
  }
}

bool AceView::IsDeny() const {
  switch (Type()) {
    case AceType::kAccessDenied:
    case AceType::kAccessDeniedObject:
    case AceType::kAccessDeniedCallback:
    case AceType::kAccessDeniedCallbackObject:
      return true;
    default:
      return false;
  }
}

bool AceView::IsAllow() const {
  switch (Type()) {
    case AceType::kAccessAllowed:
    case AceType::kAccessAllowedCompound:
    case AceType::kAccessAllowedObject:
    case AceType::kAccessAllowedCallback:
    case AceType::kAccessAllowedCallbackObject:
      return true;
    default:
      return false;
  }
}

bool AceView::IsPlain() const {
  return (Type() == AceType::kAccessAllowed || Type() == AceType::kAccessDenied) && !TrusteeBytes().empty();
}

std::optional<AccessMask> AceView::Mask() const {
  bool known = Type() <= AceType::kSystemAccessFilter;
  if (!known || bytes_.size() < kHeaderBytes + kMaskBytes) return std::nullopt;
  return LoadU32(&bytes_[kHeaderBytes]);
}

Bytes AceView::TrusteeBytes() const {
  auto offset = SidOffset(Type(), bytes_);
  if (!offset || !Sid::Fits(bytes_.subspan(*offset))) return {};
  return bytes_.subspan(*offset, Sid::kMinBytes + 4u * bytes_[*offset + 1]);
}

std::optional<Sid> AceView::TrusteeSid() const {
  Bytes sid = TrusteeBytes();
  if (sid.empty()) return std::nullopt;
  return *Sid::FromBytes(sid);
}

Bytes AceView::ApplicationData() const {
  Bytes sid = TrusteeBytes();
  if (sid.empty()) return {};
  return {sid.data() + sid.size(), bytes_.data() + bytes_.size()};
}

}  // namespace acledger::security
