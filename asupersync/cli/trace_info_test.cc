#include "asupersync/cli/trace_info.h"

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "asupersync/base/ids.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

TEST(TraceInfoTest, EverythingIsToldInOrder) {
  const std::string path = ToyTrace().Save("info.async");
  const CliResult r = Call(TraceInfoCommand(), {path});
  EXPECT_EQ(r.code, ExitCode::kOk);
  EXPECT_EQ(r.err, "");
  EXPECT_EQ(r.out, "trace            " + path + R"(
test             Toy.Sends
seed             0x000000000000002a
schedule_seed    0x0000000000000000
entropy_seed     0x0000000000000000
fault_seed       0x0000000000000000
fuzz_seed        0x0000000000000000
library_version  0.1.0
config_hash      not known
config           lanes = any
recorded         events, random values, wakes
events           18
steps            4, the last is tick 4
virtual_time     from 0 ns to 100000000 ns
tasks            2 spawned, 1 completed: 1 ok
certificate      0x0000000000001111
fingerprint      0x0000000000002222
state            complete
  TaskScheduled        4
  TaskYielded          1
  TaskBlocked          2
  TaskCompleted        1
  TaskSpawned          2
  TaskNamed            2
  TimeAdvanced         1
  TimerCreated         1
  TimerFired           1
  WakerWake            1
  RegionClosed         1
  UserTrace            1
)");
}

TEST(TraceInfoTest, OutcomesAreCounted) {
  ToyTrace toy;
  toy.outcome = 3;
  const CliResult r = Call(TraceInfoCommand(), {toy.Save("info3.async")});
  EXPECT_TRUE(absl::StrContains(r.out, "1 completed: 1 panicked\n")) << r.out;
}

TEST(TraceInfoTest, WhatALimitDidIsTold) {
  Recorder recorder(RecorderConfig::Enabled().WithMaxEvents(
      3, LimitPolicy::kDropOldest));
  for (uint64_t tick = 1; tick <= 10; ++tick) {
    recorder.Record(TaskScheduled{CompactTaskId(1), tick}, SiteId());
  }
  const std::string path =
      WriteTrace("info_limit.async", recorder.TakeTrace(1, 2));
  const CliResult r = Call(TraceInfoCommand(), {path});
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  EXPECT_TRUE(absl::StrContains(r.out, "\nevents           3\n")) << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "\nbegins           with event #7\n"));
  EXPECT_TRUE(absl::StrContains(
      r.out, "\nlimit            dropped the first events at its limit; 7 "
             "events are not there\n"))
      << r.out;
  const nlohmann::json json = nlohmann::json::parse(
      Call(TraceInfoCommand(), {path, "--format=json"}).out);
  EXPECT_EQ(json["events_lost"], 7);
  EXPECT_EQ(json["metadata"]["first_event"], 7);
  EXPECT_EQ(json["state"], "complete");
}

TEST(TraceInfoTest, OneLostEventIsOne) {
  Recorder recorder(RecorderConfig::Enabled().WithMaxEvents(
      3, LimitPolicy::kDropOldest));
  for (uint64_t tick = 1; tick <= 4; ++tick) {
    recorder.Record(TaskScheduled{CompactTaskId(1), tick}, SiteId());
  }
  const CliResult r =
      Call(TraceInfoCommand(),
           {WriteTrace("info_one.async", recorder.TakeTrace(1, 2))});
  EXPECT_TRUE(absl::StrContains(r.out, "; 1 event is not there\n")) << r.out;
}

// A flight recorder whose process died before it wrote how it ended.
TEST(TraceInfoTest, WhatALimitDidIsToldWithoutAFooter) {
  Recorder recorder(
      RecorderConfig::Enabled().WithMaxEvents(3, LimitPolicy::kDropOldest));
  for (uint64_t tick = 1; tick <= 10; ++tick) {
    recorder.Record(TaskScheduled{CompactTaskId(1), tick}, SiteId());
  }
  const std::string path =
      WriteTrace("info_flight.async", recorder.TakeTrace(1, 2));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 60);
  const CliResult r = Call(TraceInfoCommand(), {path});
  EXPECT_TRUE(absl::StrContains(r.out,
                                "\nbegins           after tick 7, "
                                "certificate not known\n"))
      << r.out;
  EXPECT_TRUE(absl::StrContains(
      r.out,
      "\nlimit            dropped the first events at its limit; 7 "
      "events are not there\n"))
      << r.out;
  const nlohmann::json json = nlohmann::json::parse(
      Call(TraceInfoCommand(), {path, "--format=json"}).out);
  EXPECT_EQ(json["events_lost"], 7);
  EXPECT_EQ(json["state"], "recovered");
}

TEST(TraceInfoTest, ARecoveredTraceSaysWhy) {
  const CliResult r =
      Call(TraceInfoCommand(), {SaveTruncated("info_cut.async")});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.out, "\nstate            recovered: "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "\ncertificate      not known\n"));
  EXPECT_TRUE(absl::StrContains(r.err, "without a footer")) << r.err;
}

TEST(TraceInfoTest, DamageIsTold) {
  const CliResult r = Call(TraceInfoCommand(), {SaveDamaged("info_bad.async")});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.out, "\nstate            damaged; "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.err, "is damaged at byte ")) << r.err;
}

TEST(TraceInfoTest, AForeignFileIsOneLine) {
  const CliResult r =
      Call(TraceInfoCommand(), {WriteBytes("info_foreign", "hello there")});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_EQ(r.out, "");
  EXPECT_TRUE(absl::StrContains(r.err, "is not a trace")) << r.err;
  EXPECT_EQ(r.err.find('\n'), r.err.size() - 1);
}

}  // namespace
}  // namespace asupersync::cli
