// SPDX-License-Identifier: MIT
#include "scanner/catalog/viewed_object.h"

#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

constexpr std::size_t kRun = 1024;      // Names handed over at once.
constexpr std::size_t kLookAhead = 64;  // Names of a listing that a caller may pass over.

}  // namespace

Expected<Object*> ViewedObject::Real() {
  if (!real_) {
    ++view_.from_volume_;
    auto opened = view_.real_.OpenById(known_->id.ToFileId(), Access::kRead);
    if (!opened) return std::unexpected(opened.error());
    real_ = std::move(*opened);
  }
  return real_.get();
}

Expected<ntfs::FileReference> ViewedObject::Reference() {
  if (known_) return known_->id;
  const Expected<ObjectInfo> info = real_->Info();
  if (!info) return std::unexpected(info.error());
  return ntfs::FileReference{info->id.low};
}

Expected<ObjectInfo> ViewedObject::Info() { return known_ ? tables_->InfoOf(*known_) : real_->Info(); }

Expected<void> ViewedObject::ReadDescriptor(security::DescriptorBytes& out) {
  if (!known_) return real_->ReadDescriptor(out);
  const security::DescriptorBytes& bytes = tables_->DescriptorOf(*known_);
  out.assign(bytes.begin(), bytes.end());
  return {};
}

Expected<void> ViewedObject::WriteDacl(security::Bytes) {
  return Fail(ErrorKind::kReadOnly, "write descriptor", "a view is for reading");
}

Expected<std::string> ViewedObject::ReadContent(std::size_t limit) {
  const Expected<Object*> real = Real();
  return real ? (*real)->ReadContent(limit) : std::unexpected(real.error());
}

Expected<std::vector<LinkName>> ViewedObject::Names() {
  if (known_) return tables_->NamesOf(*known_);
  return real_->Names();
}

Expected<void> ViewedObject::List(const std::function<bool(std::span<const ListedName>)>& take) {
  listed_.clear();
  next_listed_ = 0;
  const Tables* tables = view_.Get();
  if (tables != nullptr) {
    const Expected<ntfs::FileReference> folder = Reference();
    if (!folder) return std::unexpected(folder.error());
    auto children = tables->Find(*folder) ? tables->ChildrenOf(*folder) : std::nullopt;
    if (children)
      listed_ = std::move(*children);
    else
      tables = nullptr;
  }
  if (tables == nullptr || (known_ && !known_->is_folder)) {
    const Expected<Object*> real = Real();
    return real ? (*real)->List(take) : std::unexpected(real.error());
  }
  std::vector<ListedName> run;
  for (std::size_t at = 0; at < listed_.size();) {
    run.clear();
    for (; at < listed_.size() && run.size() < kRun; ++at) {
      const ntfs::CatalogObject& object = listed_[at].object;
      Expected<std::u16string> name = FromWtf8(listed_[at].name);
      if (!name) return std::unexpected(name.error());
      run.push_back({std::move(*name), object.id.ToFileId(), object.attributes, object.reparse_tag});
    }
    if (!take(run)) break;
  }
  return {};
}

std::optional<ntfs::FileReference> ViewedObject::FindChild(const Tables& tables, ntfs::FileReference folder,
                                                           std::u16string_view name) {
  const std::string text = ToWtf8(name);
  const std::size_t end = std::min(listed_.size(), next_listed_ + kLookAhead);
  for (std::size_t at = next_listed_; at < end; ++at) {
    if (listed_[at].name != text) continue;
    next_listed_ = at + 1;
    return listed_[at].object.id;
  }
  return tables.FindChild(folder, text);
}

Expected<std::unique_ptr<Object>> ViewedObject::OpenChild(std::u16string_view name, Access access) {
  if (access != Access::kRead) return Fail(ErrorKind::kReadOnly, "open for writing", "a view is for reading");
  if (const Tables* tables = view_.Get()) {
    const Expected<ntfs::FileReference> folder = Reference();
    if (!folder) return std::unexpected(folder.error());
    const auto child = FindChild(*tables, *folder, name);
    if (const auto object = child ? tables->Find(*child) : std::nullopt) return view_.FromTables(*tables, *object);
  }
  const Expected<Object*> real = Real();
  if (!real) return std::unexpected(real.error());
  return view_.FromVolume((*real)->OpenChild(name, access));
}

}  // namespace acledger::scanner
