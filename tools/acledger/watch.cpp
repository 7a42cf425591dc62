// SPDX-License-Identifier: MIT
#include "tools/acledger/watch.h"

#include "tools/acledger/console.h"
#include "tools/acledger/daemon_session.h"
#include "tools/acledger/interrupt.h"
#include "tools/acledger/watch_view.h"

namespace acledger::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr auto kAskAgain = std::chrono::seconds(1);
constexpr auto kLinePause = std::chrono::seconds(5);

// Draws over what it drew before.
class Screen {
 public:
  Expected<void> Draw(const std::vector<std::string>& lines, Clock::time_point now) {
    if (!terminal_ && height_ > 0 && now - drawn_ < kLinePause) return {};
    std::string text;
    // What is too long for the terminal is cut: a line that wraps would be drawn over at the wrong place.
    if (terminal_) text += "\x1b[?7l";
    if (terminal_ && height_ > 0) text += "\x1b[" + std::to_string(height_) + "A";
    for (const std::string& line : lines) text += line + (terminal_ ? "\x1b[K\n" : "\n");
    if (terminal_) text += "\x1b[J\x1b[?7h";
    height_ = lines.size();
    drawn_ = now;
    return WriteOutput(text);
  }

 private:
  bool terminal_ = OutputIsTerminal();
  std::size_t height_ = 0;
  Clock::time_point drawn_{};
};

}  // namespace

Expected<void> Watch(daemon::Client& client, bool json) {
  if (const Expected<Json> subscribed = Ask(client, "subscribe"); !subscribed)
    return std::unexpected(subscribed.error());
  WatchView view;
  Screen screen;
  Clock::time_point asked{};
  const scanner::StopFlag& stop = StopOnInterrupt();
  while (!stop) {
    const Clock::time_point now = Clock::now();
    if (!json && now - asked >= kAskAgain) {
      const Expected<Json> status = Ask(client, "status");
      if (!status) return std::unexpected(status.error());
      view.Take(*status);
      asked = now;
    }
    const Expected<daemon::Notification> told = client.NextNotification(kTick);
    if (!told && !(told.error().kind == ErrorKind::kBusy && !client.IsBroken())) return std::unexpected(told.error());
    Expected<void> shown;
    if (told && json)
      shown = PrintText(daemon::Text(Json{{"method", told->method}, {"params", told->params}}));
    else if (told)
      view.Take(told->method, told->params, now);
    if (!json) shown = screen.Draw(view.Lines(now), now);
    if (!shown) return shown;
    if (told && told->method == "ended") asked = {};
  }
  return {};
}

}  // namespace acledger::tools
