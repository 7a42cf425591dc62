// SPDX-License-Identifier: MIT
#include "tools/acledger/progress_line.h"

#include <cmath>
#include <cstdio>

#include "tools/acledger/console.h"

namespace acledger::tools {
namespace {

constexpr auto kTerminalPause = std::chrono::milliseconds(100);
constexpr auto kLinePause = std::chrono::seconds(5);

std::string Duration(double seconds) {
  char text[32];
  const auto whole = static_cast<unsigned long long>(std::llround(seconds));
  if (whole < 60)
    std::snprintf(text, sizeof text, "%llu s", whole);
  else
    std::snprintf(text, sizeof text, "%llu min %02llu s", whole / 60, whole % 60);
  return text;
}

}  // namespace

std::string RateAndRest(std::uint64_t done, std::uint64_t total, double seconds) {
  if (seconds <= 0.5) return {};
  const double rate = static_cast<double>(done) / seconds;
  std::string text = std::to_string(static_cast<unsigned long long>(rate)) + "/s";
  if (total > done && rate >= 1) text += ", " + Duration(static_cast<double>(total - done) / rate) + " left";
  return text;
}

ProgressLine::ProgressLine() : terminal_(ErrorOutputIsTerminal()), phase_start_(Clock::now()), last_(phase_start_) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

std::string ProgressLine::Text(const scanner::ProgressState& state, Clock::time_point now) const {
  const double seconds = std::chrono::duration<double>(now - phase_start_).count();
  std::string text = std::string(Name(state.phase)) + " " + state.root + ": " + std::to_string(state.done);
  if (state.total > 0) text += " of " + std::to_string(state.total);
  if (const std::string rate = RateAndRest(state.done, state.total, seconds); !rate.empty()) text += ", " + rate;
  if (state.changes > 0) text += ", " + std::to_string(state.changes) + " changed";
  if (state.failures > 0) text += ", " + std::to_string(state.failures) + " failures";
  return text;
}

void ProgressLine::Report(const scanner::ProgressState& state) {
  const Clock::time_point now = Clock::now();
  const bool new_phase = state.phase != phase_ || state.root != root_;
  if (new_phase) {
    phase_ = state.phase;
    root_ = state.root;
    phase_start_ = now;
  } else if (now - last_ < (terminal_ ? Clock::duration(kTerminalPause) : Clock::duration(kLinePause))) {
    return;
  }
  last_ = now;
  const std::string text = Text(state, now);
  std::fprintf(stderr, terminal_ ? "\r%s\033[K" : "%s\n", text.c_str());
  std::fflush(stderr);
  drawn_ = terminal_;
}

void ProgressLine::Note(const std::string& text) {
  std::fprintf(stderr, drawn_ ? "\r\033[Kacledger: %s\n" : "acledger: %s\n", text.c_str());
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace acledger::tools
