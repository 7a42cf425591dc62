// SPDX-License-Identifier: MIT
#include "scanner/win32/listing.h"

#include "scanner/win32/nt_decode.h"

namespace acledger::scanner {
namespace {

// 64 KiB is what NTFS and SMB servers fill at most in one call.
constexpr std::size_t kBufferBytes = 64 * 1024;

struct Buffers {
  std::vector<std::uint64_t> bytes = std::vector<std::uint64_t>(kBufferBytes / sizeof(std::uint64_t));  // Aligned.
  std::vector<ListedName> names;
};

// Asks for the next run of names in the richest class that the system knows.
NTSTATUS Query(NtContext& context, HANDLE folder, Buffers& buffers, bool restart, nt::ListingClass& what) {
  const auto ask = [&](win32::FileInformationClass information) {
    IO_STATUS_BLOCK io{};
    return NtQueryDirectoryFile(folder, nullptr, nullptr, nullptr, &io, buffers.bytes.data(), kBufferBytes, information,
                                FALSE, nullptr, restart ? TRUE : FALSE);
  };
  if (what == nt::ListingClass::kIdExtd) {
    const NTSTATUS status = ask(win32::kFileIdExtdDirectoryInformation);
    if (!restart || !context.extended_listing.LearnFrom(status)) return status;
    what = nt::ListingClass::kIdBoth;
  }
  return ask(FileIdBothDirectoryInformation);
}

}  // namespace

Expected<void> ListFolder(NtContext& context, HANDLE folder,
                          const std::function<bool(std::span<const ListedName>)>& take) {
  // Not kept by thread: a thread_local with a destructor makes winpthreads wait for ever at the end of the process, in
  // the pthread_key_delete() of somebody's static object.
  Buffers buffers;
  nt::ListingClass what = context.extended_listing.MaybeThere() ? nt::ListingClass::kIdExtd : nt::ListingClass::kIdBoth;
  for (bool restart = true;; restart = false) {
    const NTSTATUS status = Query(context, folder, buffers, restart, what);
    if (status == STATUS_NO_MORE_FILES || (restart && status == STATUS_NO_SUCH_FILE)) return {};
    if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("list", status));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(buffers.bytes.data());
    const auto names = nt::DecodeListing({bytes, kBufferBytes}, what, buffers.names);
    if (!names) return std::unexpected(names.error());
    if (!names->empty() && !take(*names)) return {};
  }
}

}  // namespace acledger::scanner
