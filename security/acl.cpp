// SPDX-License-Identifier: MIT
#include "security/descriptor.h"
#include "security/descriptor_layout.h"
#include "security/little_endian.h"

namespace acledger::security {
namespace {

// ACL_REVISION, the compound revision 3, and ACL_REVISION_DS. RtlValidAcl() takes these and no others.
constexpr std::uint8_t kMinRevision = 2;
constexpr std::uint8_t kMaxRevision = 4;

std::unexpected<Error> BadAce(unsigned index, std::size_t at, const std::string& why) {
  return Fail(ErrorKind::kInvalid, "parse ACE " + std::to_string(index),
              why + " (at byte " + std::to_string(at) + " of the ACL)");
}

}  // namespace

Expected<AclView> AclView::Parse(Bytes bytes) {
  if (bytes.size() < kAclHeaderBytes)
    return Fail(ErrorKind::kInvalid, "parse ACL", "shorter than its header of 8 bytes");
  if (bytes[0] < kMinRevision || bytes[0] > kMaxRevision) {
    return Fail(ErrorKind::kInvalid, "parse ACL", "its revision is " + std::to_string(bytes[0]));
  }
  std::size_t size = LoadU16(&bytes[2]);
  if (size < kAclHeaderBytes || size > bytes.size()) {
    return Fail(ErrorKind::kInvalid, "parse ACL",
                "its size is " + std::to_string(size) + ", there are " + std::to_string(bytes.size()) + " bytes");
  }
  unsigned count = LoadU16(&bytes[4]);
  std::size_t at = kAclHeaderBytes;
  for (unsigned i = 0; i < count; ++i) {
    if (size - at < kAceHeaderBytes) return BadAce(i, at, "the ACL ends before it");
    std::size_t ace_size = LoadU16(&bytes[at + 2]);
    if (ace_size < kAceHeaderBytes || ace_size % 4 != 0) {
      return BadAce(i, at, "its size is " + std::to_string(ace_size));
    }
    if (ace_size > size - at) return BadAce(i, at, "the ACL ends within it");
    at += ace_size;
  }
  return AclView(bytes.first(size));
}

Bytes AceBytesOf(const AclView& acl) {
  std::size_t size = 0;
  for (AceView ace : acl) size += ace.Size();
  return acl.AsBytes().subspan(kAclHeaderBytes, size);
}

}  // namespace acledger::security
