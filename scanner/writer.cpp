// SPDX-License-Identifier: MIT
#include "scanner/writer.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "security/wtf8.h"

namespace acledger::scanner {

Writer::Writer(Volume& volume, const FolderTree& tree, const PathComponents& root, FileId root_id, const Policy* policy,
               const RequesterCheck* requester)
    : volume_(volume),
      tree_(tree),
      root_(root),
      policy_(policy),
      requester_(requester),
      opener_(volume, tree, root, root_id) {}

Writer::~Writer() {
  if (running_.valid()) running_.wait();
  pool_.join();
}

void Writer::Start(const std::vector<Work>& batch, bool own_thread) {
  std::packaged_task<std::vector<WorkResult>()> task([this, &batch] { return Run(batch); });
  running_ = task.get_future();
  if (own_thread)
    asio::post(pool_, std::move(task));
  else
    task();
}

std::vector<WorkResult> Writer::Wait() { return running_.get(); }

// Only a help for the volume: what it cannot take is told by the write itself, for each object.
void Writer::Prepare(const std::vector<Work>& batch) {
  std::vector<const security::DescriptorBytes*> wanted;
  for (const Work& work : batch) wanted.push_back(work.to);
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  std::vector<security::Bytes> descriptors;
  for (const security::DescriptorBytes* bytes : wanted) descriptors.emplace_back(*bytes);
  static_cast<void>(volume_.PrepareDescriptors(descriptors));
}

std::vector<WorkResult> Writer::Run(const std::vector<Work>& batch) {
  Prepare(batch);
  std::vector<WorkResult> results;
  results.reserve(batch.size());
  for (const Work& work : batch) {
    WorkResult result = Do(work);
    if (policy_ && (work.change.entry_flags & security::kContainerInherit)) {
      const bool holds_it = result.outcome == WorkOutcome::kDone || result.outcome == WorkOutcome::kAlready;
      if (holds_it && work.change.Adds())
        not_passing_on_.erase(work.change.file_id);
      else
        not_passing_on_.insert(work.change.file_id);
    }
    results.push_back(std::move(result));
  }
  // Folders may be moved by others between batches: do not keep handles on them.
  opener_.Forget();
  return results;
}

bool Writer::LostItsSource(const store::Change& change) const {
  return policy_ && change.Adds() && (change.entry_flags & security::kInherited) && tree_.Contains(change.folder) &&
         not_passing_on_.contains(tree_.At(change.folder).file_id);
}

Expected<std::optional<std::string>> Writer::NameOutside(Object& object) {
  const Expected<std::vector<LinkName>> names = object.Names();
  if (!names) return std::unexpected(names.error());
  for (const LinkName& link : *names) {
    const FolderTree::Entry* folder = tree_.FindByFileId(link.parent);
    if (!folder) return "folder " + link.parent.ToString() + ", name " + ToWtf8(link.name);
    PathComponents path = tree_.Components(root_, folder->id);
    path.push_back(link.name);
    if (policy_->Excluded(path, false) != Exclusion::kNone) return FormatPath(path);
  }
  return std::nullopt;
}

bool Writer::IsAllOurs(Object& object, WorkResult& result) {
  const Expected<ObjectInfo> info = object.Info();
  if (!info) {
    result.right = "FILE_READ_ATTRIBUTES";
    result.error = info.error();
    return false;
  }
  if (info->link_count <= 1) return true;
  const Expected<std::optional<std::string>> outside = NameOutside(object);
  if (outside && !*outside) return true;
  result.outcome = WorkOutcome::kOtherName;
  result.detail = outside ? **outside : outside.error().ToString();
  return false;
}

void Writer::Write(const Work& work, Object& object, WorkResult& result) {
  // To take an entry of ours away nobody needs a right of his own.
  const RequesterCheck* requester = work.change.Adds() ? requester_ : nullptr;
  const Expected<Convergence> converged =
      Converge(object, *work.from, *work.to, requester, result.current, result.uncertain);
  if (!converged) {
    result.right = "WRITE_DAC";
    result.error = converged.error();
    return;
  }
  switch (*converged) {
    case Convergence::kDone:
      result.outcome = WorkOutcome::kDone;
      break;
    case Convergence::kAlready:
      result.outcome = WorkOutcome::kAlready;
      break;
    case Convergence::kMovedOn:
    case Convergence::kEdited:
      result.outcome = WorkOutcome::kMovedOn;
      break;
    case Convergence::kRefused:
      result.outcome = WorkOutcome::kRefused;
      break;
  }
  result.wrote = *converged == Convergence::kDone || *converged == Convergence::kEdited;
}

void Writer::Look(const Work& work, Object& object, WorkResult& result) {
  if (const Expected<void> read = object.ReadDescriptor(result.current); !read) {
    result.outcome = WorkOutcome::kFailed;
    result.right = "READ_CONTROL";
    result.error = read.error();
  } else if (security::SameSecurity(result.current, *work.to)) {
    result.outcome = WorkOutcome::kAlready;
  }
}

WorkResult Writer::Do(const Work& work) {
  WorkResult result;
  const bool no_source = LostItsSource(work.change);
  const Expected<Opener::Opened> opened = opener_.Open(work.change.folder, work.change.name, work.change.file_id,
                                                       no_source ? Access::kRead : Access::kWrite);
  if (!opened) {
    if (opened.error().kind == ErrorKind::kNotFound) result.outcome = WorkOutcome::kGone;
    result.right = no_source ? "READ_CONTROL" : "WRITE_DAC";
    result.error = opened.error();
    return result;
  }
  Object& object = *opened->object;
  const bool left_its_place = policy_ && opened->moved;
  if (no_source)
    result.outcome = WorkOutcome::kNoSource;
  else if (left_its_place)
    result.outcome = WorkOutcome::kMoved;
  if (!no_source && !left_its_place && (!policy_ || work.change.is_folder || IsAllOurs(object, result)))
    Write(work, object, result);
  else if (!result.error)
    Look(work, object, result);
  return result;
}

}  // namespace acledger::scanner
