// SPDX-License-Identifier: MIT
#include "scanner/adoption.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "scanner/known_object.h"
#include "scanner/lost_change.h"
#include "scanner/records.h"
#include "store/carried.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;
using store::GrantState;

namespace {

using store::kByPath;

// How far it is, in the setting store::kAdoption; before: kSameVolume, kOtherVolume; in between kByPath too.
constexpr char kById[] = "by id";
constexpr char kDone[] = "done";

constexpr std::size_t kSample = 64;

// By id what was taken back, or is missing, goes on as it is; by path each id has to be found anew.
constexpr ChangeState kHeld[] = {ChangeState::kIntent, ChangeState::kApplied, ChangeState::kFinal};
constexpr ChangeState kAll[] = {ChangeState::kIntent,    ChangeState::kApplied,  ChangeState::kFinal,
                                ChangeState::kReverting, ChangeState::kReverted, ChangeState::kMissing,
                                ChangeState::kDismissed};

bool IsHeld(ChangeState state) { return std::ranges::find(kHeld, state) != std::end(kHeld); }

// The changes of one grant.
class GrantAdopter {
 public:
  GrantAdopter(Environment& environment, GrantContext& context, const ObjectFinder::Paths& paths, bool by_path,
               AdoptionReport& report)
      : environment_(environment),
        context_(context),
        by_path_(by_path),
        report_(report),
        finder_(environment.volume, context, paths) {}

  Expected<void> Run(std::vector<Change> changes) {
    total_ = changes.size();
    if (by_path_) {
      // Of two that tell of the same place the newer one knows the object that is there now.
      std::ranges::sort(changes, std::greater{}, &Change::id);
      return RunAll(changes, &GrantAdopter::TakeByPlace);
    }
    if (Expected<void> done = RunAll(changes, &GrantAdopter::TakeById); !done) return done;
    std::vector<Change> left = std::exchange(unresolved_, {});
    return RunAll(left, &GrantAdopter::TakeElsewhere);
  }

 private:
  Expected<void> RunAll(std::span<Change> changes, Expected<void> (GrantAdopter::*take)(Change&)) {
    while (!changes.empty()) {
      if (environment_.stop)
        return Fail(ErrorKind::kBusy, "adopt the ledger that the volume carries", "stopped; the next run begins again");
      const auto batch = changes.first(std::min(changes.size(), environment_.batch));
      changes = changes.subspan(batch.size());
      const Expected<void> done = environment_.ledger.InTransaction([&]() -> Expected<void> {
        results_.clear();
        for (Change& change : batch)
          if (Expected<void> one = (this->*take)(change); !one) return one;
        return environment_.ledger.RecordResults(results_);
      });
      if (!done) return done;
      environment_.progress.Report({Phase::kSettling, context_.grant.root, total_ - changes.size(), total_});
    }
    return {};
  }

  Expected<void> TakeByPlace(Change& change) {
    if (IsLost(change)) return {};  // By a run that was stopped; the start looks for it next.
    const Expected<SeenObject> seen = finder_.AtPlace(change);
    if (!seen) return std::unexpected(seen.error());
    if (seen->answer == SeenObject::kOurs && !bound_.contains(seen->id)) return Bind(change, *seen);
    if (seen->answer == SeenObject::kUnknown) return Lose(change, *seen->error);
    return GiveUp(change);
  }

  Expected<void> TakeById(Change& change) {
    const Expected<SeenObject> seen = finder_.AtPlaceWithId(change);
    if (!seen) return std::unexpected(seen.error());
    if (seen->answer == SeenObject::kOurs) return Bind(change, *seen);
    unresolved_.push_back(std::move(change));
    return {};
  }

  // After all that are where they were: what moved is found by its id; else another object may have its place and its
  // entry. Not while its own cannot be asked: the id stays what it was, whatever became of the object.
  Expected<void> TakeElsewhere(Change& change) {
    for (const auto look : {&ObjectFinder::ById, &ObjectFinder::AtPlace}) {
      const Expected<SeenObject> seen = (finder_.*look)(change);
      if (!seen) return std::unexpected(seen.error());
      if (seen->answer == SeenObject::kUnknown) return Failed(change, *seen->error);
      if (seen->answer == SeenObject::kOurs && !bound_.contains(seen->id)) return Bind(change, *seen);
    }
    ++report_.unlike;
    return {};
  }

  Expected<void> Bind(Change& change, const SeenObject& seen) {
    bound_.insert(seen.id);
    ++(seen.is_same ? report_.confirmed : report_.edited);
    return BindTo(seen, IsHeld(change.state), environment_, context_, change);
  }

  // On another volume nothing but an object with our entry says that the change was ever made there.
  Expected<void> GiveUp(const Change& change) {
    ++report_.given_up;
    results_.push_back({change.id, IsHeld(change.state) ? ChangeState::kAbandoned : ChangeState::kUndone});
    return {};
  }

