#include "asupersync/cli/event_renderer.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

constexpr CompactTaskId kOne(1);
constexpr CompactTaskId kTwo(2);

// Renders events one after the other, all in tick 3 and at the same site.
class EventRendererTest : public ::testing::Test {
 protected:
  std::string Line(const ReplayEvent& event) {
    return renderer_.Render({index_++, 3, SiteId(1), event}, site_);
  }

  EventRenderer renderer_;
  Site site_{"a/b.cc", 7, 3, "Run"};
  uint64_t index_ = 0;
};

TEST_F(EventRendererTest, ALineHasIndexTickTaskEventAndSite) {
  EXPECT_EQ(Line(TaskScheduled{kOne, 3}),
            "#0 tick=3 T1 TaskScheduled task=T1 tick=3 at a/b.cc:7 Run");
}

TEST_F(EventRendererTest, EventsOfAStepBearItsTask) {
  Line(TaskScheduled{kOne, 3});
  EXPECT_TRUE(absl::StartsWith(Line(TimerFired{4}), "#1 tick=3 T1 Timer"));
  EXPECT_TRUE(absl::StartsWith(Line(TaskBlocked{kOne}), "#2 tick=3 T1 Task"));
  EXPECT_TRUE(absl::StartsWith(Line(TimerFired{4}), "#3 tick=3 - Timer"));
}

TEST_F(EventRendererTest, TimeAdvancesOutsideOfSteps) {
  Line(TaskScheduled{kOne, 3});
  EXPECT_TRUE(
      absl::StartsWith(Line(TimeAdvanced{0, 5}), "#1 tick=3 - TimeAdv"));
}

TEST_F(EventRendererTest, NamedTasksAppearWithTheirNames) {
  Line(TaskNamed{kOne, "producer"});
  Line(TaskNamed{kTwo, "consumer"});
  EXPECT_TRUE(absl::StrContains(Line(TaskScheduled{kOne, 3}),
                                " T1(producer) TaskScheduled task=T1 "));
  EXPECT_TRUE(absl::StrContains(
      Line(WakerWake{kTwo}), " T1(producer) WakerWake task=T2 (consumer) at "));
}

TEST_F(EventRendererTest, ATaskThatCompletedGivesItsNameBack) {
  Line(TaskNamed{kOne, "producer"});
  Line(TaskScheduled{kOne, 3});
  EXPECT_TRUE(absl::StrContains(Line(TaskCompleted{kOne, 0}), "producer"));
  EXPECT_FALSE(absl::StrContains(Line(WakerWake{kOne}), "producer"));
}

TEST_F(EventRendererTest, SkippedEventsCountForLaterLines) {
  renderer_.Skip({0, 3, SiteId(1), TaskNamed{kOne, "producer"}});
  renderer_.Skip({1, 3, SiteId(1), TaskScheduled{kOne, 3}});
  EXPECT_TRUE(absl::StrContains(Line(TimerFired{1}), " T1(producer) "));
}

TEST_F(EventRendererTest, NothingInALineMovesTheCursor) {
  site_.file = "a\n\x1b[2J.cc";
  EXPECT_TRUE(absl::StrContains(Line(TaskNamed{kOne, "p\r\n\x1b[2J"}),
                                "name=\"p\\r\\n\\033[2J\" at "
                                "a\\x0a\\x1b[2J.cc:7"));
  EXPECT_TRUE(absl::StrContains(Line(TaskScheduled{kOne, 3}),
                                " T1(p\\x0d\\x0a\\x1b[2J) "));
}

// As a terminal of eight bits would obey them, or one that turns text.
TEST_F(EventRendererTest, NothingInANameIsACommandOrTurnsText) {
  Line(TaskNamed{kOne, "p\x9b" "2J\xe2\x80\xae"});
  EXPECT_TRUE(absl::StrContains(Line(TaskScheduled{kOne, 3}),
                                " T1(p\\x9b2J\\xe2\\x80\\xae) "));
}

TEST_F(EventRendererTest, LongNamesAreCut) {
  Line(TaskNamed{kOne, std::string(1000, 'n')});
  EXPECT_TRUE(absl::StrContains(
      Line(TaskScheduled{kOne, 3}),
      absl::StrCat(" T1(", std::string(EventRenderer::kNameBytesMax, 'n'),
                   ") ")));
}

TEST_F(EventRendererTest, NamesBeyondTheBoundAreLeftOut) {
  const uint64_t last = EventRenderer::kNamesMax + 1;
  for (uint64_t i = 1; i <= last; ++i) {
    renderer_.Skip({0, 0, SiteId(), TaskNamed{CompactTaskId(i), "n"}});
  }
  EXPECT_TRUE(absl::StrContains(Line(TaskScheduled{CompactTaskId(1), 3}),
                                " T1(n) "));
  EXPECT_TRUE(absl::StrContains(Line(TaskScheduled{CompactTaskId(last), 3}),
                                absl::StrCat(" T", last, " TaskSch")));
}

}  // namespace
}  // namespace asupersync::cli
