// SPDX-License-Identifier: MIT
// Makes a part of a grant true again, at a cost that follows what changed.
#include <algorithm>
#include <map>

#include "scanner/opener.h"
#include "scanner/provision.h"
#include "scanner/records.h"
#include "scanner/unlisted.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::ChangeState;
using store::Folder;
using store::FolderId;
using store::GrantState;

namespace {

std::vector<std::string> NamesOf(const PathComponents& path, std::size_t from) {
  std::vector<std::string> names;
  for (std::size_t i = from; i < path.size(); ++i) names.push_back(ToWtf8(path[i]));
  return names;
}

std::shared_ptr<FolderRef> RefOf(const PathComponents& root, const std::vector<Folder>& way) {
  std::shared_ptr<FolderRef> ref;
  for (const Folder& folder : way)
    ref = std::make_shared<FolderRef>(FolderRef{
        ref, folder.parent == 0 ? (root.empty() ? u"" : root.back()) : FromWtf8(folder.self.name).value_or(u""),
        folder.self.file_id, folder.id});
  return ref;
}

// A folder that could not be looked at is found, and then entered, from the one above it.
void LeaveOutUnseen(std::vector<Folder>& way) {
  const auto is_unseen = [](const Folder& folder) { return folder.parent != 0 && IsUnseen(folder.self); };
  way.erase(std::ranges::find_if(way, is_unseen), way.end());
}

}  // namespace

// Empty: only a whole scan can tell.
Expected<std::optional<std::vector<std::shared_ptr<FolderRef>>>> Provision::FoldersFor(
    std::span<const PathComponents> changed) {
  std::map<FolderId, std::shared_ptr<FolderRef>> folders;
  for (const PathComponents& path : changed) {
    const bool holds_root = path.size() < context_.root.size() && IsAtOrBelow(context_.root, path);
    if (!holds_root && !IsAtOrBelow(path, context_.root)) continue;
    const PathComponents& wanted = holds_root ? context_.root : path;
    if (!holds_root && path.size() > context_.root.size() &&
        context_.policy->ExcludedAnywhere(path, true) != Exclusion::kNone)
      continue;
    Expected<std::vector<Folder>> way =
        environment_.ledger.FoldersAlong(context_.grant.id, NamesOf(wanted, context_.root.size()), FoldWtf8);
    if (!way) return std::unexpected(way.error());
    LeaveOutUnseen(*way);
    if (way->empty() || !way->front().self.is_folder) return std::nullopt;
    folders.emplace(way->back().id, RefOf(context_.root, *way));
  }
  std::vector<std::shared_ptr<FolderRef>> refs;
  for (auto& [id, ref] : folders) refs.push_back(std::move(ref));
  return refs;
}

Expected<void> Provision::LoadLive(std::span<const FileId> ids) {
  for (const FileId& id : ids) {
    if (live_.contains(id)) continue;
    const Expected<std::vector<store::Change>> changes = environment_.ledger.LiveChangesOf(id);
    if (!changes) return std::unexpected(changes.error());
    for (const store::Change& change : *changes) {
      if (change.grant != context_.grant.id) continue;
      if (change.state == ChangeState::kIntent) intents_.insert(id);
      if (change.state != ChangeState::kApplied && change.state != ChangeState::kFinal) continue;
      LiveEntry& entry = live_[id];
      if (entry.change < change.id) entry = {change.id, change.original, change.after, change.entry_flags};
    }
  }
  return {};
}

Expected<void> Provision::LoadLiveIn(FolderId folder) {
  std::vector<store::Node> nodes;
  if (Expected<void> loaded = environment_.ledger.Nodes(folder, nodes); !loaded) return loaded;
  std::vector<FileId> ids;
  for (const store::Node& node : nodes) ids.push_back(node.file_id);
  return LoadLive(ids);
}

// The folders from `folder` up to the root become known, as the last plan left them.
Expected<void> Provision::AddWay(FolderId folder) {
  const Expected<std::vector<Folder>> way = environment_.ledger.FoldersTo(folder);
  if (!way) return std::unexpected(way.error());
  std::vector<FileId> ids;
  for (const Folder& one : *way) {
    ids.push_back(one.self.file_id);
    part_.stored.emplace(one.id, one);
  }
  return LoadLive(ids);
}

