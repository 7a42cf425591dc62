// SPDX-License-Identifier: MIT
// The sweep of a whole volume by its own tables.
#include <algorithm>
#include <utility>

#include "scanner/opener.h"
#include "scanner/sweep.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using security::DescriptorBytes;
using store::Change;

namespace {

constexpr int kRounds = 16;  // Each as short as what changed in the one before takes to be opened.

// Once more for what somebody had locked for a moment.
template <class Ask>
auto AskPatiently(const Ask& ask) {
  auto answer = ask();
  for (int tries = 1; tries < kTriesWhileBusy && !answer && answer.error().kind == ErrorKind::kBusy; ++tries)
    answer = ask();
  return answer;
}

}  // namespace

// The tables have found it; its own descriptor decides.
Expected<void> Sweep::AskItself(Candidate& candidate) {
  return AskPatiently([&]() -> Expected<void> {
    const Expected<std::unique_ptr<Object>> object = environment_.volume.OpenById(candidate.info.id, Access::kRead);
    if (!object) return std::unexpected(object.error());
    const Expected<ObjectInfo> info = (*object)->Info();
    if (!info) return std::unexpected(info.error());
    candidate.info = *info;
    DescriptorBytes bytes;
    if (Expected<void> read = (*object)->ReadDescriptor(bytes); !read) return read;
    candidate.descriptor = pool_.Intern(bytes);
    return {};
  });
}

// What named the principal when it last told is not forgotten because nobody can ask it now.
Expected<void> Sweep::CannotAsk(Candidate candidate, Word word, const Error& error, std::vector<Candidate>& asked) {
  ++report_.unreadable;
  const PathComponents path = PathOf(candidate);
  candidate.word = word;
  if (candidate.descriptor != DescriptorPool::kNone) asked.push_back(std::move(candidate));
  return AddFailure(path, "READ_CONTROL", error);
}

DescriptorPool::Number Sweep::LastOf(security::Bytes descriptor) {
  return descriptor.empty() ? DescriptorPool::kNone : pool_.Intern(descriptor);
}

// Its number in this sweep's tree, where it is put with all above it.
store::FolderId Sweep::NumberOf(const BulkView::Found& found, std::size_t folder,
                                std::vector<store::FolderId>& numbers) {
  std::vector<std::size_t> missing;
  for (std::size_t at = folder; numbers[at] == 0; at = found.folders[at].parent) missing.push_back(at);
  for (; !missing.empty(); missing.pop_back()) {
    const BulkView::Found::Folder& one = found.folders[missing.back()];
    tree_.Add({++last_folder_, numbers[one.parent], ToWtf8(one.name), one.id});
    numbers[missing.back()] = last_folder_;
  }
  return numbers[folder];
}

Expected<void> Sweep::AskFound(BulkView::Found& found, std::vector<Candidate>& asked) {
  std::vector<store::FolderId> numbers(found.folders.size());
  numbers[0] = last_folder_;  // The start.
  for (BulkView::Found::Name& name : found.names) {
    report_.stopped = report_.stopped || environment_.stop;
    if (report_.stopped) break;
    Candidate candidate{NumberOf(found, name.folder, numbers),
                        std::move(name.name),
                        {},
                        found.folders[name.folder].id,
                        LastOf(name.descriptor)};
    candidate.info.id = name.id;
    if (const Expected<void> told = AskItself(candidate)) {
      if (NamesPrincipal(candidate.descriptor)) asked.push_back(std::move(candidate));
    } else if (told.error().kind != ErrorKind::kNotFound) {
      if (Expected<void> added = CannotAsk(std::move(candidate), Word::kLast, told.error(), asked); !added)
        return added;
    }
  }
  return {};
}

// One that changed: where it is is not known. `last`: what it held before, if that named the principal; or kNone.
Expected<void> Sweep::AskById(const FileId& id, DescriptorPool::Number last, std::vector<Candidate>& asked) {
  Candidate candidate{1, u"(id " + FromWtf8(id.ToString()).value_or(u"") + u")", {}, start_id_, last};
  candidate.info.id = id;
  if (const Expected<void> told = AskItself(candidate); !told) {
    if (told.error().kind == ErrorKind::kNotFound) return {};
    return CannotAsk(std::move(candidate), Word::kUnplaced, told.error(), asked);
  }
  if (!NamesPrincipal(candidate.descriptor)) return {};
  const auto steps = AskPatiently([&] { return StepsTo(environment_.volume, id); });
  if (!steps) return CannotAsk(std::move(candidate), Word::kUnplaced, steps.error(), asked);
  if (!*steps) return {};  // Gone.
  candidate.folder = 1;
  for (const PathStep& step : **steps) {
    candidate.name = step.name;
    if (step.id == id) break;
    tree_.Add({++last_folder_, candidate.folder, ToWtf8(step.name), step.id});
    candidate.folder = last_folder_;
    candidate.parent = step.id;
  }
  if (id == start_id_) candidate = {0, {}, candidate.info, {}, candidate.descriptor};
  asked.push_back(std::move(candidate));
  return {};
}

