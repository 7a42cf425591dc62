// SPDX-License-Identifier: MIT
#include "tools/acledger/watch_view.h"

#include <gmock/gmock.h>

namespace acledger::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr WatchView::Moment kStart{};

Json Status(bool running) {
  return {{"roots",
           {{{"grant", 7}, {"path", "\\work"}, {"principal", "S-1-9-77-1"}, {"state", "complete"}, {"covered", 3}}}},
          {"queue", {{{"grant", 7}, {"running", running}, {"on_hold", false}}}},
          {"paused", false}};
}

Json Progress(std::uint64_t done) {
  return {{"grant", 7}, {"phase", "applying"}, {"done", done}, {"total", 2000}, {"failures", 1}};
}

TEST(WatchView, ShowsABarTheRateAndTheRestOfWhatRuns) {
  WatchView view;
  view.Take(Status(true));
  view.Take("progress", Progress(0), kStart);
  view.Take("progress", Progress(500), kStart + std::chrono::seconds(5));
  EXPECT_THAT(
      view.Lines(kStart + std::chrono::seconds(5)),
      ElementsAre("\\work  S-1-9-77-1  [#####...............] applying 500 of 2000, 100/s, 15 s left, 1 failures"));
}

TEST(WatchView, ShowsTheVerdictsOnceItEnded) {
  WatchView view;
  view.Take("progress", Progress(500), kStart);
  view.Take("ended", {{"grant", 7}}, kStart);
  Json status = Status(true);
  status["queue"] = Json::array();
  view.Take(status);
  EXPECT_THAT(view.Lines(kStart), ElementsAre("\\work  S-1-9-77-1  complete  3 objects: 3 covered"));
}

TEST(WatchView, TellsWhatWaitsAndThatEverythingIsPaused) {
  WatchView view;
  Json status = Status(false);
  view.Take(status);
  EXPECT_THAT(view.Lines(kStart), ElementsAre(HasSubstr("queued  3 objects")));
  status["paused"] = true;
  view.Take(status);
  EXPECT_THAT(view.Lines(kStart), ElementsAre(HasSubstr("on hold"), HasSubstr("Paused")));
}

TEST(WatchView, SaysSoWhereNothingIsGranted) {
  WatchView view;
  EXPECT_THAT(view.Lines(kStart), ElementsAre("Nothing is granted."));
}

}  // namespace
}  // namespace acledger::tools
