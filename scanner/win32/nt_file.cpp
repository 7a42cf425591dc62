// SPDX-License-Identifier: MIT
#include "scanner/win32/nt_file.h"

#include "scanner/win32/nt_decode.h"

namespace acledger::scanner {
namespace {

constexpr ULONG kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

ULONG OptionsFor(const NtContext& context, ULONG more) {
  ULONG options =
      FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT | FILE_OPEN_NO_RECALL | FILE_COMPLETE_IF_OPLOCKED | more;
  if (context.backup_intent) options |= FILE_OPEN_FOR_BACKUP_INTENT;
  return options;
}

Expected<win32::NtHandle> Open(HANDLE folder, UNICODE_STRING name, ULONG attributes, ACCESS_MASK rights, ULONG options,
                               NTSTATUS& status) {
  OBJECT_ATTRIBUTES object{};
  InitializeObjectAttributes(&object, &name, attributes, folder, nullptr);
  IO_STATUS_BLOCK io{};
  win32::NtHandle handle;
  status = NtOpenFile(handle.Out(), rights, &object, &io, kShareAll, options);
  // STATUS_OPLOCK_BREAK_IN_PROGRESS is a success with a handle on which every call would wait for the holder of the
  // oplock.
  if (status == STATUS_SUCCESS) return handle;
  return std::unexpected(win32::StatusError("open", status));
}

// Without OBJ_DONT_REPARSE nothing stops the system from entering a folder that is a junction by now.
Expected<void> CheckMayEnter(HANDLE folder) {
  FILE_ATTRIBUTE_TAG_INFORMATION tag{};
  const NTSTATUS status = QueryFile(folder, FileAttributeTagInformation, tag);
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("read the attributes of the folder", status));
  if ((tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) && !nt::MayHaveChildren(tag.ReparseTag))
    return Fail(ErrorKind::kUnsupported, "open", "a reparse point is never followed");
  return {};
}

Expected<win32::NtHandle> OpenNoFollow(NtContext& context, HANDLE folder, std::u16string_view name, ULONG attributes,
                                       ACCESS_MASK rights, ULONG options, NTSTATUS& status) {
  const ULONG all_options = OptionsFor(context, options);
  if (context.dont_reparse.MaybeThere()) {
    auto opened = Open(folder, AsUnicode(name), attributes | OBJ_DONT_REPARSE, rights, all_options, status);
    // An older system calls the attribute an invalid parameter; so it does other things.
    if (status != STATUS_INVALID_PARAMETER) return opened;
  }
  if (!name.empty())
    if (const Expected<void> may = CheckMayEnter(folder); !may) return std::unexpected(may.error());
  auto opened = Open(folder, AsUnicode(name), attributes, rights, all_options, status);
  if (opened) context.dont_reparse.LearnFrom(STATUS_INVALID_PARAMETER);
  return opened;
}

}  // namespace

bool Capability::LearnFrom(NTSTATUS status) {
  const bool unknown = status == STATUS_INVALID_INFO_CLASS || status == STATUS_INVALID_PARAMETER ||
                       status == STATUS_NOT_SUPPORTED || status == STATUS_NOT_IMPLEMENTED ||
                       status == STATUS_INVALID_DEVICE_REQUEST;
  if (unknown) there_.store(false, std::memory_order_relaxed);
  return unknown;
}

ACCESS_MASK RightsFor(Access access) { return access == Access::kWrite ? kReadAccess | WRITE_DAC : kReadAccess; }

UNICODE_STRING AsUnicode(std::u16string_view text) {
  static_assert(sizeof(wchar_t) == sizeof(char16_t));
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(char16_t));
  return {bytes, bytes, const_cast<PWSTR>(reinterpret_cast<const wchar_t*>(text.data()))};
}

Expected<win32::NtHandle> OpenBelow(NtContext& context, HANDLE folder, std::u16string_view name, ACCESS_MASK rights,
                                    ULONG options) {
  NTSTATUS status = STATUS_SUCCESS;
  // Exactly first: a case-sensitive folder may hold both "a" and "A".
  auto opened = OpenNoFollow(context, folder, name, 0, rights, options, status);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND)
    opened = OpenNoFollow(context, folder, name, OBJ_CASE_INSENSITIVE, rights, options, status);
  return opened;
}

Expected<win32::NtHandle> OpenFileId(NtContext& context, HANDLE folder, const FileId& id, ACCESS_MASK rights) {
  // 8 bytes, or 16 where ids have 128 bits; on NTFS 16 bytes would be an object id, something else.
  const std::uint64_t bytes[2] = {id.low, id.high};
  const std::size_t units = (context.wide_ids ? sizeof(bytes) : sizeof(id.low)) / sizeof(char16_t);
  const UNICODE_STRING name = AsUnicode({reinterpret_cast<const char16_t*>(bytes), units});
  NTSTATUS status = STATUS_SUCCESS;
  auto opened = Open(folder, name, 0, rights, OptionsFor(context, FILE_OPEN_BY_FILE_ID), status);
  // NTFS calls an id whose object is gone an invalid parameter.
  if (!opened && status == STATUS_INVALID_PARAMETER) opened.error().kind = ErrorKind::kNotFound;
  return opened;
}

Expected<win32::NtHandle> OpenAbsolute(const NtContext& context, std::u16string_view path, ACCESS_MASK rights,
                                       ULONG options) {
  NTSTATUS status = STATUS_SUCCESS;
  return Open(nullptr, AsUnicode(path), OBJ_CASE_INSENSITIVE, rights, OptionsFor(context, options), status);
}

namespace {

Expected<ObjectInfo> QueryInfoInParts(const NtContext& context, HANDLE file) {
  const auto fail = [](NTSTATUS status) { return std::unexpected(win32::StatusError("read the identity", status)); };
  ObjectInfo info;
  NTSTATUS status = STATUS_SUCCESS;
  if (context.wide_ids) {
    win32::FileIdInformation id{};
    status = QueryFile(file, win32::kFileIdInformation, id);
    info.id = {id.id_low, id.id_high};
  } else {
    FILE_INTERNAL_INFORMATION id{};
    status = QueryFile(file, FileInternalInformation, id);
    info.id.low = static_cast<std::uint64_t>(id.IndexNumber.QuadPart);
  }
  if (status != STATUS_SUCCESS) return fail(status);
  FILE_ATTRIBUTE_TAG_INFORMATION tag{};
  if (status = QueryFile(file, FileAttributeTagInformation, tag); status != STATUS_SUCCESS) return fail(status);
  FILE_STANDARD_INFORMATION standard{};
  if (status = QueryFile(file, FileStandardInformation, standard); status != STATUS_SUCCESS) return fail(status);
  info.attributes = tag.FileAttributes;
  info.reparse_tag = info.IsReparsePoint() ? tag.ReparseTag : 0;
  info.link_count = standard.NumberOfLinks;
  return info;
}

}  // namespace

Expected<ObjectInfo> QueryInfo(NtContext& context, HANDLE file) {
  if (context.wide_ids || !context.stat_information.MaybeThere()) return QueryInfoInParts(context, file);
  win32::FileStatInformation stat{};
  const NTSTATUS status = QueryFile(file, win32::kFileStatInformation, stat);
  if (context.stat_information.LearnFrom(status)) return QueryInfoInParts(context, file);
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("read the identity", status));
  ObjectInfo info;
  info.id.low = static_cast<std::uint64_t>(stat.id.QuadPart);
  info.attributes = stat.attributes;
  info.reparse_tag = info.IsReparsePoint() ? stat.reparse_tag : 0;
  info.link_count = stat.links;
  return info;
}

}  // namespace acledger::scanner