Expected<void> Provision::Open(FolderId folder) {
  if (!part_.opened.insert(folder).second) return {};
  const Expected<std::vector<Folder>> below = environment_.ledger.FoldersIn(folder);
  if (!below) return std::unexpected(below.error());
  for (const Folder& one : *below) part_.stored.emplace(one.id, one);
  return LoadLiveIn(folder);
}

// Opens folder after folder upwards, until what is below means to the one above what it meant before.
Expected<void> Provision::SurveyPart(std::vector<FolderId> folders) {
  for (const FolderId folder : folders)
    if (Expected<void> added = AddWay(folder); !added) return added;
  while (!folders.empty()) {
    for (const FolderId folder : folders)
      if (Expected<void> opened = Open(folder); !opened) return opened;
    const std::map<FolderId, Folder> sorted(part_.stored.begin(), part_.stored.end());
    context_.tree = {};
    for (const auto& [id, folder] : sorted)
      context_.tree.Add({id, folder.parent, folder.self.name, folder.self.file_id});
    planner_.emplace(environment_.ledger, context_.grant, *context_.policy, context_.root, context_.descriptors,
                     context_.tree, live_);
    if (Expected<void> surveyed = planner_->SurveyPart(part_); !surveyed) return surveyed;
    folders = planner_->ToOpen();
  }
  displaced_ = planner_->Displaced();
  planned_ = planner_->Total().Objects();
  return {};
}

// True where something has changed.
Expected<bool> Provision::MergeAndSurvey(Scan& scan) {
  const Expected<std::vector<FileId>> ids = scan.IdsOfPart();
  if (!ids) return std::unexpected(ids.error());
  if (Expected<void> loaded = LoadLive(*ids); !loaded) return std::unexpected(loaded.error());
  bool changed = false;
  const Expected<void> merged = environment_.ledger.InTransaction([&]() -> Expected<void> {
    const Expected<ScanReport> report = scan.MergePart(live_);
    if (!report) return std::unexpected(report.error());
    changed = report->rows_written > 0;
    report_.unlisted = report->unlisted;
    if (!changed) return {};
    const Expected<std::vector<FolderId>> folders = scan.FoldersOfPart();
    if (!folders) return std::unexpected(folders.error());
    if (Expected<void> surveyed = SurveyPart(*folders); !surveyed) return surveyed;
    if (Expected<void> told = RescanOthers(environment_.ledger, context_.grant); !told) return told;
    return environment_.ledger.SetGrantState(context_.grant.id, GrantState::kApplying);
  });
  if (!merged) return std::unexpected(merged.error());
  return changed;
}

Expected<ProvisionReport> Provision::RunPart(std::span<const PathComponents> changed) {
  if (context_.grant.state != GrantState::kComplete || context_.grant.is_stale) return report_;
  is_part_ = true;
  store::Ledger& ledger = environment_.ledger;
  if (Expected<void> looked = LookAround(); !looked) return std::unexpected(looked.error());
  auto folders = FoldersFor(changed);
  if (!folders) return std::unexpected(folders.error());
  if (!*folders) return report_;
  Scan scan(environment_.volume, ledger, context_.grant, *context_.policy, context_.root, context_.descriptors,
            environment_.progress);
  const Expected<bool> read = scan.ReadPart(std::move(**folders), environment_.stop);
  if (!read) return std::unexpected(read.error());
  if (!*read && !environment_.stop) return report_;
  report_.whole = false;
  if (!*read || environment_.stop) return report_;  // The caller asks again.
  const Expected<bool> differs = MergeAndSurvey(scan);
  if (!differs) return std::unexpected(differs.error());
  report_.complete = !*differs;
  report_.differs = *differs;
  if (!*differs) {
    if (Expected<void> dropped = DropOldFailures(scan); !dropped) return std::unexpected(dropped.error());
    return report_;
  }
  if (Expected<void> applied = ApplyAll(); !applied) return std::unexpected(applied.error());
  if (stopped_) return report_;
  if (Expected<void> stripped = Strip(); !stripped) return std::unexpected(stripped.error());
  if (stopped_) return report_;
  if (planner_->NeedsWhole() || needs_whole_) {
    if (Expected<void> set = ledger.SetGrantState(context_.grant.id, GrantState::kScanning); !set)
      return std::unexpected(set.error());
    report_.whole = true;
    return report_;
  }
  if (Expected<void> dropped = DropOldFailures(scan); !dropped) return std::unexpected(dropped.error());
  if (Expected<void> set = ledger.SetGrantState(context_.grant.id, GrantState::kComplete); !set)
    return std::unexpected(set.error());
  report_.complete = true;
  return report_;
}

