// SPDX-License-Identifier: MIT
#include "setup/program_steps.h"

namespace acledger::setup {
namespace {

constexpr char kInPlace[] = "in place", kCopied[] = "copied";

class ProgramStep final : public Step {
 public:
  ProgramStep(ProgramFiles& files, std::string from, std::string to, const std::string& name,
              std::function<Expected<void>()> stop, std::vector<std::string> needs)
      : files_(files),
        from_(std::move(from)),
        to_(std::move(to)),
        title_("program " + name),
        stop_(std::move(stop)),
        needs_(std::move(needs)) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override { return "copy " + from_ + " to " + to_; }
  std::vector<std::string> Needs() const override { return needs_; }

  Expected<Standing> Check() override {
    const auto there = files_.Exists(to_);
    if (!there) return std::unexpected(there.error());
    if (!*there) return Standing{false, to_ + " is not there"};
    if (from_ == to_) return Standing{true, {}};
    const auto source = files_.Exists(from_);
    if (!source) return std::unexpected(source.error());
    if (!*source)
      return Standing{true, {}};  // Asked of another copy of this program: there is nothing to compare it with.
    const auto same = files_.HaveSameContents(from_, to_);
    if (!same) return std::unexpected(same.error());
    return *same ? Standing{true, {}} : Standing{false, to_ + " is another version"};
  }
  Expected<std::string> Before() override { return from_ == to_ ? kInPlace : kCopied; }
  Expected<void> Apply(const std::string&) override {
    if (from_ == to_)
      return std::unexpected(Error{ErrorKind::kNotFound, "install", to_, 0, "the program is missing: install it anew"});
    if (const auto stopped = stop_(); !stopped) return stopped;
    return files_.Copy(from_, to_);
  }
  Expected<void> Undo(const std::string& before) override {
    if (before == kInPlace) return {};
    const auto traces = files_.HasTraces(to_);
    if (!traces) return std::unexpected(traces.error());
    return *traces ? files_.Remove(to_) : Expected<void>();
  }
  Expected<Standing> CheckUndone(const std::string& before) override {
    if (before == kInPlace) return Standing{true, {}};
    const auto traces = files_.HasTraces(to_);
    if (!traces) return std::unexpected(traces.error());
    return *traces ? Standing{false, to_ + " is still there"} : Standing{true, {}};
  }

 private:
  ProgramFiles& files_;
  const std::string from_, to_, title_;
  const std::function<Expected<void>()> stop_;
  const std::vector<std::string> needs_;
};

}  // namespace

std::vector<std::unique_ptr<Step>> ProgramSteps(ProgramFiles& files, const ProgramPlaces& places,
                                                const std::function<Expected<void>()>& stop,
                                                const std::vector<std::string>& needs) {
  std::vector<std::unique_ptr<Step>> steps;
  for (const std::string& name : places.names)
    steps.push_back(
        std::make_unique<ProgramStep>(files, places.from + "\\" + name, places.to + "\\" + name, name, stop, needs));
  return steps;
}

}  // namespace acledger::setup
