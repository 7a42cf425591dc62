// SPDX-License-Identifier: MIT
// The plan of a part of a grant: the folders that were looked at again. Of the others it knows what the last complete
// plan had found out, and whether that still holds.
#include "scanner/planner.h"

namespace acledger::scanner {

namespace {

constexpr std::uint8_t kInheritable = security::kObjectInherit | security::kContainerInherit;
constexpr std::uint8_t kTold = store::kPlanned | store::kPlanNeeds | store::kPlanBlocked;  // To the folder above.
constexpr std::uint8_t kPassedDown = store::kPlanCarries | store::kPlanBelowRefused;       // To what is below.

}  // namespace

void Planner::TakeBefore(std::size_t position, const Part& part) {
  FolderPlan& folder = folders_[position];
  const store::FolderId id = tree_.Entries()[position].id;
  folder.is_open = part.opened.contains(id);
  const auto before = part.stored.find(id);
  const std::uint8_t plan = before == part.stored.end() ? std::uint8_t{0} : before->second.plan;
  if ((plan & store::kPlanned) == 0) {  // New: or from a ledger that did not keep this.
    needs_whole_ |= !folder.is_open || position == 0;
    return;
  }
  folder.before = &before->second;
  folder.after = before->second.self.descriptor;
  folder.stored_plan = plan;
  folder.carries = (plan & store::kPlanCarries) != 0;
  folder.below_protected = (plan & store::kPlanBelowRefused) != 0;
  if (folder.is_open) return;
  folder.needs = (plan & store::kPlanNeeds) != 0;
  folder.blocked |= (plan & store::kPlanBlocked) != 0;
  folder.counts = before->second.counts;
}

Expected<void> Planner::SurveySelf(std::size_t position) {
  FolderPlan& folder = folders_[position];
  if (!folder.before) {
    needs_whole_ = true;
    return {};
  }
  const store::Node& self = folder.before->self;
  if (position == 0) root_node_ = self;
  met_.insert(self.file_id);
  if (folder.is_open) ++folder.counts[self.verdict];
  const Expected<Standing> standing = StandingOf(self, position == 0 ? nullptr : &folders_[folder.parent]);
  if (!standing) return std::unexpected(standing.error());
  const Facts& facts = standing->facts;
  folder.is_protected = facts.is_protected;
  folder.cuts = facts.is_protected || facts.null_dacl || facts.denied || !facts.valid;
  folder.needs |= !DecideByFacts(facts, false, position == 0);
  folder.inherits_ours = standing->holds_ours && (standing->OurFlags(true) & kInheritable) == kInheritable;
  return {};
}

Expected<void> Planner::SurveyPart(const Part& part) {
  is_part_ = true;
  Prepare();
  for (std::size_t i = 0; i < folders_.size(); ++i) TakeBefore(i, part);
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    const FolderPlan& folder = folders_[i];
    if (i == 0 || !folders_[folder.parent].is_open)
      if (Expected<void> surveyed = SurveySelf(i); !surveyed) return surveyed;
    if (!folder.is_open) continue;
    if (Expected<void> surveyed = SurveyFolder(i); !surveyed) return surveyed;
  }
  nodes_.clear();
  RollUpPart();
  FolderPlan& root = folders_.front();
  // The root is decided again only where what is below it means something else to it now.
  root_planned_ = !root.is_open || (root.Bits() & kTold) == (root.stored_plan & kTold);
  return {};
}

void Planner::RollUpPart() {
  for (std::size_t i = folders_.size(); i-- > 0;) {
    FolderPlan& folder = folders_[i];
    folder.dirty = !folder.before || folder.counts != folder.before->counts || folder.Bits() != folder.stored_plan;
    if (i == 0) break;
    FolderPlan& parent = folders_[folder.parent];
    if (parent.is_open) {
      parent.counts += folder.counts;
      parent.needs |= folder.needs && !folder.cuts;
      parent.blocked |= folder.blocked && !folder.is_protected;
    } else if (folder.before) {
      for (std::size_t verdict = 0; verdict < store::kVerdicts; ++verdict)
        parent.counts.by_verdict[verdict] +=
            folder.counts.by_verdict[verdict] - folder.before->counts.by_verdict[verdict];
    }
  }
}

std::vector<store::FolderId> Planner::ToOpen() const {
  std::vector<store::FolderId> open;
  for (std::size_t i = 1; i < folders_.size(); ++i) {
    const FolderPlan& folder = folders_[i];
    if (folder.is_open && !folders_[folder.parent].is_open && (folder.Bits() & kTold) != (folder.stored_plan & kTold))
      open.push_back(tree_.Entries()[folder.parent].id);
  }
  return open;
}

void Planner::NoteBits(FolderPlan& folder) {
  if (folder.Bits() != folder.stored_plan) folder.dirty = true;
  if (is_part_ && !folder.is_open && (folder.Bits() & kPassedDown) != (folder.before->plan & kPassedDown))
    needs_whole_ = true;
}

}  // namespace acledger::scanner
