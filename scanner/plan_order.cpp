// SPDX-License-Identifier: MIT
#include "scanner/plan_order.h"

#include <utility>

namespace acledger::scanner {

void PlanOrder::Begin(std::vector<std::size_t> parents) {
  parents_ = std::move(parents);
  given_.assign(parents_.size(), false);
  first_.clear();
  next_ = 0;
}

void PlanOrder::Prefer(std::size_t position) {
  if (position >= parents_.size()) return;
  std::vector<bool> wanted(parents_.size(), false);
  wanted[position] = true;
  for (std::size_t i = position + 1; i < parents_.size(); ++i) wanted[i] = wanted[parents_[i]];
  for (std::size_t at = position; parents_[at] != at;) wanted[at = parents_[at]] = true;
  for (std::size_t i = parents_.size(); i-- > 0;)
    if (wanted[i] && !given_[i]) first_.push_back(i);
}

std::optional<std::size_t> PlanOrder::Next() {
  for (; !first_.empty(); first_.pop_back())
    if (!given_[first_.back()]) {
      given_[first_.back()] = true;
      return first_.back();
    }
  while (next_ < given_.size() && given_[next_]) ++next_;
  if (next_ == given_.size()) return std::nullopt;
  given_[next_] = true;
  return next_;
}

}  // namespace acledger::scanner
