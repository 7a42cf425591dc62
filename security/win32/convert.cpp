// SPDX-License-Identifier: MIT
#include "security/win32/convert.h"

#include "security/win32/system_error.h"

namespace acledger::win32 {

PSID AsPsid(const security::Sid& sid) { return const_cast<std::uint8_t*>(sid.AsBytes().data()); }

PSECURITY_DESCRIPTOR AsDescriptor(security::Bytes self_relative) {
  return const_cast<std::uint8_t*>(self_relative.data());
}

Expected<security::Sid> ToSid(PSID sid) {
  if (!sid || !IsValidSid(sid)) return Fail(ErrorKind::kInvalid, "read a SID", "the system calls it invalid");
  return security::Sid::FromBytes({static_cast<const std::uint8_t*>(sid), GetLengthSid(sid)});
}

Expected<security::DescriptorBytes> ToDescriptorBytes(PSECURITY_DESCRIPTOR descriptor) {
  if (!descriptor || !IsValidSecurityDescriptor(descriptor))
    return Fail(ErrorKind::kInvalid, "read a descriptor", "the system calls it invalid");
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  DWORD revision = 0;
  if (!GetSecurityDescriptorControl(descriptor, &control, &revision))
    return std::unexpected(LastError("read a descriptor"));
  DWORD size = GetSecurityDescriptorLength(descriptor);
  if (control & SE_SELF_RELATIVE) {
    const auto* bytes = static_cast<const std::uint8_t*>(descriptor);
    return security::DescriptorBytes(bytes, bytes + size);
  }
  security::DescriptorBytes bytes(size);
  if (!MakeSelfRelativeSD(descriptor, bytes.data(), &size)) return std::unexpected(LastError("copy a descriptor"));
  bytes.resize(size);
  return bytes;
}

}  // namespace acledger::win32
