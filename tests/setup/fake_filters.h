// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "setup/filters.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

// The filtering platform of a machine in memory; calls go wrong as the FakeMachine says.
class FakeFilters final : public Filters {
 public:
  explicit FakeFilters(FakeMachine& machine) : machine_(machine) {}
  std::optional<FilterHome> home;
  bool home_is_half = false;
  std::map<Guid, Filter> filters;
  std::set<Guid> altered;  // By hand, into something that Find() does not know.
  int writes = 0;

  Expected<std::optional<FilterHome>> FindHome() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (home_is_half) return Fail(ErrorKind::kMismatch, "find", "there is no sublayer");
    return home;
  }
  Expected<void> MakeHome(const FilterHome& wanted) override {
    return machine_.Do([&] {
      if (!home) home = wanted;
      home_is_half = false;
      ++writes;
    });
  }
  Expected<void> RemoveHome() override {
    if (!filters.empty()) return Fail(ErrorKind::kBusy, "remove", "it has filters");
    return machine_.Do([&] { home.reset(), home_is_half = false; });
  }
  Expected<std::vector<Filter>> Find(const std::vector<Guid>& keys) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    std::vector<Filter> found;
    for (const Guid& key : keys) {
      if (altered.contains(key)) return Fail(ErrorKind::kMismatch, "find", "it permits");
      if (const auto filter = filters.find(key); filter != filters.end()) found.push_back(filter->second);
    }
    return found;
  }
  Expected<void> Replace(const std::vector<Guid>& keys, const std::vector<Filter>& added) override {
    if (!home && !added.empty()) return Fail(ErrorKind::kNotFound, "add", "there is no sublayer");
    return machine_.Do([&] {
      for (const Guid& key : keys) filters.erase(key), altered.erase(key);
      for (const Filter& filter : added) filters[filter.key] = filter;
      ++writes;
    });
  }

 private:
  FakeMachine& machine_;
};

}  // namespace acledger::setup