// Whatever changes while objects are asked is asked again: so at the end there was a moment at which all answers held.
// False: there was none.
Expected<bool> Sweep::AskUntilQuiet(BulkView& view, const BulkView::Found& found, std::vector<Candidate>& asked) {
  // And what they held before. The start was opened before anybody followed the changes.
  std::unordered_map<FileId, DescriptorPool::Number> pending{{start_id_, DescriptorPool::kNone}};
  for (const BulkView::Found::Unplaced& one : found.unplaced) pending.emplace(one.id, LastOf(one.descriptor));
  for (int round = 0; round < kRounds; ++round) {
    report_.stopped = report_.stopped || environment_.stop;
    if (report_.stopped) return false;
    const Expected<std::vector<FileId>> changed = view.Changed();
    if (!changed) return false;  // The view tells why.
    for (const FileId& id : *changed) pending.emplace(id, DescriptorPool::kNone);
    if (pending.empty()) return true;
    std::erase_if(asked, [&](const Candidate& one) {
      const auto again = pending.find(one.info.id);
      if (again != pending.end()) again->second = one.descriptor;
      return again != pending.end();
    });
    for (const auto& [id, last] : pending)
      if (Expected<void> told = AskById(id, last, asked); !told) return std::unexpected(told.error());
    pending.clear();
  }
  environment_.progress.Note("the volume did not get quiet: all of it is looked at");
  return false;
}

Expected<void> Sweep::JudgeOne(const Candidate& candidate, std::vector<Change>& strips) {
  if (candidate.word == Word::kOwn) return LookAt(candidate, strips);
  std::vector<Change> undone;
  if (candidate.word == Word::kLast) {
    if (Expected<void> looked = LookAt(candidate, undone); !looked) return looked;
    if (undone.empty()) return {};
  } else {
    still_passing_on_.insert(candidate.info.id);  // For all that anybody knows.
  }
  Remains(candidate);
  return {};
}

// A folder before what lies in it, whichever was asked first: what it passes on decides about them.
Expected<void> Sweep::Judge(const std::vector<Candidate>& asked, std::vector<Change>& strips) {
  std::unordered_map<FileId, std::size_t> places;
  for (std::size_t i = 0; i < asked.size(); ++i) places.emplace(asked[i].info.id, i);
  std::vector<bool> is_taken(asked.size());
  std::vector<std::size_t> upwards;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    for (std::size_t at = i; !is_taken[at];) {
      is_taken[at] = true;
      upwards.push_back(at);
      if (const auto parent = places.find(asked[at].parent); parent != places.end()) at = parent->second;
    }
    for (; !upwards.empty(); upwards.pop_back())
      if (Expected<void> judged = JudgeOne(asked[upwards.back()], strips); !judged) return judged;
  }
  return {};
}

// False: only a walk can tell.
Expected<bool> Sweep::LookByTables(const Candidate& start, std::vector<Change>& strips) {
  if (mode_ != Mode::kRollback || !start_.empty()) return false;
  BulkReading reading(environment_, true);
  if (reading.View() == nullptr) return false;
  std::optional<BulkView::Found> found =
      reading.View()->Find([this](security::Bytes descriptor) { return NamesPrincipal(pool_.Intern(descriptor)); });
  if (!found) {
    report_.stopped = report_.stopped || reading.View()->Report().stopped;
    return report_.stopped;
  }
  const SweepReport before = report_;
  report_.objects += found->total;
  ReportProgress();
  std::vector<Candidate> asked;
  if (NamesPrincipal(start.descriptor)) asked.push_back(start);
  if (Expected<void> told = AskFound(*found, asked); !told) return std::unexpected(told.error());
  const Expected<bool> quiet = AskUntilQuiet(*reading.View(), *found, asked);
  if (!quiet) return std::unexpected(quiet.error());
  if (report_.stopped) return true;  // Without a folder that was still to be asked, nothing in it can be judged.
  if (!*quiet) {
    report_ = before;
    return false;
  }
  if (Expected<void> judged = Judge(asked, strips); !judged) return std::unexpected(judged.error());
  return true;
}

}  // namespace acledger::scanner
