// SPDX-License-Identifier: MIT
// Folders: the part of Session that reads their index.
#include <cerrno>

#include "scanner/ntfs3g/bytes.h"
#include "scanner/ntfs3g/ntfs3g_session.h"

namespace acledger::scanner::ntfs3g {
namespace {

constexpr std::uint32_t kIndexFlagFolder =
    0x10000000;  // In a $FILE_NAME a folder has this bit and not kAttributeDirectory.
constexpr std::size_t kEntryHeaderBytes = 16;

// The name, id and attributes that an index entry holds; empty for an entry to leave out.
std::optional<ListedName> Listed(const INDEX_ENTRY* entry) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(entry);
  const std::span<const std::uint8_t> header(raw, kEntryHeaderBytes);
  const RecordId id = RecordId::Of(Load<std::uint64_t>(header, 0));
  const std::size_t length = Load<std::uint16_t>(header, 8);
  const std::size_t key = Load<std::uint16_t>(header, 10);
  if (id.number < kFirstUserRecord || length < kEntryHeaderBytes || key > length - kEntryHeaderBytes)
    return std::nullopt;
  const auto name = FileNameView::Parse({raw + kEntryHeaderBytes, key});
  if (!name || name->name_space == FileNameView::kDosOnly) return std::nullopt;
  ListedName listed{name->Name(), id.ToFileId(), name->attributes & ~kIndexFlagFolder, 0};
  if ((name->attributes & kIndexFlagFolder) != 0) listed.attributes |= kAttributeDirectory;
  // The field is the size of extended attributes where the object is no reparse point.
  if ((listed.attributes & kAttributeReparsePoint) != 0) listed.reparse_tag = name->reparse_tag;
  return listed;
}

}  // namespace

Expected<ntfs_inode*> Session::OpenFolder(RecordId id) {
  if (folder_ && folder_->mft_no == id.number) return folder_.get();
  auto inode = OpenInode(id);
  if (!inode) return std::unexpected(inode.error());
  if (((*inode)->mrec->flags & MFT_RECORD_IS_DIRECTORY) == 0) {
    return Fail(ErrorKind::kInvalid, "list " + id.ToFileId().ToString(), "not a folder");
  }
  folder_ = std::move(*inode);
  return folder_.get();
}

Expected<std::vector<ListedName>> Session::List(RecordId folder) {
  auto inode = OpenFolder(folder);
  if (!inode) return std::unexpected(inode.error());
  const std::string operation = "list " + folder.ToFileId().ToString();
  ClearLibraryMessage();
  const IndexPtr index(ntfs_index_ctx_get(*inode, NTFS_INDEX_I30, 4));
  if (!index) return std::unexpected(LibraryError(operation, errno));
  const FILE_NAME_ATTR before_all{};  // The empty name collates before every other.
  if (ntfs_index_lookup(&before_all, sizeof(before_all), index.get()) != 0 && errno != ENOENT) {
    return std::unexpected(LibraryError(operation, errno));
  }
  std::vector<ListedName> names;
  errno = 0;
  INDEX_ENTRY* at = index->entry;
  if (at != nullptr && (at->ie_flags & INDEX_ENTRY_END) != 0) at = ntfs_index_next(at, index.get());
  for (; at != nullptr; at = ntfs_index_next(at, index.get())) {
    if (auto listed = Listed(at)) names.push_back(std::move(*listed));
    errno = 0;
  }
  if (errno != 0 && errno != ENOENT) return std::unexpected(LibraryError(operation, errno));
  return names;
}

Expected<std::uint64_t> Session::LookupOnce(ntfs_inode* folder, std::u16string_view name, bool exact) {
  if (exact) NVolSetCaseSensitive(volume_);
  if (!exact) NVolClearCaseSensitive(volume_);
  ClearLibraryMessage();
  const auto* text = reinterpret_cast<const ntfschar*>(name.data());
  const std::uint64_t reference = ntfs_inode_lookup_by_name(folder, text, static_cast<int>(name.size()));
  const int code = errno;
  NVolSetCaseSensitive(volume_);
  if (reference != ~std::uint64_t{0}) return reference;
  if (code == ENOENT) return Fail(ErrorKind::kNotFound, "look up a name", "no such name in the folder", ENOENT);
  return std::unexpected(LibraryError("look up a name", code));
}

Expected<RecordId> Session::Lookup(RecordId folder, std::u16string_view name) {
  auto inode = OpenFolder(folder);
  if (!inode) return std::unexpected(inode.error());
  auto reference = LookupOnce(*inode, name, true);
  if (!reference && reference.error().kind == ErrorKind::kNotFound) reference = LookupOnce(*inode, name, false);
  if (!reference) return std::unexpected(reference.error());
  return RecordId::Of(*reference);
}

Expected<bool> Session::HasLongName(const LoadedRecord& record, RecordId id, RecordId folder,
                                    std::u16string_view name) {
  bool found = false;
  record.view.ForEach(AttributeType::kFileName, [&](std::span<const std::uint8_t> value) {
    const auto view = FileNameView::Parse(value);
    if (!view || view->name_space == FileNameView::kDosOnly || view->name.size() != 2 * name.size()) return;
    found = found || (RecordId::Of(view->parent).number == folder.number && SameName(view->Name(), name));
  });
  if (found || !record.view.HasAttributeList()) return found;
  auto names = Names(record, id);
  if (!names) return std::unexpected(names.error());
  return std::ranges::any_of(*names, [&](const LinkName& link) {
    return RecordId::Of(link.parent.low).number == folder.number && SameName(link.name, name);
  });
}

bool Session::SameName(std::u16string_view left, std::u16string_view right) const {
  const auto upper = [&](char16_t unit) {
    return unit < volume_->upcase_len ? le16_to_cpu(volume_->upcase[unit]) : static_cast<u16>(unit);
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char16_t a, char16_t b) { return upper(a) == upper(b); });
}

}  // namespace acledger::scanner::ntfs3g
