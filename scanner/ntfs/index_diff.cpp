// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_diff.h"

#include <algorithm>
#include <unordered_map>

#include "scanner/ntfs/catalog.h"
#include "scanner/ntfs/index_view.h"

namespace acledger::scanner::ntfs {
namespace {

using Entry = store::VolumePage::Entry;

// One of the two sides: its page at hand, and its descriptors as numbers of a pool that both share.
class Side {
 public:
  Side(IndexPages& pages, DescriptorPool& pool) : pages_(pages), pool_(pool), view_(pages) {}

  Expected<void> Load(std::uint32_t page) {
    page_.reset();
    if (page >= pages_.End()) return {};
    auto read = pages_.Read(page);
    if (!read) return std::unexpected(read.error());
    page_ = *std::move(read);
    return {};
  }

  std::span<const Entry> Entries() const { return page_ ? page_->Entries() : std::span<const Entry>(); }
  std::span<const store::IndexedName> NamesOf(const Entry& entry) const { return page_->NamesOf(entry); }

  Expected<DescriptorPool::Number> Common(store::DescriptorId id) {
    if (const auto known = numbers_.find(id); known != numbers_.end()) return known->second;
    const auto bytes = pages_.Descriptor(id);
    if (!bytes) return std::unexpected(bytes.error());
    const DescriptorPool::Number number = pool_.Intern(*bytes);
    numbers_.emplace(id, number);
    return number;
  }

  Expected<std::vector<std::string>> Paths(const Entry& entry) {
    std::vector<std::string> paths;
    if (entry.object.Number() == kRootRecord) return std::vector<std::string>{"\\"};
    for (const store::IndexedName& name : NamesOf(entry)) {
      auto path = view_.PathOrWhatIsKnown(name);
      if (!path) return std::unexpected(path.error());
      paths.push_back(*std::move(path));
    }
    return paths;
  }

 private:
  IndexPages& pages_;
  DescriptorPool& pool_;
  IndexView view_;
  std::optional<store::VolumePage> page_;
  std::unordered_map<store::DescriptorId, DescriptorPool::Number> numbers_;
};

// The order of an object's names means nothing.
bool SameNames(std::span<const store::IndexedName> before, std::span<const store::IndexedName> after) {
  if (std::ranges::equal(before, after)) return true;
  return before.size() == after.size() && std::ranges::is_permutation(before, after);
}

class Differ {
 public:
  Differ(IndexPages& before, IndexPages& after, std::size_t limit, const std::function<void(const Difference&)>& take)
      : before_(before, pool_), after_(after, pool_), limit_(limit), take_(take) {}

  Expected<void> ComparePage(std::uint32_t page) {
    if (auto loaded = before_.Load(page); !loaded) return loaded;
    if (auto loaded = after_.Load(page); !loaded) return loaded;
    auto old_at = before_.Entries().begin(), new_at = after_.Entries().begin();
    const auto old_end = before_.Entries().end(), new_end = after_.Entries().end();
    while (old_at != old_end || new_at != new_end) {
      const bool only_old =
          new_at == new_end || (old_at != old_end && old_at->object.Number() < new_at->object.Number());
      const bool only_new = !only_old && (old_at == old_end || new_at->object.Number() < old_at->object.Number());
      const Entry* was = only_new ? nullptr : &*old_at++;
      const Entry* is = only_old ? nullptr : &*new_at++;
      if (auto compared = Compare(was, is); !compared) return compared;
    }
    return {};
  }

  const DiffReport& Report() const { return report_; }

 private:
  Expected<void> Compare(const Entry* was, const Entry* is) {
    if (was != nullptr && is != nullptr && was->object.id == is->object.id) return CompareBoth(*was, *is);
    if (was != nullptr) {
      if (auto told = Tell(DifferenceKind::kRemoved, was, nullptr); !told) return told;
    }
    return is != nullptr ? Tell(DifferenceKind::kAdded, nullptr, is) : Expected<void>();
  }

  Expected<void> CompareBoth(const Entry& was, const Entry& is) {
    const std::uint64_t total = report_.Total();
    const bool names_are_sure = was.object.names_are_sure && is.object.names_are_sure;
    // mkntfs gives $MFT no descriptor, and nobody opens it.
    const bool is_judged = Catalog::IsOfNtfs(is.object.Number()) ||
                           (names_are_sure && was.object.descriptor != 0 && is.object.descriptor != 0);
    report_.not_judged += !is_judged;
    if (names_are_sure && !SameNames(before_.NamesOf(was), after_.NamesOf(is))) {
      if (auto told = Tell(DifferenceKind::kRenamed, &was, &is); !told) return told;
    }
    if (was.object.descriptor != 0 && is.object.descriptor != 0) {
      const auto old_one = before_.Common(was.object.descriptor), new_one = after_.Common(is.object.descriptor);
      if (!old_one) return std::unexpected(old_one.error());
      if (!new_one) return std::unexpected(new_one.error());
      if (*old_one != *new_one) {
        if (auto told = Tell(DifferenceKind::kDescriptor, &was, &is); !told) return told;
      }
    }
    report_.same += is_judged && report_.Total() == total;
    return {};
  }

  Expected<void> Tell(DifferenceKind kind, const Entry* was, const Entry* is) {
    ++report_.counts[static_cast<std::size_t>(kind)];
    if (told_ >= limit_) return {};
    ++told_;
    const Entry& entry = is != nullptr ? *is : *was;
    Difference difference;
    difference.kind = kind;
    difference.id = {entry.object.id};
    difference.is_folder = entry.object.is_folder;
    if (was != nullptr) {
      auto paths = before_.Paths(*was);
      if (!paths) return std::unexpected(paths.error());
      difference.before = *std::move(paths);
      difference.descriptor_before = was->object.descriptor;
    }
    if (is != nullptr) {
      auto paths = after_.Paths(*is);
      if (!paths) return std::unexpected(paths.error());
      difference.after = *std::move(paths);
      difference.descriptor_after = is->object.descriptor;
    }
    take_(difference);
    return {};
  }

  DescriptorPool pool_;
  Side before_, after_;
  std::size_t limit_, told_ = 0;
  const std::function<void(const Difference&)>& take_;
  DiffReport report_;
};

}  // namespace

const char* Name(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::kAdded:
      return "added";
    case DifferenceKind::kRemoved:
      return "removed";
    case DifferenceKind::kRenamed:
      return "renamed";
    case DifferenceKind::kDescriptor:
      return "descriptor";
  }
  return "?";
}

Expected<DiffReport> Diff(IndexPages& before, IndexPages& after, std::size_t limit,
                          const std::function<void(const Difference&)>& take) {
  Differ differ(before, after, limit, take);
  for (std::uint32_t page = 0; page < std::max(before.End(), after.End()); ++page) {
    if (auto compared = differ.ComparePage(page); !compared) return std::unexpected(compared.error());
  }
  return differ.Report();
}

}  // namespace acledger::scanner::ntfs
