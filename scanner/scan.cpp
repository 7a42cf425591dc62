// SPDX-License-Identifier: MIT
#include "scanner/scan.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "scanner/handover.h"
#include "scanner/opener.h"
#include "scanner/unlisted.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

using store::ChangeState;
using store::Node;
using store::Reason;
using store::Verdict;

// Names a transaction: enough that its cost disappears, few enough that a kill costs little.
constexpr std::size_t kNamesACommit = 8192;

constexpr std::uint8_t kInherited = security::kInherited;
constexpr std::uint8_t kInheritedFolder = kInherited | security::kObjectInherit | security::kContainerInherit;

Reason ReasonFor(Exclusion exclusion) {
  switch (exclusion) {
    case Exclusion::kNone:
      return Reason::kNone;
    case Exclusion::kSensitive:
      return Reason::kSensitive;
    case Exclusion::kExcluded:
      return Reason::kExcluded;
    case Exclusion::kNotAllowed:
      return Reason::kNotAllowed;
  }
  return Reason::kNone;
}

// Nothing new: what the planner said of the object holds. (Why a scan alone skips a name, it finds out each time.)
bool KeepsVerdict(const Node& known, const Node& node) {
  if (known.file_id != node.file_id || known.descriptor != node.descriptor || known.has_links != node.has_links ||
      known.is_folder != node.is_folder)
    return false;
  if (known.verdict == Verdict::kSkipped) return known.reason == Reason::kExpanded || known.reason == Reason::kHardLink;
  return known.verdict != Verdict::kUnknown;
}

bool IsOpenEnd(const Node& node) {
  return node.verdict == Verdict::kPending || (node.verdict == Verdict::kFailed && node.descriptor != 0);
}

const Node* FindKnown(const std::vector<Node>& sorted, const std::string& name, const FileId& id) {
  const auto at = std::ranges::lower_bound(sorted, std::tie(name, id), {},
                                           [](const Node& node) { return std::tie(node.name, node.file_id); });
  return at != sorted.end() && at->name == name && at->file_id == id ? &*at : nullptr;
}

}  // namespace

Expected<LiveEntries> LoadLiveEntries(store::Ledger& ledger, store::GrantId grant,
                                      std::unordered_set<FileId>* intents) {
  LiveEntries live;
  const ChangeState states[] = {ChangeState::kApplied, ChangeState::kFinal, ChangeState::kIntent};
  const Expected<std::vector<store::Change>> changes = ledger.Changes(grant, states);
  if (!changes) return std::unexpected(changes.error());
  for (const store::Change& change : *changes) {
    if (change.state == ChangeState::kIntent) {
      if (intents) intents->insert(change.file_id);
      continue;
    }
    LiveEntry& entry = live[change.file_id];
    if (entry.change < change.id) entry = {change.id, change.original, change.after, change.entry_flags};
  }
  return live;
}

bool IsRootReplaced(Volume& volume, const store::Grant& grant, const PathComponents& root) {
  const Expected<std::unique_ptr<Object>> object = OpenPath(volume, root, Access::kRead);
  if (!object) return false;
  const Expected<ObjectInfo> info = (*object)->Info();
  return info && info->id != grant.root_id;
}

Scan::Scan(Volume& volume, store::Ledger& ledger, const store::Grant& grant, const Policy& policy,
           const PathComponents& root, DescriptorTable& descriptors, Progress& progress)
    : volume_(volume),
      ledger_(ledger),
      grant_(grant),
      policy_(policy),
      root_(root),
      requester_(grant.requester),
      descriptors_(descriptors),
      progress_(progress) {}

Expected<void> Scan::AddFailure(const PathComponents& path, const char* right, const Error& error) {
  ++report_.failures;
  if (is_part_) {
    const auto [at, is_new] = renewed_.emplace(FormatPath(path), right);
    if (!is_new || told_.contains(*at)) return {};
  }
  return ledger_.AddFailure({grant_.id, FormatPath(path), right, grant_.principal, error});
}

