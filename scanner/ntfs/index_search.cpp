// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_search.h"

#include <algorithm>
#include <unordered_map>

#include "scanner/ntfs/index_view.h"
#include "security/wtf8.h"

namespace acledger::scanner::ntfs {
namespace {

using store::kNameEnd;

constexpr std::size_t kStatesKept = 1'000'000;  // About 40 bytes each.
constexpr std::size_t kMaxDepth = 32'768;

// How far folders get along a path pattern, each worked out once: asking for all names costs one step a name.
class FolderStates {
 public:
  FolderStates(IndexView& view, const Glob& glob) : view_(view), glob_(glob) {}

  // 0: nothing in there can match, or the way to it is not known.
  Expected<Glob::State> Of(FileReference folder) {
    std::vector<std::pair<FileReference, std::string>> below;
    Glob::State state = 0;
    for (FileReference at = folder; below.size() <= kMaxDepth;) {
      if (const auto known = states_.find(at.raw); known != states_.end()) {
        state = known->second;
        break;
      }
      auto found = view_.FindFolder(at);
      if (!found && found.error().kind != ErrorKind::kNotFound) return std::unexpected(found.error());
      if (!found) break;
      if (at.Number() == kRootRecord) {
        state = glob_.Start();
        break;
      }
      below.emplace_back(at, std::move(found->name));
      at = found->parent;
    }
    if (states_.size() + below.size() > kStatesKept) states_.clear();
    for (std::size_t i = below.size(); i-- > 0;) {
      state = StepTo(state, below[i].second);
      states_.emplace(below[i].first.raw, state);
    }
    return state;
  }

  // The folders of a page that is at hand: few lie in front of the folder that holds them, and to ask for one of those
  // costs a page.
  Expected<void> Note(const store::VolumePage& page) {
    for (const auto& entry : page.Entries()) {
      if (!entry.object.is_folder || entry.names == 0 || entry.object.Number() == kRootRecord) continue;
      const store::IndexedName& name = page.NamesOf(entry).front();
      const auto state = Of({name.parent});
      if (!state) return std::unexpected(state.error());
      if (states_.size() >= kStatesKept) states_.clear();
      states_.emplace(entry.object.id, StepTo(*state, name.text));
    }
    return {};
  }

  Glob::State StepTo(Glob::State state, std::string_view name) const {
    if (state == 0) return 0;
    const auto wide = FromWtf8(name);
    return wide ? glob_.Step(state, *wide) : 0;
  }

 private:
  IndexView& view_;
  const Glob& glob_;
  std::unordered_map<std::uint64_t, Glob::State> states_;
};

class Searcher {
 public:
  Searcher(StoredPages& index, const NamePattern& pattern, const SearchRequest& request,
           const std::function<void(const Hit&)>& take)
      : index_(index),
        pattern_(pattern),
        request_(request),
        take_(take),
        view_(index),
        states_(view_, pattern.Glob()),
        rare_(RarestByte(pattern.Needle())) {}

  // False: the limit is reached.
  Expected<bool> LookAt(std::uint32_t page, std::string_view names) {
    Candidates(names);
    if (found_.empty()) return true;
    const auto decoded = index_.Read(page);
    if (!decoded) return std::unexpected(decoded.error());
    if (!*decoded) return true;
    if (pattern_.IsPath() && pattern_.Needle().empty()) {
      if (auto noted = states_.Note(**decoded); !noted) return std::unexpected(noted.error());
    }
    if (found_.back() >= (*decoded)->Names())
      return Fail(ErrorKind::kCorrupt, "search page " + std::to_string(page), "its names are not the page's");
    for (const std::size_t name : found_) {
      const auto more = LookAt(**decoded, name);
      if (!more || !*more) return more;
    }
    return true;
  }

  bool IsFull() const { return hits_ >= request_.limit; }

 private:
  // Which names of a page match, as far as the name alone can tell: their places among all names.
  void Candidates(std::string_view names) {
    found_.clear();
    const std::string& needle = pattern_.Needle();
    std::size_t place = 0, begin = 0;
    if (needle.empty()) {
      for (std::size_t end = names.find(kNameEnd); end != names.npos; end = names.find(kNameEnd, begin), ++place) {
        if (pattern_.Matches(names.substr(begin, end - begin))) found_.push_back(place);
        begin = end + 1;
      }
      return;
    }
    folded_.resize(names.size());
    FoldAscii(names, folded_.data());
    for (std::size_t at = 0; (at = FindNeedle(folded_, needle, rare_, at)) != names.npos;) {
      place += static_cast<std::size_t>(std::ranges::count(names.substr(begin, at - begin), kNameEnd));
      const std::size_t before = names.substr(0, at).rfind(kNameEnd);
      begin = before == names.npos ? 0 : before + 1;
      const std::size_t end = std::min(names.find(kNameEnd, at), names.size());
      if (pattern_.Matches(names.substr(begin, end - begin))) found_.push_back(place);
      at = end;
    }
  }

  Expected<bool> LookAt(const store::VolumePage& page, std::size_t place) {
    const store::IndexedObject& object = page.OwnerOf(place).object;
    const store::IndexedName& name = page.Name(place);
    if (object.Number() == kRootRecord) return true;
    if (pattern_.IsPath()) {
      const auto state = states_.Of({name.parent});
      if (!state) return std::unexpected(state.error());
      if (!pattern_.Glob().Matches(states_.StepTo(*state, name.text))) return true;
    }
    if (request_.wanted) {
      const auto wanted = request_.wanted(object);
      if (!wanted || !*wanted) return wanted ? Expected<bool>(true) : wanted;
    }
    if (IsFull()) return false;
    auto path = view_.PathOrWhatIsKnown(name);
    if (!path) return std::unexpected(path.error());
    ++hits_;
    take_({*std::move(path), object});
    return true;
  }

  StoredPages& index_;
  const NamePattern& pattern_;
  const SearchRequest& request_;
  const std::function<void(const Hit&)>& take_;
  IndexView view_;
  FolderStates states_;
  std::size_t rare_;
  std::string folded_;
  std::vector<std::size_t> found_;
  std::size_t hits_ = 0;
};

}  // namespace

Expected<bool> Search(StoredPages& index, const NamePattern& pattern, const SearchRequest& request,
                      const std::function<void(const Hit&)>& take) {
  Searcher searcher(index, pattern, request, take);
  bool stopped = false;
  auto searched = index.Store().InTransaction([&] {
    return index.Store().ScanNames([&](std::uint32_t page, std::string_view names) -> Expected<bool> {
      auto more = searcher.LookAt(page, names);
      stopped = more && !*more;
      return more;
    });
  });
  if (!searched) return std::unexpected(searched.error());
  return stopped;
}

}  // namespace acledger::scanner::ntfs
