// SPDX-License-Identifier: MIT
#include "scanner/win32/win32_object.h"

#include <algorithm>

#include "scanner/win32/dacl.h"
#include "scanner/win32/listing.h"
#include "scanner/win32/nt_decode.h"

namespace acledger::scanner {

Expected<std::unique_ptr<Object>> ToObject(NtContext& context, Expected<win32::NtHandle> opened, Access access) {
  ++context.counters.opens;
  if (access == Access::kWrite) ++context.counters.opens_for_write;
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::make_unique<Win32Object>(context, std::move(*opened));
}

Expected<void> Win32Object::ReadDescriptor(security::DescriptorBytes& out) {
  ++context_.counters.descriptor_reads;
  return QueryDescriptor(handle_.Get(), out);
}

Expected<void> Win32Object::WriteDacl(security::Bytes descriptor) {
  ++context_.counters.descriptor_writes;
  return SetDacl(context_, handle_.Get(), descriptor);
}

Expected<void> Win32Object::List(const std::function<bool(std::span<const ListedName>)>& take) {
  ++context_.counters.listings;
  // The object's own handle lacks FILE_LIST_DIRECTORY: on a file this right is FILE_READ_DATA, which every open of a
  // file would then need.
  const auto folder = OpenBelow(context_, handle_.Get(), {}, FILE_LIST_DIRECTORY | SYNCHRONIZE, FILE_DIRECTORY_FILE);
  if (!folder) {
    Error error = folder.error();
    error.operation = "list";
    return std::unexpected(std::move(error));
  }
  return ListFolder(context_, folder->Get(), take);
}

Expected<std::string> Win32Object::ReadContent(std::size_t limit) {
  const auto file = OpenBelow(context_, handle_.Get(), {}, FILE_READ_DATA | SYNCHRONIZE, FILE_NON_DIRECTORY_FILE);
  if (!file) {
    Error error = file.error();
    error.operation = "read contents";
    return std::unexpected(std::move(error));
  }
  std::string text;
  std::size_t done = 0;
  while (done < limit) {
    DWORD got = 0;
    const auto wanted = static_cast<DWORD>(std::min<std::size_t>(limit - done, 1 << 20));
    text.resize(done + wanted);  // Step by step: the limit may be far beyond the file.
    if (!ReadFile(file->Get(), text.data() + done, wanted, &got, nullptr))
      return std::unexpected(win32::LastError("read contents"));
    if (got == 0) break;  // The end.
    done += got;
  }
  text.resize(done);
  return text;
}

Expected<std::unique_ptr<Object>> Win32Object::OpenChild(std::u16string_view name, Access access) {
  if (const Expected<void> plain = nt::CheckComponent(name); !plain) return std::unexpected(plain.error());
  return ToObject(context_, OpenBelow(context_, handle_.Get(), name, RightsFor(access)), access);
}

Expected<std::vector<LinkName>> Win32Object::Names() {
  if (context_.wide_ids)
    return Fail(ErrorKind::kUnsupported, "list hard links", "not on a volume with file ids of 128 bits");
  std::vector<std::uint64_t> buffer(128);  // Aligned as the structure.
  for (;;) {
    IO_STATUS_BLOCK io{};
    const auto size = static_cast<ULONG>(buffer.size() * sizeof(buffer[0]));
    const NTSTATUS status =
        win32::QueryInformationFile(handle_.Get(), &io, buffer.data(), size, win32::kFileHardLinkInformation);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(buffer.data());
    if (status == STATUS_SUCCESS) return nt::DecodeLinks({bytes, size});
    const std::size_t needed = static_cast<std::uint32_t>(buffer[0]);  // FILE_LINKS_INFORMATION.BytesNeeded.
    if (status != STATUS_BUFFER_OVERFLOW || needed <= size)
      return std::unexpected(win32::StatusError("list hard links", status));
    buffer.resize(needed / sizeof(buffer[0]) + 1);
  }
}

}  // namespace acledger::scanner