// The first verdict, from the descriptor alone; `node.descriptor` is set.
Expected<void> Scan::SetVerdict(Node& node) {
  node.reason = Reason::kNone;
  if (const auto live = live_->find(node.file_id); live != live_->end()) {
    if (live->second.after == node.descriptor) {
      node.verdict = Verdict::kCovered;
      return {};
    }
    const Expected<bool> ours = descriptors_.Has(node.descriptor, live->second.flags);
    if (!ours) return std::unexpected(ours.error());
    node.verdict = Verdict::kDrifted;
    node.reason = *ours ? Reason::kEdited : Reason::kEntryLost;
    return {};
  }
  const Expected<Facts> facts = descriptors_.FactsOf(node.descriptor);
  if (!facts) return std::unexpected(facts.error());
  const Expected<bool> inherited = descriptors_.Has(node.descriptor, node.is_folder ? kInheritedFolder : kInherited);
  if (!inherited) return std::unexpected(inherited.error());
  // Perhaps readable through us alone: the planner knows what the folder above passes on.
  node.verdict = facts->readable && !*inherited ? Verdict::kReadable : Verdict::kPending;
  return {};
}

Expected<bool> Scan::IsAdoptable(const Node& node) {
  if (!grant_.principal_is_ours || node.descriptor == 0 || live_->contains(node.file_id)) return false;
  const Expected<std::vector<store::Change>> live = ledger_.LiveChangesOf(node.file_id);
  if (!live) return std::unexpected(live.error());
  // Else it is another grant's.
  return std::ranges::none_of(*live, [this](const store::Change& one) { return same_layer_.contains(one.grant); });
}

Expected<void> Scan::Adopt(store::FolderId folder, const Node& node) {
  if (!grant_.principal_is_ours || node.descriptor == 0) return {};
  const Expected<std::optional<std::uint8_t>> flags = descriptors_.ShapeOfOurs(node.descriptor);
  if (!flags) return std::unexpected(flags.error());
  if (!*flags) return {};
  const Expected<bool> adoptable = IsAdoptable(node);
  if (!adoptable) return std::unexpected(adoptable.error());
  if (!*adoptable) return {};
  const Expected<store::DescriptorId> bare = descriptors_.Without(node.descriptor, **flags);
  if (!bare) return std::unexpected(bare.error());
  store::Change change;
  change.grant = grant_.id;
  change.folder = folder;
  change.name = node.name;
  change.file_id = node.file_id;
  change.is_folder = node.is_folder;
  change.entry_flags = **flags;
  change.original = change.before = *bare;
  change.after = node.descriptor;
  if (Expected<void> kept = ledger_.RecordIntents({&change, 1}); !kept) return kept;
  const store::ChangeResult result{change.id, ChangeState::kApplied};
  live_->emplace(node.file_id, LiveEntry{change.id, change.original, change.after, change.entry_flags});
  return ledger_.RecordResults({&result, 1});
}

Expected<Node> Scan::ToNode(const ScannedName& scanned, const FolderRef& folder, const Node* known) {
  Node node;
  node.name = ToWtf8(scanned.name);
  node.file_id = scanned.info.id;
  node.is_folder = scanned.info.IsFolder();
  node.has_links = !node.is_folder && scanned.info.link_count > 1;
  if (scanned.descriptor != DescriptorPool::kNone) {
    const Expected<store::DescriptorId> id = descriptors_.FromPool(pool_, scanned.descriptor);
    if (!id) return std::unexpected(id.error());
    node.descriptor = *id;
  }
  if (Expected<void> adopted = Adopt(folder.number, node); !adopted) return std::unexpected(adopted.error());
  node.verdict = Verdict::kSkipped;
  if (scanned.exclusion != Exclusion::kNone) {
    node.reason = ReasonFor(scanned.exclusion);
  } else if (scanned.info.IsReparsePoint()) {
    node.reason = Reason::kReparsePoint;
  } else if (scanned.info.attributes & kAttributeRecallOnOpen) {
    node.reason = Reason::kRecall;
  } else if (scanned.error) {
    node.verdict = Verdict::kFailed;
    PathComponents path = folder.Components(root_);
    path.push_back(scanned.name);
    if (Expected<void> added = AddFailure(path, scanned.right, *scanned.error); !added)
      return std::unexpected(added.error());
  } else if (scanned.hidden) {
    node.verdict = Verdict::kDenied;
    node.reason = Reason::kNotRequesters;
  } else if (known && KeepsVerdict(*known, node)) {
    node.verdict = known->verdict;
    node.reason = known->reason;
  } else if (Expected<void> set = SetVerdict(node); !set) {
    return std::unexpected(set.error());
  }
  report_.open_ends += IsOpenEnd(node);
  return node;
}

