// SPDX-License-Identifier: MIT
#include "scanner/win32/descriptor_probe.h"

#include <random>

#include "scanner/win32/dacl.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

constexpr ACCESS_MASK kScratchRights = kReadAccess | WRITE_DAC | DELETE;

struct Scratch {
  std::u16string name;
  security::Sid sid;  // No account's.
};

Scratch MakeUp() {
  std::random_device random;
  const std::uint32_t a = random(), b = random(), c = random();
  const std::string name = "acledger-probe-" + std::to_string(a) + "-" + std::to_string(b) + ".tmp";
  return {FromWtf8(name).value_or(u""), security::Sid::Make(5, {21, a, b, c, 1000})};
}

Expected<win32::NtHandle> Create(HANDLE folder, std::u16string_view name) {
  UNICODE_STRING unicode = AsUnicode(name);
  OBJECT_ATTRIBUTES object{};
  InitializeObjectAttributes(&object, &unicode, 0, folder, nullptr);
  IO_STATUS_BLOCK io{};
  win32::NtHandle handle;
  const NTSTATUS status = NtCreateFile(
      handle.Out(), kScratchRights, &object, &io, nullptr, FILE_ATTRIBUTE_TEMPORARY, FILE_SHARE_DELETE, FILE_CREATE,
      FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, nullptr, 0);
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("create a scratch file", status));
  return handle;
}

}  // namespace

Expected<void> ProbeDescriptorsIn(NtContext& context, HANDLE folder) {
  const Scratch scratch = MakeUp();
  const auto file = Create(folder, scratch.name);
  if (!file) return std::unexpected(file.error());
  security::DescriptorBytes bytes;
  if (Expected<void> read = QueryDescriptor(file->Get(), bytes); !read) return read;
  const auto before = security::DescriptorView::Parse(bytes);
  if (!before) return std::unexpected(before.error());

  security::DescriptorParts parts;
  parts.control = security::kSelfRelative | security::kDaclProtected | security::kDaclAutoInherited;
  parts.owner = before->Owner();
  parts.group = before->Group();
  parts.dacl_state = security::DescriptorParts::AclState::kPresent;
  for (const security::Sid& sid : {security::Sid::System(), scratch.sid})
    parts.dacl.push_back(MakeAce(security::AceType::kAccessAllowed, 0, security::kFileAllAccess, sid));
  const auto wanted = security::Build(parts);
  if (!wanted) return std::unexpected(wanted.error());
  ++context.counters.descriptor_writes;
  if (Expected<void> set = SetDacl(context, file->Get(), *wanted); !set) return set;
  if (Expected<void> read = QueryDescriptor(file->Get(), bytes); !read) return read;
  if (security::SameSecurity(bytes, *wanted)) return {};
  return Fail(ErrorKind::kNoEffect, "probe for stored descriptors",
              "a DACL was accepted and did not come back as it was written");
}

}  // namespace acledger::scanner
