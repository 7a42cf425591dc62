// SPDX-License-Identifier: MIT
#include "scanner/writer.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "security/wtf8.h"

namespace acledger::scanner {

Writer::Writer(Volume& volume, const FolderTree& tree, const PathComponents& root, FileId root_id, const Policy* policy)
    : volume_(volume), tree_(tree), root_(root), policy_(policy), opener_(volume, tree, root, root_id) {}

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

std::vector<WorkResult> Writer::Run(const std::vector<Work>& batch) {
  std::vector<WorkResult> results;
  results.reserve(batch.size());
  std::vector<const security::DescriptorBytes*> wanted;
  for (const Work& work : batch) wanted.push_back(work.to);
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  std::vector<security::Bytes> descriptors;
  for (const security::DescriptorBytes* bytes : wanted) descriptors.emplace_back(*bytes);
  if (const Expected<void> prepared = volume_.PrepareDescriptors(descriptors); !prepared) {
    results.assign(batch.size(), {});
    for (WorkResult& result : results) {
      result.right = "WRITE_DAC";
      result.error = prepared.error();
    }
    return results;
  }
  for (const Work& work : batch) results.push_back(Do(work));
  // Folders may be moved by others between batches: do not keep handles on them.
  opener_.Forget();
  return results;
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

WorkResult Writer::Do(const Work& work) {
  WorkResult result;
  const auto fail = [&result](const char* right, const Error& error) {
    result.outcome = error.kind == ErrorKind::kNotFound ? WorkOutcome::kGone : WorkOutcome::kFailed;
    result.right = right;
    result.error = error;
  };
  Expected<std::unique_ptr<Object>> object =
      opener_.Open(work.change.folder, work.change.name, work.change.file_id, Access::kWrite);
  if (!object) {
    fail("WRITE_DAC", object.error());
    return result;
  }
  if (policy_ && !work.change.is_folder) {
    const Expected<ObjectInfo> info = (*object)->Info();
    if (!info) {
      fail("FILE_READ_ATTRIBUTES", info.error());
      return result;
    }
    if (info->link_count > 1) {
      const Expected<std::optional<std::string>> outside = NameOutside(**object);
      if (!outside || *outside) {
        result.outcome = WorkOutcome::kOtherName;
        result.detail = outside ? **outside : outside.error().ToString();
        return result;
      }
    }
  }
  const Expected<Convergence> converged = Converge(**object, *work.from, *work.to, result.current);
  if (!converged) {
    fail("WRITE_DAC", converged.error());
    result.uncertain = converged.error().kind != ErrorKind::kNoEffect;
    return result;
  }
  switch (*converged) {
    case Convergence::kDone:
      result.outcome = WorkOutcome::kDone;
      break;
    case Convergence::kAlready:
      result.outcome = WorkOutcome::kAlready;
      break;
    case Convergence::kMovedOn:
      result.outcome = WorkOutcome::kMovedOn;
      break;
  }
  result.wrote = *converged == Convergence::kDone;
  return result;
}

}  // namespace acledger::scanner
