// SPDX-License-Identifier: MIT
#include "scanner/win32/dacl.h"

#include "scanner/win32/nt_decode.h"
#include "security/little_endian.h"
#include "security/win32/convert.h"

namespace acledger::scanner {
namespace {

constexpr std::size_t kHeaderBytes = 20;  // SECURITY_DESCRIPTOR_RELATIVE.
constexpr std::size_t kUsualBytes = 1024;

// A self-relative descriptor of a DACL alone; a NULL DACL is present at offset 0.
security::DescriptorBytes DaclAlone(const security::DescriptorView& view, bool keeps_requests) {
  security::DescriptorBytes bytes(kHeaderBytes);
  bytes[0] = 1;
  security::StoreU16(&bytes[2], nt::ControlForWrite(view.Control(), keeps_requests));
  if (view.Dacl()) {
    security::StoreU32(&bytes[16], kHeaderBytes);
    const security::Bytes acl = view.Dacl()->AsBytes();
    bytes.insert(bytes.end(), acl.begin(), acl.end());
  }
  return bytes;
}

// Whether the system stored AUTO_INHERIT_REQ instead of acting on it.
Expected<bool> HoldsRequest(HANDLE file) {
  security::DescriptorBytes bytes;
  if (const Expected<void> read = QueryDescriptor(file, bytes); !read) return std::unexpected(read.error());
  const auto view = security::DescriptorView::Parse(bytes);
  if (!view) return std::unexpected(view.error());
  return (view->Control() & security::kDaclAutoInheritReq) != 0;
}

NTSTATUS Set(HANDLE file, const security::DescriptorBytes& dacl) {
  return NtSetSecurityObject(file, DACL_SECURITY_INFORMATION, win32::AsDescriptor(dacl));
}

}  // namespace

Expected<void> QueryDescriptor(HANDLE file, security::DescriptorBytes& out) {
  constexpr SECURITY_INFORMATION kParts =
      OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
  out.resize(kUsualBytes);
  for (;;) {
    ULONG needed = 0;
    const NTSTATUS status = NtQuerySecurityObject(file, kParts, out.data(), static_cast<ULONG>(out.size()), &needed);
    if (status == STATUS_SUCCESS) {
      out.resize(GetSecurityDescriptorLength(out.data()));
      return {};
    }
    if (status != STATUS_BUFFER_TOO_SMALL || needed <= out.size()) {
      out.clear();
      return std::unexpected(win32::StatusError("read the descriptor", status));
    }
    out.resize(needed);  // Somebody may make it larger meanwhile: ask again.
  }
}

Expected<void> SetDacl(NtContext& context, HANDLE file, security::Bytes descriptor) {
  using Requests = NtContext::Requests;
  const auto view = security::DescriptorView::Parse(descriptor);
  if (!view) return std::unexpected(view.error());
  const Requests known = context.auto_inherit_requests.load(std::memory_order_relaxed);
  NTSTATUS status = Set(file, DaclAlone(*view, known == Requests::kKept));
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("write the DACL", status));
  if (known != Requests::kNotKnown || !(view->Control() & security::kDaclAutoInherited)) return {};

  // The first write of this kind on the volume shows how the system takes the request.
  const Expected<bool> holds = HoldsRequest(file);
  if (!holds) return std::unexpected(holds.error());
  context.auto_inherit_requests.store(*holds ? Requests::kKept : Requests::kActedOn, std::memory_order_relaxed);
  if (!*holds) return {};
  ++context.counters.descriptor_writes;
  status = Set(file, DaclAlone(*view, true));
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("write the DACL", status));
  return {};
}

}  // namespace acledger::scanner
