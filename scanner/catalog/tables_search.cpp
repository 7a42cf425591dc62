// SPDX-License-Identifier: MIT
#include "scanner/catalog/tables.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using ntfs::Catalog;
using ntfs::CatalogObject;
using ntfs::FileReference;

// Goes down from the root, newest folder first. A folder that lies in itself would never end: each is entered once.
class Tables::Search {
 public:
  Search(const Tables& tables, const std::function<bool(security::Bytes)>& is_wanted)
      : tables_(tables), is_wanted_(is_wanted), entered_(tables.catalog_.Records()), reached_(entered_) {}

  std::optional<BulkView::Found> Run() {
    const auto root = tables_.catalog_.FindNumber(ntfs::kRootRecord);
    if (!root) return std::nullopt;
    Enter(*root, {root->id, 0, true}, {});
    while (!open_.empty() && is_sure_) {
      const Open folder = open_.back();
      open_.pop_back();
      tables_.lookup_->ForEachChild(
          folder.id, [&](FileReference id, const Catalog::Name& name) { LookAt(folder, id, name.text); });
    }
    if (!is_sure_) return std::nullopt;
    TakeUnreached();
    return std::move(found_);
  }

 private:
  struct Open {
    FileReference id;
    std::size_t index;
    bool is_placed;  // Neither it nor a folder above has changed since: it is where the tables have it.
  };

  void LookAt(const Open& folder, FileReference id, std::string_view name) {
    if (Catalog::IsOfNtfs(id.Number())) return;
    ++found_.total;
    const auto known = tables_.catalog_.Find(id);
    if (known) reached_[static_cast<std::size_t>(id.Number())] = true;
    const bool is_known = tables_.FindAsRead(id).has_value();
    // Whether it would be entered, nobody can tell.
    if (!known || (!is_known && known->is_folder)) {
      is_sure_ = false;
      return;
    }
    const security::Bytes wanted = is_known ? IfWanted(known->descriptor) : security::Bytes();
    if (HasChanged(id) || (!folder.is_placed && (!is_known || !wanted.empty())))
      found_.unplaced.push_back({id.ToFileId(), wanted});
    else if (!is_known || !wanted.empty())
      found_.names.push_back({folder.index, id.ToFileId(), FromWtf8(name).value_or(u""), wanted});
    const bool is_link = (known->attributes & kAttributeReparsePoint) != 0 && !IsTransparentTag(known->reparse_tag);
    if (known->is_folder && !is_link) Enter(*known, folder, name);
  }

  bool HasChanged(FileReference id) const { return tables_.IsDoubted(id, kChanged); }

  void Enter(const CatalogObject& folder, const Open& parent, std::string_view name) {
    const auto number = static_cast<std::size_t>(folder.id.Number());
    if (entered_[number]) {
      is_sure_ = false;
      return;
    }
    entered_[number] = true;
    open_.push_back({folder.id, found_.folders.size(), parent.is_placed && !HasChanged(folder.id)});
    found_.folders.push_back({parent.index, folder.id.ToFileId(), FromWtf8(name).value_or(u"")});
  }

  // No walk finds these: their folders lie in each other, or below what is not entered, or a folder was read before it
  // was moved and another after. The system's own, below $Extend, are among them: those that are not sure are left
  // alone.
  void TakeUnreached() {
    tables_.catalog_.ForEach([this](const CatalogObject& object) {
      const std::uint64_t number = object.id.Number();
      if (Catalog::IsOfNtfs(number) || number == ntfs::kRootRecord || reached_[static_cast<std::size_t>(number)])
        return;
      const auto wanted = tables_.FindAsRead(object.id) ? IfWanted(object.descriptor) : security::Bytes();
      if (!HasChanged(object.id) && wanted.empty()) return;
      if (tables_.doubts_)
        found_.unplaced.push_back({object.id.ToFileId(), wanted});
      else
        found_.names.push_back({0, object.id.ToFileId(), u"?", wanted});
    });
  }

  // The descriptor; empty where it is not wanted.
  security::Bytes IfWanted(DescriptorPool::Number number) {
    if (number >= wanted_.size()) wanted_.resize(number + std::size_t{1});
    if (wanted_[number] == Wanted::kNotAsked)
      wanted_[number] = is_wanted_(tables_.pool_.Get(number)) ? Wanted::kYes : Wanted::kNo;
    return wanted_[number] == Wanted::kYes ? security::Bytes(tables_.pool_.Get(number)) : security::Bytes();
  }

  enum class Wanted : std::uint8_t { kNotAsked, kNo, kYes };

  const Tables& tables_;
  const std::function<bool(security::Bytes)>& is_wanted_;
  std::vector<bool> entered_;   // Folders, by number.
  std::vector<bool> reached_;   // By number.
  std::vector<Wanted> wanted_;  // By descriptor.
  std::vector<Open> open_;
  BulkView::Found found_;
  bool is_sure_ = true;
};

std::optional<BulkView::Found> Tables::FindBelowRoot(const std::function<bool(security::Bytes)>& is_wanted) const {
  return IsWhole() ? Search(*this, is_wanted).Run() : std::nullopt;
}

}  // namespace acledger::scanner
