// SPDX-License-Identifier: MIT
#include <numeric>

#include "store/ledger.h"

namespace acledger::store {

const char* Name(Verdict verdict) {
  static constexpr std::array<const char*, kVerdicts> kNames{"unknown", "readable", "covered", "pending",
                                                             "denied",  "skipped",  "drifted", "failed"};
  return kNames[static_cast<std::size_t>(verdict)];
}

const char* Name(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kSensitive:
      return "sensitive name";
    case Reason::kExcluded:
      return "excluded";
    case Reason::kNotAllowed:
      return "below AppData, not on the allow-list";
    case Reason::kReparsePoint:
      return "reparse point";
    case Reason::kHardLink:
      return "hard link";
    case Reason::kRecall:
      return "in the cloud";
    case Reason::kExpanded:
      return "its entries are granted instead";
    case Reason::kProtected:
      return "protected";
    case Reason::kBelowProtected:
      return "below a protected folder";
    case Reason::kDenyEntry:
      return "deny entry";
    case Reason::kEmptyDacl:
      return "empty DACL";
    case Reason::kLabel:
      return "mandatory label";
    case Reason::kForeignEntry:
      return "foreign entry of the principal";
    case Reason::kInheritedOurs:
      return "inherited our entry";
    case Reason::kEntryLost:
      return "our entry is gone";
    case Reason::kEdited:
      return "edited by someone else";
    case Reason::kNoDescriptor:
      return "no usable descriptor";
    case Reason::kNotRequesters:
      return "the requester may not change it";
  }
  return "unknown reason";
}

const char* Name(GrantState state) {
  static constexpr std::array kNames{"scanning",     "planning",    "applying",       "complete",
                                     "rolling back", "rolled back", "part of another"};
  return kNames[static_cast<std::size_t>(state)];
}

std::uint64_t Counts::Objects() const {
  return std::accumulate(by_verdict.begin(), by_verdict.end(), std::uint64_t{0});
}

Counts& Counts::operator+=(const Counts& other) {
  for (std::size_t i = 0; i < kVerdicts; ++i) by_verdict[i] += other.by_verdict[i];
  return *this;
}

}  // namespace acledger::store
