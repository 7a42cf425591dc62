// SPDX-License-Identifier: MIT
#include "tools/acledger/watch_view.h"

#include <cmath>

#include "tools/acledger/progress_line.h"

namespace acledger::tools {
namespace {

constexpr std::size_t kBar = 20;

std::string Bar(std::uint64_t done, std::uint64_t total) {
  const std::size_t filled = total == 0 ? 0 : static_cast<std::size_t>(kBar * std::min(done, total) / total);
  return "[" + std::string(filled, '#') + std::string(kBar - filled, '.') + "]";
}

bool IsRunning(const Json& status, std::uint64_t grant, std::string& queued) {
  for (const Json& job : status.value("queue", Json::array())) {
    if (daemon::NumberIn(job, "grant") != grant) continue;
    if (job.value("running", false)) return true;
    queued = job.value("on_hold", false) || status.value("paused", false) ? "on hold" : "queued";
  }
  return false;
}

}  // namespace

void WatchView::Take(const std::string& method, const Json& params, Moment now) {
  const std::uint64_t grant = daemon::NumberIn(params, "grant");
  if (grant == 0) return;
  if (method == "ended") works_.erase(grant);
  if (method != "progress") return;
  const std::string phase = params.value("phase", "");
  const auto [at, is_new] = works_.try_emplace(grant);
  Work& work = at->second;
  if (is_new || work.phase != phase) work.begun = now;
  work.phase = phase;
  work.done = daemon::NumberIn(params, "done");
  work.total = daemon::NumberIn(params, "total");
  work.failures = daemon::NumberIn(params, "failures");
}

std::string WatchView::Describe(const Work& work, Moment now) {
  std::string text = Bar(work.done, work.total) + " " + work.phase + " " + std::to_string(work.done);
  if (work.total > 0) text += " of " + std::to_string(work.total);
  const double seconds = std::chrono::duration<double>(now - work.begun).count();
  if (const std::string rate = RateAndRest(work.done, work.total, seconds); !rate.empty()) text += ", " + rate;
  if (work.failures > 0) text += ", " + std::to_string(work.failures) + " failures";
  return text;
}

std::string WatchView::Line(const Json& root, Moment now) const {
  const std::uint64_t grant = daemon::NumberIn(root, "grant");
  const std::string who = root.value("path", "") + "  " + root.value("principal", "") + "  ";
  std::string waits;
  const bool running = IsRunning(status_, grant, waits);
  if (const auto work = works_.find(grant); work != works_.end() && running) return who + Describe(work->second, now);
  return who + (waits.empty() ? root.value("state", "") : waits) + "  " + Sentence(daemon::CountsFrom(root));
}

std::vector<std::string> WatchView::Lines(Moment now) const {
  std::vector<std::string> lines;
  for (const Json& root : status_.value("roots", Json::array())) lines.push_back(Line(root, now));
  if (lines.empty()) lines.emplace_back("Nothing is granted.");
  if (status_.value("paused", false)) lines.emplace_back("Paused: acledger resume goes on.");
  return lines;
}

}  // namespace acledger::tools
