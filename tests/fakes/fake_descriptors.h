// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "security/descriptor.h"

namespace acledger::fakes {

// The descriptor that a test gives to an object: SDDL, bytes as they are (well-formed or not), or, by default, what
// Windows would give to an object created there. Throws std::logic_error for SDDL that does not parse.
class Given {
 public:
  Given() = default;
  Given(const char* sddl);                 // NOLINT(google-explicit-constructor): reads as a literal.
  Given(security::DescriptorBytes bytes);  // NOLINT(google-explicit-constructor)
  const std::optional<security::DescriptorBytes>& Bytes() const { return bytes_; }

 private:
  std::optional<security::DescriptorBytes> bytes_;
};

// Like $Secure of NTFS: each distinct descriptor once, under an id that equal bytes get again; never shrinks.
class DescriptorStore {
 public:
  std::uint32_t Intern(const security::DescriptorBytes& bytes);
  const security::DescriptorBytes& Bytes(std::uint32_t security_id) const { return *by_id_[security_id]; }
  std::size_t Size() const { return by_id_.size(); }

 private:
  std::map<security::DescriptorBytes, std::uint32_t> ids_;
  std::vector<const security::DescriptorBytes*> by_id_;  // The keys of ids_.
};

// What a volume stores when the DACL of `incoming` is set on an object that has `stored`: the DACL and its PROTECTED
// and AUTO_INHERITED bits from `incoming`, all else from `stored`, laid out as NTFS does (SACL, DACL, owner, group).
Expected<security::DescriptorBytes> WithDaclOf(security::Bytes stored, security::Bytes incoming);

}  // namespace acledger::fakes