  // Stays open, to be looked for again: lost_change.h. (One that took an entry away is history: what added it tells of
  // the same object.)
  Expected<void> Lose(Change& change, const Error& error) {
    if (!change.Adds()) return GiveUp(change);
    const std::string path = FormatPath(finder_.PlaceOf(change).value_or(context_.root));
    change.file_id = LostId(change.id);
    if (Expected<void> kept = environment_.ledger.Rebind(change); !kept) return kept;
    if (change.state == ChangeState::kDismissed) return {};
    change.revert_from = change.after;
    change.revert_to = change.original;
    if (Expected<void> kept = environment_.ledger.RecordReverts({&change, 1}); !kept) return kept;
    if (Expected<void> kept = Entomb(environment_.ledger, change, path, "READ_CONTROL", error); !kept) return kept;
    return Failed(change, error);
  }

  Expected<void> Failed(const Change& change, const Error& error) {
    ++report_.failed;
    return environment_.ledger.AddFailure({context_.grant.id,
                                           FormatPath(finder_.PlaceOf(change).value_or(context_.root)), "READ_CONTROL",
                                           context_.grant.principal, error});
  }

  Environment& environment_;
  GrantContext& context_;
  const bool by_path_;
  AdoptionReport& report_;
  ObjectFinder finder_;
  std::unordered_set<FileId> bound_;
  std::vector<Change> unresolved_;
  std::vector<store::ChangeResult> results_;
  std::uint64_t total_ = 0;
};

class Adopter {
 public:
  explicit Adopter(Environment& environment) : environment_(environment) {}

  Expected<AdoptionReport> Run(const std::string& how_far) {
    if (Expected<void> loaded = LoadGrants(); !loaded) return std::unexpected(loaded.error());
    const Expected<bool> by_path = ByPath(how_far);
    if (!by_path) return std::unexpected(by_path.error());
    report_.by_path = *by_path;
    for (const std::unique_ptr<GrantContext>& context : contexts_) {
      Expected<std::vector<Change>> changes = ChangesOf(*context, *by_path);
      if (!changes) return std::unexpected(changes.error());
      GrantAdopter adopter(environment_, *context, paths_, *by_path, report_);
      if (Expected<void> done = adopter.Run(std::move(*changes)); !done) return std::unexpected(done.error());
    }
    const Expected<void> finished = environment_.ledger.InTransaction([&] { return Finish(); });
    if (!finished) return std::unexpected(finished.error());
    return report_;
  }

 private:
  // Rolled-back ones too: what could not be taken back then has a change still.
  Expected<void> LoadGrants() {
    const Expected<std::vector<store::Grant>> grants = environment_.ledger.AllGrants();
    if (!grants) return std::unexpected(grants.error());
    for (const store::Grant& grant : *grants) {
      auto context = GrantContext::Make(environment_.ledger, grant);
      if (!context) return std::unexpected(context.error());
      contexts_.push_back(std::move(*context));
    }
    const ChangeState left[] = {ChangeState::kReverting, ChangeState::kReverted, ChangeState::kMissing,
                                ChangeState::kDismissed};
    const Expected<std::vector<store::Tombstone>> tombstones = environment_.ledger.Tombstones(left);
    if (!tombstones) return std::unexpected(tombstones.error());
    for (const store::Tombstone& one : *tombstones)
      if (Expected<ParsedPath> path = ParsePath(one.path)) paths_.emplace(one.change.id, std::move(path->components));
    return {};
  }

  Expected<std::vector<Change>> ChangesOf(const GrantContext& context, bool by_path) {
    using States = std::span<const ChangeState>;
    return environment_.ledger.Changes(context.grant.id, by_path ? States(kAll) : States(kHeld));
  }

  // Decided once: what was bound since would speak for the ids.
  Expected<bool> ByPath(const std::string& how_far) {
    if (how_far == kById || how_far == kByPath) return how_far == kByPath;
    Expected<bool> by_path = true;
    if (how_far == store::kSameVolume) by_path = IsSampleUnlike();
    if (!by_path) return by_path;
    const Expected<void> kept = environment_.ledger.InTransaction([&]() -> Expected<void> {
      for (const auto& context : contexts_)
        if (*by_path)
          if (Expected<void> right = PutPlacesRight(*context); !right) return right;
      return environment_.ledger.SetSetting(store::kAdoption, *by_path ? kByPath : kById);
    });
    return kept ? by_path : std::unexpected(kept.error());
  }

  // A change tells where its object was when it was made. Where the index has it in another place since, that counts;
  // while the ids still mean the same in both.
  Expected<void> PutPlacesRight(const GrantContext& context) {
    const Expected<std::vector<Change>> changes = ChangesOf(context, true);
    if (!changes) return std::unexpected(changes.error());
    std::unordered_multimap<FileId, const Change*> by_id;
    for (const Change& change : *changes)
      if (change.folder != 0) by_id.emplace(change.file_id, &change);
    std::unordered_map<store::ChangeId, Change> moved;
    std::unordered_set<store::ChangeId> right;
    std::vector<store::Node> nodes;
    for (const FolderTree::Entry& folder : context.tree.Entries()) {
      if (Expected<void> read = environment_.ledger.Nodes(folder.id, nodes); !read) return read;
      for (const store::Node& node : nodes) {
        const auto [first, last] = by_id.equal_range(node.file_id);
        for (auto one = first; one != last; ++one) {
          Change change = *one->second;
          if (change.folder == folder.id && change.name == node.name) right.insert(change.id);
          change.folder = folder.id;
          change.name = node.name;
          if (!right.contains(change.id)) moved.insert_or_assign(change.id, std::move(change));
        }
      }
    }
    for (const auto& [id, change] : moved)
      if (!right.contains(id))
        if (Expected<void> kept = environment_.ledger.Rebind(change); !kept) return kept;
    return {};
  }

