// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "security/ace.h"
#include "security/error.h"
#include "security/sid.h"

namespace acledger::security {

// SECURITY_DESCRIPTOR.Control (MS-DTYP 2.4.6).
inline constexpr std::uint16_t kOwnerDefaulted = 0x0001;
inline constexpr std::uint16_t kGroupDefaulted = 0x0002;
inline constexpr std::uint16_t kDaclPresent = 0x0004;
inline constexpr std::uint16_t kDaclDefaulted = 0x0008;
inline constexpr std::uint16_t kSaclPresent = 0x0010;
inline constexpr std::uint16_t kSaclDefaulted = 0x0020;
inline constexpr std::uint16_t kDaclTrusted = 0x0040;
inline constexpr std::uint16_t kServerSecurity = 0x0080;
inline constexpr std::uint16_t kDaclAutoInheritReq = 0x0100;
inline constexpr std::uint16_t kSaclAutoInheritReq = 0x0200;
inline constexpr std::uint16_t kDaclAutoInherited = 0x0400;
inline constexpr std::uint16_t kSaclAutoInherited = 0x0800;
inline constexpr std::uint16_t kDaclProtected = 0x1000;
inline constexpr std::uint16_t kSaclProtected = 0x2000;
inline constexpr std::uint16_t kRmControlValid = 0x4000;
inline constexpr std::uint16_t kSelfRelative = 0x8000;

inline constexpr std::size_t kMaxAclBytes = 65532;  // AclSize is 16 bits and a multiple of four for anything we write.
inline constexpr std::size_t kMaxDescriptorBytes = 65536;  // No edit makes a longer descriptor.

// An ACL inside bytes that somebody else owns (MS-DTYP 2.4.5). Parse() has checked that every ACE lies within it.
class AclView {
 public:
  // Reads the ACL at the front of `bytes`; strict: revision 2 to 4, AclSize within `bytes`, every AceSize >= 4, a
  // multiple of 4 and inside AclSize. ACE bodies are not judged (an unknown one is opaque). Slack after the last ACE is
  // allowed and kept.
  static Expected<AclView> Parse(Bytes bytes);

  class Iterator {
   public:
    using value_type = AceView;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    Iterator(const std::uint8_t* at, unsigned left) : at_(at), left_(left) {}
    AceView operator*() const { return AceView({at_, AceSize()}); }
    Iterator& operator++() {
      at_ += AceSize();
      --left_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    std::size_t AceSize() const { return static_cast<std::size_t>(at_[2] | (at_[3] << 8)); }

    const std::uint8_t* at_ = nullptr;
    unsigned left_ = 0;
  };

  std::uint8_t Revision() const { return bytes_[0]; }
  unsigned AceCount() const { return static_cast<unsigned>(bytes_[4] | (bytes_[5] << 8)); }
  Bytes AsBytes() const { return bytes_; }  // AclSize bytes, slack included.
  Iterator begin() const { return {bytes_.data() + 8, AceCount()}; }
  Iterator end() const { return {nullptr, 0}; }

 private:
  explicit AclView(Bytes bytes) : bytes_(bytes) {}
  Bytes bytes_;
};

// A self-relative security descriptor inside bytes that somebody else owns (MS-DTYP 2.4.6). Copies are cheap.
class DescriptorView {
 public:
  // Strict and bounded: any bytes may be passed. Refused with position: shorter than the header, revision other than 1,
  // not self-relative, a component outside the bytes or inside the header, a malformed SID or ACL. Bytes beyond the
  // last component are allowed (and kept by every edit). Components may overlap; an edit then refuses.
  static Expected<DescriptorView> Parse(Bytes bytes);

  std::uint16_t Control() const { return control_; }
  const std::optional<Sid>& Owner() const { return owner_; }
  const std::optional<Sid>& Group() const { return group_; }

  // A DACL that is absent (not present, or present with offset 0) grants everyone everything.
  bool HasNullDacl() const { return !dacl_.has_value(); }
  const std::optional<AclView>& Dacl() const { return dacl_; }  // Empty for a NULL DACL.
  const std::optional<AclView>& Sacl() const { return sacl_; }
  bool IsDaclProtected() const { return (control_ & kDaclProtected) != 0; }

  Bytes AsBytes() const { return bytes_; }

 private:
  DescriptorView() = default;

  Bytes bytes_;
  std::uint16_t control_ = 0;
  std::optional<Sid> owner_, group_;
  std::optional<AclView> dacl_, sacl_;
};

// A self-relative descriptor that is owned.
using DescriptorBytes = std::vector<std::uint8_t>;

// The parts of a descriptor that is to be made from scratch. An ACL is a list of whole ACEs.
struct DescriptorParts {
  std::uint16_t control = kSelfRelative;  // kDaclPresent/kSaclPresent follow from the lists below.
  std::optional<Sid> owner, group;
  enum class AclState : std::uint8_t { kAbsent, kNull, kPresent };
  AclState dacl_state = AclState::kAbsent, sacl_state = AclState::kAbsent;
  std::vector<DescriptorBytes> dacl, sacl;  // Each element the bytes of one ACE.
  std::uint8_t acl_revision = 2;            // Raised to 4 where an object ACE is among them.
};

// Lays the parts out as NTFS tools do: header, SACL, DACL, owner, group. Fails with kTooLarge past 64 KiB an ACL.
Expected<DescriptorBytes> Build(const DescriptorParts& parts);

// One ACCESS_ALLOWED_ACE or other plain ACE (header, mask, SID) as bytes.
DescriptorBytes MakeAce(AceType type, std::uint8_t flags, AccessMask mask, const Sid& sid);

// Equal in all that carries meaning: owner, group, the DACL's presence and its ACEs byte by byte, and the control bits
// PROTECTED and AUTO_INHERITED of the DACL. The layout, SE_SELF_RELATIVE, AUTO_INHERIT_REQ, DEFAULTED and the SACL
// (which we never read or write live) do not count. Malformed bytes equal only the same bytes.
bool SameSecurity(Bytes a, Bytes b);

}  // namespace acledger::security
