// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "setup/journal.h"
#include "setup/step.h"

namespace acledger::setup {

enum class Fault {
  kNone,
  kError,        // The call does nothing and says so.
  kErrorAfter,   // It does its work, and says that it failed.
  kLie,          // It does nothing, and says that it succeeded.
  kHalf,         // It does half of its work, and says that it failed.
  kKilled,       // The process ends before it.
  kKilledAfter,  // And behind it.
};
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

inline std::unexpected<Error> Broken() { return Fail(ErrorKind::kIo, "call the machine", "it fails"); }

// A machine that has things by name, each with a value; and a journal on its disk. Every call of a step and of the
// journal is counted, and one of them can go wrong.
class FakeMachine {
 public:
  std::map<std::string, std::string> things;
  std::map<std::string, StepRecord> records;
  std::vector<std::string> order;  // Of the records.

  void FailAt(int call, Fault fault) { calls_ = 0, fail_at_ = call, fault_ = fault; }
  void Heal() { FailAt(-1, Fault::kNone); }
  int Calls() const { return calls_; }

  // What goes wrong with this call. Throws Killed.
  Fault Next() {
    const Fault fault = calls_++ == fail_at_ ? fault_ : Fault::kNone;
    if (fault == Fault::kKilled) throw Killed();
    return fault;
  }

  // A call that changes something: does `work` as far as the fault lets it. std::out_of_range: what it wants is not
  // there.
  template <class Work>
  Expected<void> Do(const Work& work) {
    const Fault fault = Next();
    if (fault == Fault::kError || fault == Fault::kHalf) return Broken();
    if (fault == Fault::kLie) return {};
    try {
      work();
    } catch (const std::out_of_range&) {
      return Fail(ErrorKind::kNotFound, "change the machine", "there is none of that name");
    }
    if (fault == Fault::kKilledAfter) throw Killed();
    if (fault == Fault::kErrorAfter) return Broken();
    return {};
  }

 private:
  int calls_ = 0, fail_at_ = -1;
  Fault fault_ = Fault::kNone;
};

// Wants `thing` and `thing`'s second half to have a value, and puts back what was there.
class FakeStep final : public Step {
 public:
  FakeStep(FakeMachine& machine, std::string name, std::vector<std::string> needs = {})
      : machine_(machine), name_(std::move(name)), needs_(std::move(needs)) {}

  const std::string& Name() const override { return name_; }
  std::string Intent() const override { return "make " + name_; }
  std::vector<std::string> Needs() const override { return needs_; }
  Expected<Standing> Check() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (Value(name_) == "ours" && Value(name_ + " 2") == "ours") return Standing{true, {}};
    return Standing{false, name_ + " is not there"};
  }
  Expected<std::string> Before() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return Value(name_);
  }
  Expected<void> Apply(const std::string&) override { return Work("ours", "ours"); }
  Expected<void> Undo(const std::string& before) override { return Work(before, ""); }
  Expected<Standing> CheckUndone(const std::string& before) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (Value(name_) == before && Value(name_ + " 2").empty()) return Standing{true, {}};
    return Standing{false, name_ + " is still there"};
  }

 private:
  std::string Value(const std::string& thing) const {
    const auto found = machine_.things.find(thing);
    return found == machine_.things.end() ? "" : found->second;
  }
  void Set(const std::string& thing, const std::string& value) {
    if (value.empty())
      machine_.things.erase(thing);
    else
      machine_.things[thing] = value;
  }
  Expected<void> Work(const std::string& first, const std::string& second) {
    const Fault fault = machine_.Next();
    if (fault == Fault::kError) return Broken();
    if (fault == Fault::kLie) return {};
    Set(name_, first);
    if (fault == Fault::kHalf) return Broken();
    Set(name_ + " 2", second);
    if (fault == Fault::kKilledAfter) throw Killed();
    if (fault == Fault::kErrorAfter) return Broken();
    return {};
  }

  FakeMachine& machine_;
  std::string name_;
  std::vector<std::string> needs_;
};

// On the machine's disk: outlives the process that is killed.
class FakeJournal final : public Journal {
 public:
  explicit FakeJournal(FakeMachine& machine) : machine_(machine) {}

  Expected<std::vector<StepRecord>> Records() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    std::vector<StepRecord> records;
    for (const std::string& name : machine_.order) records.push_back(machine_.records.at(name));
    return records;
  }
  Expected<std::optional<StepRecord>> Find(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    const auto found = machine_.records.find(name);
    return found == machine_.records.end() ? std::nullopt : std::optional(found->second);
  }
  // A journal does not lie: what it puts in is there, or it fails.
  Expected<void> Put(const StepRecord& record) override {
    const Fault fault = machine_.Next();
    if (fault != Fault::kNone && fault != Fault::kErrorAfter && fault != Fault::kKilledAfter) return Broken();
    if (!machine_.records.contains(record.name)) machine_.order.push_back(record.name);
    machine_.records[record.name] = record;
    if (fault == Fault::kKilledAfter) throw Killed();
    if (fault == Fault::kErrorAfter) return Broken();
    return {};
  }
  Expected<void> Remove(const std::string& name) override {
    const Fault fault = machine_.Next();
    if (fault != Fault::kNone && fault != Fault::kErrorAfter && fault != Fault::kKilledAfter) return Broken();
    machine_.records.erase(name);
    std::erase(machine_.order, name);
    if (fault == Fault::kKilledAfter) throw Killed();
    if (fault == Fault::kErrorAfter) return Broken();
    return {};
  }

 private:
  FakeMachine& machine_;
};

}  // namespace acledger::setup
