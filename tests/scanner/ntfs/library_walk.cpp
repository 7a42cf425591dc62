// SPDX-License-Identifier: MIT
#include "tests/scanner/ntfs/library_walk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>

#include "scanner/ntfs3g/library.h"
#include "security/wtf8.h"

namespace acledger::scanner::ntfs {
namespace {

using ntfs3g::AttributePtr;
using ntfs3g::IndexPtr;
using ntfs3g::InodePtr;
using ntfs3g::SearchPtr;
using security::DescriptorBytes;

struct Unmount {
  void operator()(ntfs_volume* volume) const { ntfs_umount(volume, FALSE); }
};

DescriptorBytes ReadWhole(ntfs_inode* inode, ATTR_TYPES type) {
  const AttributePtr attribute(ntfs_attr_open(inode, type, AT_UNNAMED, 0));
  if (!attribute) return {};
  DescriptorBytes bytes(static_cast<std::size_t>(attribute->data_size));
  if (ntfs_attr_pread(attribute.get(), 0, attribute->data_size, bytes.data()) != attribute->data_size) {
    throw std::runtime_error("the library cannot read an attribute");
  }
  return bytes;
}

DescriptorBytes ReadShared(ntfs_volume* volume, std::uint32_t id) {
  const IndexPtr index(ntfs_index_ctx_get(volume->secure_ni, NTFS_INDEX_SII, 4));
  const le32 key = cpu_to_le32(id);
  if (!index || ntfs_index_lookup(&key, sizeof(key), index.get()) != 0) throw std::runtime_error("no such security_id");
  SECURITY_DESCRIPTOR_HEADER header;
  std::memcpy(&header, reinterpret_cast<const char*>(index->entry) + le16_to_cpu(index->entry->data_offset),
              sizeof(header));
  DescriptorBytes bytes(le32_to_cpu(header.length) - sizeof(header));
  const AttributePtr stream(ntfs_attr_open(volume->secure_ni, AT_DATA, STREAM_SDS, 4));
  const auto size = static_cast<s64>(bytes.size());
  const auto at = static_cast<s64>(le64_to_cpu(header.offset) + sizeof(header));
  if (!stream || ntfs_attr_pread(stream.get(), at, size, bytes.data()) != size) throw std::runtime_error("$SDS");
  return bytes;
}

std::vector<std::pair<std::uint64_t, std::string>> NamesOf(ntfs_inode* inode) {
  std::vector<std::pair<std::uint64_t, std::string>> names;
  const SearchPtr search(ntfs_attr_get_search_ctx(inode, nullptr));
  while (ntfs_attr_lookup(AT_FILE_NAME, nullptr, 0, CASE_SENSITIVE, 0, nullptr, 0, search.get()) == 0) {
    const auto* name = reinterpret_cast<const FILE_NAME_ATTR*>(reinterpret_cast<const char*>(search->attr) +
                                                               le16_to_cpu(search->attr->value_offset));
    if (name->file_name_type == FILE_NAME_DOS) continue;
    std::u16string text(name->file_name_length, u'\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char16_t>(le16_to_cpu(name->file_name[i]));
    names.emplace_back(le64_to_cpu(name->parent_directory), ToWtf8(text));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::vector<WalkedObject> WalkImage(const std::string& image) {
  ntfs_log_set_handler(&ntfs_log_handler_null);
  const std::unique_ptr<ntfs_volume, Unmount> volume(ntfs_mount(image.c_str(), NTFS_MNT_RDONLY));
  if (!volume) throw std::runtime_error("the library cannot open " + image);
  std::map<std::uint32_t, DescriptorBytes> shared;
  std::vector<WalkedObject> objects;
  const s64 records = volume->mft_na->initialized_size >> volume->mft_record_size_bits;
  for (s64 number = 0; number < records; ++number) {
    const InodePtr inode(ntfs_inode_open(volume.get(), static_cast<MFT_REF>(number)));
    if (!inode) continue;  // Free, an extension record, or one that NTFS keeps for later.
    WalkedObject& object = objects.emplace_back();
    object.id = static_cast<std::uint64_t>(number) | (std::uint64_t{le16_to_cpu(inode->mrec->sequence_number)} << 48);
    object.is_folder = (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
    object.attributes = le32_to_cpu(inode->flags) & ~0x10u;
    object.names = NamesOf(inode.get());
    const std::uint32_t id = test_nino_flag(inode.get(), v3_Extensions) ? le32_to_cpu(inode->security_id) : 0;
    if (id != 0 && !shared.contains(id)) shared[id] = ReadShared(volume.get(), id);
    object.descriptor = id != 0 ? shared[id] : ReadWhole(inode.get(), AT_SECURITY_DESCRIPTOR);
    const DescriptorBytes reparse = ReadWhole(inode.get(), AT_REPARSE_POINT);
    if (reparse.size() >= 4) std::memcpy(&object.reparse_tag, reparse.data(), 4);
  }
  return objects;
}

}  // namespace acledger::scanner::ntfs