  Expected<std::vector<Change>> Written(const GrantContext& context) {
    constexpr ChangeState kWritten[] = {ChangeState::kApplied, ChangeState::kFinal};
    return environment_.ledger.Changes(context.grant.id, kWritten);
  }

  Expected<bool> IsSampleUnlike() {
    std::uint64_t total = 0;
    for (const auto& context : contexts_) {
      const Expected<std::vector<Change>> changes = Written(*context);
      if (!changes) return std::unexpected(changes.error());
      total += changes->size();
    }
    const std::uint64_t step = std::max<std::uint64_t>(1, (total + kSample - 1) / kSample);
    std::uint64_t at = 0;
    for (const auto& context : contexts_) {
      const Expected<std::vector<Change>> changes = Written(*context);
      if (!changes) return std::unexpected(changes.error());
      ObjectFinder finder(environment_.volume, *context, paths_);
      for (const Change& change : *changes) {
        if (at++ % step != 0) continue;
        Expected<SeenObject> seen = finder.AtPlaceWithId(change);
        // A folder above it may have another name by now.
        if (seen && seen->answer == SeenObject::kNotOurs) seen = finder.MovedWithItsName(change);
        if (!seen) return std::unexpected(seen.error());
        if (seen->answer == SeenObject::kUnknown) continue;
        ++report_.sampled;
        report_.agreed += seen->answer == SeenObject::kOurs;
      }
    }
    // A part of the files may well have changed, moved or gone between the making of an image and its first start.
    return report_.agreed * 4 < report_.sampled * 3;
  }

  Expected<void> Finish() {
    for (const auto& context : contexts_)
      if (report_.by_path)
        if (Expected<void> begun = BeginAnew(context->grant, context->root); !begun) return begun;
    return environment_.ledger.SetSetting(store::kAdoption, kDone);
  }

  Expected<void> BeginAnew(store::Grant grant, const PathComponents& root) {
    if (Expected<void> removed = environment_.ledger.RemoveIndex(grant.id); !removed) return removed;
    if (grant.state == GrantState::kRolledBack) return {};
    const bool is_over = grant.state == GrantState::kRollingBack || grant.state == GrantState::kPartOf;
    if (!is_over) grant.state = GrantState::kScanning;
    grant.root_id = LostId(grant.id);  // Where it cannot be opened, the scan tells why.
    if (const auto object = OpenPath(environment_.volume, root, Access::kRead))
      if (const Expected<ObjectInfo> info = (*object)->Info()) grant.root_id = info->id;
    return environment_.ledger.UpdateGrant(grant);
  }

  Environment& environment_;
  std::vector<std::unique_ptr<GrantContext>> contexts_;
  ObjectFinder::Paths paths_;
  AdoptionReport report_;
};

std::string Sentence(const AdoptionReport& report) {
  const auto number = [](std::uint64_t count) { return std::to_string(count); };
  std::string text = "the ledger that the volume carries was adopted " +
                     std::string(report.by_path ? "by path (its file ids are others)" : "(its file ids hold)") + ": " +
                     number(report.confirmed) + " changes are as recorded, " + number(report.edited) +
                     " were edited by others since, ";
  return text + number(report.by_path ? report.given_up : report.unlike) +
         (report.by_path ? " given up (nothing of ours is there), " : " have another object or none, ") +
         number(report.failed) + " could not be asked";
}

}  // namespace

Expected<bool> IsAdoptionPending(store::Ledger& ledger) {
  const Expected<std::string> how_far = ledger.Setting(store::kAdoption);
  if (!how_far) return std::unexpected(how_far.error());
  return !how_far->empty() && *how_far != kDone;
}

Expected<bool> IsAdopted(store::Ledger& ledger) {
  const Expected<std::string> how_far = ledger.Setting(store::kAdoption);
  if (!how_far) return std::unexpected(how_far.error());
  return *how_far == kDone;
}

Expected<AdoptionReport> Adopt(Environment& environment) {
  const Expected<std::string> how_far = environment.ledger.Setting(store::kAdoption);
  if (!how_far) return std::unexpected(how_far.error());
  if (how_far->empty() || *how_far == kDone) return AdoptionReport{};
  Expected<AdoptionReport> report = Adopter(environment).Run(*how_far);
  if (report) environment.progress.Note(Sentence(*report));
  return report;
}

}  // namespace acledger::scanner