// A left-out object that carries an entry of ours, by its shape: the planner finds out.
Expected<void> Scan::NoteStray(const Node& node) {
  if (node.descriptor == 0 || live_->empty()) return {};
  const Expected<std::optional<std::uint8_t>> stray = descriptors_.ShapeOfOurs(node.descriptor);
  if (!stray) return std::unexpected(stray.error());
  report_.open_ends += stray->has_value();
  return {};
}

// What is in a folder that is not entered any more leaves the index, unless it only could not be opened.
Expected<void> Scan::DropLeftFolders(store::FolderId folder, const ScannedFolder& scanned,
                                     std::span<const Node> known) {
  std::unordered_set<FileId> left;
  for (const ScannedName& name : scanned.names)
    if (!name.entered && !name.IsUnopened() && known_.HasFolder(name.info.id)) left.insert(name.info.id);
  if (left.empty()) return {};
  std::vector<Node> kept;
  for (const Node& node : known)
    if (!node.is_folder || !left.contains(node.file_id)) kept.push_back(node);
  const Expected<std::uint64_t> dropped = ledger_.ReplaceNodes(folder, kept);
  return dropped ? Expected<void>{} : std::unexpected(dropped.error());
}

// The folder gets its number. The rows that the index has of it, sorted.
Expected<std::vector<Node>> Scan::EnterIndex(FolderRef& ref) {
  if (ref.parent) {
    Node self;
    self.name = ToWtf8(ref.name);
    self.file_id = ref.id;
    self.is_folder = true;
    const Expected<store::FolderId> id = ledger_.AddFolder(grant_.id, ref.parent->number, self);
    if (!id) return std::unexpected(id.error());
    ref.number = *id;
  }
  if (is_part_)
    if (Expected<void> noted = NoteFoldersIn(ref.number); !noted) return std::unexpected(noted.error());
  std::vector<Node> known;
  if (!is_part_ && !known_.Contains(ref.number)) return known;
  if (Expected<void> loaded = ledger_.Nodes(ref.number, known); !loaded) return std::unexpected(loaded.error());
  std::ranges::sort(known, {}, [](const Node& node) { return std::tie(node.name, node.file_id); });
  return known;
}

void Scan::Meet(const FileId& id) {
  if (const auto live = live_->find(id); live != live_->end()) live->second.met = true;
}

Expected<void> Scan::Merge(ScannedFolder& scanned) {
  FolderRef& ref = *scanned.ref;
  const Expected<std::vector<Node>> known = EnterIndex(ref);
  if (!known) return std::unexpected(known.error());
  const Expected<std::vector<Node>> told = handed_.Nodes(ledger_, ref.id);
  if (!told) return std::unexpected(told.error());

  std::vector<Node> nodes;
  std::vector<store::FrontierFolder> frontier;
  std::set<std::string> lost;  // Folders in it that nobody could look at.
  for (const ScannedName& name : scanned.names) {
    const std::string text = ToWtf8(name.name);
    const Node* before = FindKnown(*known, text, name.info.id);
    if (!before) before = FindKnown(*told, text, name.info.id);
    if (!before) before = handed_.Root(name.info.id);
    Expected<Node> node = ToNode(name, ref, before);
    if (!node) return std::unexpected(node.error());
    Meet(node->file_id);
    if (name.exclusion != Exclusion::kNone)
      if (Expected<void> noted = NoteStray(*node); !noted) return noted;
    if (name.entered) frontier.push_back({grant_.id, ref.number, node->name, node->file_id});
    if (name.IsUnopened() && !IsForgotten(before)) lost.insert(text);
    report_.unlisted += name.IsUnopened() && MayPass(name.error->kind);
    nodes.push_back(std::move(*node));
  }
  if (scanned.list_error)
    if (Expected<void> kept = KeepUnreached(scanned, *known, nodes, lost); !kept) return kept;
  for (const Node& node : nodes) ++total_[node.verdict];
  if (Expected<void> dropped = DropLeftFolders(ref.number, scanned, *known); !dropped) return dropped;
  const Expected<std::uint64_t> written = ledger_.ReplaceNodes(ref.number, nodes);
  if (!written) return std::unexpected(written.error());
  report_.rows_written += *written;
  report_.objects += nodes.size();
  if (Expected<void> forgotten = ForgetBelow(ref.number, lost); !forgotten) return forgotten;
  if (is_part_) return {};
  if (Expected<void> added = ledger_.AddFrontier(frontier); !added) return added;
  return ledger_.RemoveFrontier({grant_.id, ref.parent ? ref.parent->number : 0, ToWtf8(ref.name), ref.id});
}