// Inside the grant, where it is not left out: its record is not out of place, and whoever lists the folder finds it.
// Also where the volume cannot tell: another whole scan may meet it.
bool Provision::BelongsElsewhere(Object& object) {
  const auto cannot_tell = [this](const Error& error) {
    report_.undecided += MayPass(error.kind);
    return needs_whole_ = true;
  };
  const Expected<std::vector<LinkName>> names = object.Names();
  if (!names) return cannot_tell(names.error());
  for (const LinkName& name : *names) {
    PathComponents path{name.name};
    FileId parent = name.parent;
    bool is_below = true;
    while (is_below && parent != environment_.volume.Info().root) {
      const Expected<std::unique_ptr<Object>> folder = environment_.volume.OpenById(parent, Access::kRead);
      if (!folder) return cannot_tell(folder.error());
      const Expected<std::vector<LinkName>> its = (*folder)->Names();
      if (!its) return cannot_tell(its.error());
      is_below = !its->empty();
      if (!is_below) break;
      path.insert(path.begin(), its->front().name);
      parent = its->front().parent;
    }
    if (is_below && IsAtOrBelow(path, context_.root) &&
        context_.policy->ExcludedAnywhere(path, false) == Exclusion::kNone)
      return true;
  }
  return false;
}

Expected<bool> Provision::IsStillFailed(const store::Failure& failure) {
  const Expected<ParsedPath> path = ParsePath(failure.path);
  if (!path) return true;  // A name that no path can spell.
  const auto found = environment_.ledger.Find(NamesOf(path->components, 0));
  if (!found) return std::unexpected(found.error());
  return std::ranges::any_of(*found, [&](const store::Ledger::Found& one) {
    return one.grant.id == failure.grant && one.node.verdict == store::Verdict::kFailed;
  });
}

// What was looked at and did not fail again; each failure is told once.
Expected<void> Provision::DropOldFailures(const Scan& scan) {
  const std::vector<PathComponents> places = scan.PlacesOfPart();
  const Expected<std::vector<store::Failure>> all = environment_.ledger.Failures();
  if (!all) return std::unexpected(all.error());
  std::map<std::pair<std::string, std::string>, store::Failure> kept;
  std::size_t ours = 0;
  for (const store::Failure& failure : *all) {
    if (failure.grant != context_.grant.id) continue;
    ++ours;
    const Expected<ParsedPath> path = ParsePath(failure.path);
    const bool looked_at = path && !scan.RenewedFailures().contains({failure.path, failure.right}) &&
                           std::ranges::any_of(places, [&](const PathComponents& place) {
                             return IsAtOrBelow(path->components, place) && path->components.size() <= place.size() + 1;
                           });
    const Expected<bool> failed = looked_at ? IsStillFailed(failure) : Expected<bool>(true);
    if (!failed) return std::unexpected(failed.error());
    if (*failed) kept.insert_or_assign({failure.path, failure.right}, failure);
  }
  if (kept.size() == ours) return {};
  return environment_.ledger.InTransaction([&]() -> Expected<void> {
    if (Expected<void> cleared = environment_.ledger.ClearFailures(context_.grant.id); !cleared) return cleared;
    for (const auto& [key, failure] : kept)
      if (Expected<void> added = environment_.ledger.AddFailure(failure); !added) return added;
    return {};
  });
}

}  // namespace acledger::scanner
