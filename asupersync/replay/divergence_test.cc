#include "asupersync/replay/divergence.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <source_location>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/lane.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

ReplayTrace Trace() {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.Record(TaskSpawned{CompactTaskId(2), CompactRegionId(5), 0, {}},
                  recorder.Intern(std::source_location::current()));
  for (uint64_t i = 1; i < 40; ++i) {
    recorder.Record(TaskScheduled{CompactTaskId(2), i}, SiteId());
  }
  return recorder.TakeTrace(1, 2);
}

TEST(DivergenceTest, DescribesThePlaceFromTheTrace) {
  DivergenceReport report;
  DescribePlace(Trace(), 30, &report);
  EXPECT_EQ(report.index, 30u);
  EXPECT_EQ(report.expected, "TaskScheduled task=T2 tick=30");
  ASSERT_EQ(report.before.size(), 16u);
  EXPECT_TRUE(absl::StartsWith(report.before[0], "#14 "));
  EXPECT_TRUE(absl::StartsWith(report.before[15], "#29 "));
  ASSERT_EQ(report.next_expected.size(), 4u);
  EXPECT_TRUE(absl::StartsWith(report.next_expected[0], "#31 "));
  EXPECT_EQ(report.task, CompactTaskId(2));
  EXPECT_EQ(report.region, CompactRegionId(5));
}

TEST(DivergenceTest, AnEventWithoutATaskBelongsToTheStep) {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.Record(TaskSpawned{CompactTaskId(2), CompactRegionId(5), 0, {}},
                  SiteId());
  recorder.Record(TaskScheduled{CompactTaskId(2), 1}, SiteId());
  recorder.Record(RngValue{1}, SiteId());
  recorder.Record(TaskBlocked{CompactTaskId(2)}, SiteId());
  recorder.Record(TimeAdvanced{0, 1}, SiteId());
  const ReplayTrace trace = recorder.TakeTrace(1, 2);
  DivergenceReport report;
  DescribePlace(trace, 2, &report);
  EXPECT_EQ(report.task, CompactTaskId(2));
  EXPECT_EQ(report.region, CompactRegionId(5));
  DescribePlace(trace, 4, &report);
  EXPECT_EQ(report.task, std::nullopt);
  EXPECT_EQ(report.region, std::nullopt);
}

TEST(DivergenceTest, DescribesBothEndsOfATrace) {
  DivergenceReport report;
  DescribePlace(Trace(), 0, &report);
  EXPECT_TRUE(report.before.empty());
  EXPECT_TRUE(absl::StrContains(report.expected_site, "divergence_test.cc:"));
  DescribePlace(Trace(), 40, &report);
  EXPECT_EQ(report.expected, "end of the trace");
  EXPECT_TRUE(report.next_expected.empty());
  EXPECT_EQ(report.before.size(), 16u);
  DescribePlace(ReplayTrace(), 0, &report);
  EXPECT_TRUE(report.before.empty());
}

TEST(DivergenceTest, TheTextFitsOnAScreen) {
  DivergenceReport report;
  DescribePlace(Trace(), 30, &report);
  report.actual = "T2 is not runnable";
  report.runnable = {"T1 (ready)"};
  report.lane = Lane::kTimed;
  report.fingerprint_actual = 7;
  report.likely_cause = "the program has changed";
  const std::string text = report.ToString();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 40);
  EXPECT_EQ(text.back(), '\n');
  for (const char* part :
       {"event 30", "(schedule)", "TaskScheduled task=T2 tick=30",
        "T2 is not runnable", "T1 (ready)", "lane timed", "region R5",
        "the program has changed", "#14 ", "#34 ", "0x0000000000000007"}) {
    EXPECT_TRUE(absl::StrContains(text, part)) << part << "\n" << text;
  }
}

TEST(DivergenceTest, LongTextsFitOnAScreenToo) {
  DivergenceReport report;
  const std::string longest(5000, 'x');
  report.expected = report.actual = longest;
  report.expected_site = report.actual_site = longest;
  report.runnable.assign(17, longest);
  for (int i = 0; i < 500; ++i) report.likely_cause += "because ";
  report.before.assign(DivergenceReport::kBeforeMax, longest);
  report.next_expected.assign(DivergenceReport::kAfterMax, longest);
  report.task = CompactTaskId(1);
  report.fingerprint_expected = 1;
  size_t lines = 0;
  for (absl::string_view line : absl::StrSplit(report.ToString(), '\n')) {
    EXPECT_LE(line.size(), DivergenceReport::kScreenColumns);
    ++lines;
  }
  EXPECT_LE(lines - 1, DivergenceReport::kScreenLines);
}

TEST(DivergenceTest, TheJsonHoldsEveryField) {
  DivergenceReport report;
  DescribePlace(Trace(), 30, &report);
  report.actual = "bad utf-8 \xff";
  report.certificate_expected = 0x10;
  const auto json = nlohmann::json::parse(report.ToJson());
  EXPECT_EQ(json["index"], 30);
  EXPECT_EQ(json["category"], "schedule");
  EXPECT_EQ(json["task_id"], 2);
  EXPECT_EQ(json["region_id"], 5);
  EXPECT_TRUE(json["lane"].is_null());
  EXPECT_EQ(json["schedule_cert_expected"], "0x0000000000000010");
  EXPECT_TRUE(json["trace_fingerprint"].is_null());
  EXPECT_EQ(json["context"].size(), 16u);
  EXPECT_EQ(json["next_expected"].size(), 4u);
  EXPECT_EQ(json.size(), 18u);
}

TEST(DivergenceTest, EveryKindHasACategory) {
  EXPECT_EQ(CategoryOf(TaskCompleted{}), DivergenceCategory::kOutcome);
  EXPECT_EQ(CategoryOf(TaskCompleted{}, TaskCompleted{}),
            DivergenceCategory::kOutcome);
  EXPECT_EQ(CategoryOf(TaskCompleted{}, TaskBlocked{}),
            DivergenceCategory::kSchedule);
  EXPECT_EQ(CategoryOf(Choice{1, 0, 2}), DivergenceCategory::kTimer);
  EXPECT_EQ(CategoryOf(Choice{2, 0, 2}), DivergenceCategory::kSchedule);
  EXPECT_EQ(CategoryOf(Choice{3, 0, 2}), DivergenceCategory::kChaos);
  EXPECT_EQ(CategoryOf(Choice{200, 0, 2}), DivergenceCategory::kSchedule);
  EXPECT_EQ(CategoryOf(IoError{}), DivergenceCategory::kIo);
  EXPECT_EQ(CategoryOf(ObligationAborted{}), DivergenceCategory::kRegion);
  EXPECT_EQ(std::string(Name(DivergenceCategory::kCertificate)), "certificate");
}

}  // namespace
}  // namespace asupersync