// From the first difference on the grant has to be planned again.
Expected<void> Scan::Mark() {
  if (std::exchange(marked_, true)) return {};
  return ledger_.SetGrantState(grant_.id, store::GrantState::kScanning);
}

Expected<void> Scan::Commit(std::vector<ScannedFolder>& folders) {
  const Expected<void> committed = ledger_.InTransaction([&]() -> Expected<void> {
    for (ScannedFolder& folder : folders)
      if (Expected<void> merged = Merge(folder); !merged) return merged;
    if (report_.rows_written > 0)
      if (Expected<void> marked = Mark(); !marked) return marked;
    // Until the plan has made the roll-ups, the root's row says how far the scan is.
    return marked_ ? ledger_.SetCounts(root_folder_, total_) : Expected<void>{};
  });
  folders.clear();
  if (!committed) return committed;
  progress_.Report({Phase::kScanning, grant_.root, report_.objects, 0, 0, report_.failures});
  return {};
}

// What was checked of the root when the grant was asked for.
Expected<void> Scan::CheckRoot(const ObjectInfo& info, security::Bytes descriptor) const {
  const auto refuse = [this](ErrorKind kind, const char* reason) {
    return std::unexpected(Error{kind, "scan", grant_.root, 0, reason});
  };
  if (info.IsReparsePoint() && !IsTransparentTag(info.reparse_tag))
    return refuse(ErrorKind::kUnsupported, "a reparse point is never followed");
  if (info.id != grant_.root_id && !requester_.MayWrite(descriptor))
    return refuse(ErrorKind::kDenied, "another object is there now, which who asked for the grant may not change");
  return {};
}

Expected<void> Scan::RenewRoot(const FileId& id) {
  store::Grant renewed = grant_;
  renewed.root_id = id;
  renewed.state = store::GrantState::kScanning;
  marked_ = true;
  report_.root = id;
  return ledger_.UpdateGrant(renewed);
}

// What an earlier scan could not look at is tried again from here on; one that is resumed goes on from it.
Expected<void> Scan::RecordRoot(Node& self) {
  if (Expected<void> cleared = ledger_.ClearFailures(grant_.id); !cleared) return cleared;
  if (self.file_id != grant_.root_id)
    if (Expected<void> renewed = RenewRoot(self.file_id); !renewed) return renewed;
  const Expected<std::vector<store::Folder>> folders = ledger_.Folders(grant_.id);
  if (!folders) return std::unexpected(folders.error());
  if (Expected<void> adopted = Adopt(0, self); !adopted) return adopted;
  Meet(self.file_id);
  if (!folders->empty() && KeepsVerdict(folders->front().self, self)) {
    self.verdict = folders->front().self.verdict;
    self.reason = folders->front().self.reason;
  } else {
    if (Expected<void> set = SetVerdict(self); !set) return set;
    ++report_.rows_written;
    if (Expected<void> marked = Mark(); !marked) return marked;
  }
  report_.open_ends += IsOpenEnd(self);
  const Expected<store::FolderId> id = ledger_.AddFolder(grant_.id, 0, self);
  if (!id) return std::unexpected(id.error());
  root_folder_ = *id;
  if (Expected<void> updated = ledger_.UpdateRoot(root_folder_, self); !updated) return updated;
  if (!self.is_folder) return {};
  const store::FrontierFolder root{grant_.id, 0, self.name, self.file_id};
  return ledger_.AddFrontier({&root, 1});
}

Expected<std::vector<FolderTask>> Scan::StartAtRoot() {
  Expected<std::unique_ptr<Object>> object = OpenPath(volume_, root_, Access::kRead);
  if (!object) return std::unexpected(object.error());
  const Expected<ObjectInfo> info = (*object)->Info();
  if (!info) return std::unexpected(Error(info.error()).At(grant_.root));
  security::DescriptorBytes bytes;
  if (Expected<void> read = (*object)->ReadDescriptor(bytes); !read)
    return std::unexpected(Error(read.error()).At(grant_.root));
  if (Expected<void> fits = CheckRoot(*info, bytes); !fits) return std::unexpected(fits.error());
  Node self;
  self.name = root_.empty() ? "" : ToWtf8(root_.back());
  self.file_id = info->id;
  self.is_folder = info->IsFolder();
  self.has_links = !self.is_folder && info->link_count > 1;
  const Expected<store::DescriptorId> descriptor = descriptors_.Intern(bytes);
  if (!descriptor) return std::unexpected(descriptor.error());
  self.descriptor = *descriptor;
  ++report_.objects;
  const Expected<void> recorded = ledger_.InTransaction([&] { return RecordRoot(self); });
  if (!recorded) return std::unexpected(recorded.error());
  std::vector<FolderTask> tasks;
  ++total_[self.verdict];
  if (self.is_folder) {
    auto ref =
        std::make_shared<FolderRef>(FolderRef{nullptr, root_.empty() ? u"" : root_.back(), info->id, root_folder_});
    tasks.push_back({std::move(ref), std::move(*object)});
  }
  return tasks;
}

// The frontier of an earlier run, or the root.
Expected<std::vector<FolderTask>> Scan::Start() {
  const Expected<std::vector<store::FrontierFolder>> frontier = ledger_.Frontier(grant_.id);
  if (!frontier) return std::unexpected(frontier.error());
  if (grant_.is_stale || IsRootReplaced(volume_, grant_, root_)) {
    // What was listed before changes were missed, or below another root, tells nothing: from the root again.
    const Expected<void> cleared = ledger_.InTransaction([&]() -> Expected<void> {
      for (const store::FrontierFolder& folder : *frontier)
        if (Expected<void> removed = ledger_.RemoveFrontier(folder); !removed) return removed;
      return {};
    });
    if (!cleared) return std::unexpected(cleared.error());
    return StartAtRoot();
  }
  if (frontier->empty() || frontier->front().parent == 0) return StartAtRoot();
  report_.resumed = true;
  std::unordered_map<store::FolderId, std::shared_ptr<FolderRef>> refs;
  for (const FolderTree::Entry& entry : known_.Entries()) {
    const auto parent = refs.find(entry.parent);
    refs[entry.id] = std::make_shared<FolderRef>(FolderRef{
        parent == refs.end() ? nullptr : parent->second, FromWtf8(entry.name).value_or(u""), entry.file_id, entry.id});
    if (entry.parent == 0) root_folder_ = entry.id;
  }
  std::vector<FolderTask> tasks;
  for (const store::FrontierFolder& folder : *frontier) {
    const auto parent = refs.find(folder.parent);
    if (parent == refs.end()) continue;  // Its parent vanished with its subtree.
    tasks.push_back(
        {std::make_shared<FolderRef>(FolderRef{parent->second, FromWtf8(folder.name).value_or(u""), folder.file_id, 0}),
         nullptr});
  }
  return tasks;
}

Expected<ScanReport> Scan::Run(unsigned readers, LiveEntries& live, const StopFlag& stop) {
  live_ = &live;
  Expected<FolderTree> known = FolderTree::Load(ledger_, grant_);
  if (!known) return std::unexpected(known.error());
  known_ = std::move(*known);
  const Expected<std::vector<store::Grant>> grants = ledger_.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const store::Grant& one : *grants)
    if (IsSameLayer(one, grant_)) same_layer_.insert(one.id);
  Expected<HandedIndex> handed = HandedIndex::Load(ledger_, grant_);
  if (!handed) return std::unexpected(handed.error());
  handed_ = std::move(*handed);
  Expected<std::vector<FolderTask>> start = Start();
  if (!start) return std::unexpected(start.error());

  Walk walk([this] { return FolderReader(volume_, policy_, &requester_, pool_, root_); }, std::move(*start), stop,
            {readers, 64});
  std::vector<ScannedFolder> folders;
  std::size_t names = 0;
  while (std::optional<ScannedFolder> folder = walk.Next()) {
    names += folder->names.size() + 1;
    folders.push_back(std::move(*folder));
    if (names < kNamesACommit) continue;
    names = 0;
    if (Expected<void> committed = Commit(folders); !committed) return std::unexpected(committed.error());
  }
  if (Expected<void> committed = Commit(folders); !committed) return std::unexpected(committed.error());
  report_.complete = !walk.Stopped();
  return report_;
}

}  // namespace acledger::scanner
