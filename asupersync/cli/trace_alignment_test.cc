#include "asupersync/cli/trace_alignment.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/cli/arguments.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

class TraceAlignmentTest : public ::testing::Test {
 protected:
  CausalTrace Read(const std::string& path) {
    std::ostringstream out;
    std::ostringstream err;
    const EventFilter filter =
        *EventFilter::FromArguments(*ParseArguments({FilterOptions(), {}}, {}));
    CausalTrace trace;
    TraceReader reader = *TraceReader::Open(path);
    EXPECT_TRUE(
        ReadCausalTrace(reader, filter, {out, err}, identities_, &trace).ok());
    return trace;
  }

  // Root tasks T1 to T4 access one object in this order, T1 and T2 writing, T3
  // and T4 reading.
  CausalTrace Accesses(const std::string& order) {
    Recorder recorder(RecorderConfig::Enabled().WithAccesses(true));
    for (uint64_t task = 1; task <= 4; ++task) {
      recorder.Record(TaskSpawned{CompactTaskId(task), CompactRegionId(1), 0,
                                  CompactTaskId()},
                      SiteId());
    }
    uint64_t tick = 0;
    for (char c : order) {
      const auto task = static_cast<uint64_t>(c - '0');
      recorder.Record(TaskScheduled{CompactTaskId(task), ++tick}, SiteId());
      recorder.Record(ObjectAccessed{7, static_cast<uint8_t>(task < 3)},
                      SiteId());
    }
    return Read(WriteTrace(absl::StrCat(order, ".async"),
                           recorder.TakeTrace(1, 2)));
  }

  Identities identities_;
};

TEST_F(TraceAlignmentTest, ATraceIsAllInCommonWithItself) {
  const CausalTrace a = Read(ToyTrace().Save("align.async"));
  const Alignment alignment = Align(a, a);
  EXPECT_EQ(alignment.common, 18u);
  EXPECT_FALSE(alignment.first.has_value());
  EXPECT_FALSE(alignment.order_parts.has_value());
  EXPECT_FALSE(alignment.other_site.has_value());
}

TEST_F(TraceAlignmentTest, AStepIsCausedByTheWakeBeforeIt) {
  const CausalTrace a = Read(ToyTrace().Save("align.async"));
  EXPECT_EQ(a.events[2].cause, 1u);    // T1's first step: its spawn, #0
  EXPECT_EQ(a.events[7].cause, 4u);    // T2's: #3
  EXPECT_EQ(a.events[11].cause, 0u);   // T1 again: nobody woke it
  EXPECT_EQ(a.events[15].cause, 14u);  // T2 again: the wake #13
  EXPECT_EQ(identities_.PathOf(a.events[3].owner), "1");
  EXPECT_EQ(identities_.PathOf(a.events[8].owner), "1.1");
  EXPECT_EQ(identities_.PathOf(a.events[9].owner), "the lab");
}

TEST_F(TraceAlignmentTest, AnotherOrderOfReadsIsNoCausalDifference) {
  // T3 and T4 read what T1 wrote in both.
  const Alignment alignment = Align(Accesses("134"), Accesses("143"));
  EXPECT_FALSE(alignment.first.has_value());
  EXPECT_TRUE(alignment.order_parts.has_value());
  // The second read sees what T2 wrote.
  EXPECT_TRUE(Align(Accesses("1332"), Accesses("1323")).first.has_value());
}

TEST_F(TraceAlignmentTest, AnotherOrderOfWritesIsADifference) {
  const CausalTrace a = Accesses("12");
  const CausalTrace b = Accesses("21");
  const Alignment alignment = Align(a, b);
  ASSERT_TRUE(alignment.first.has_value());
  // The access itself, behind its step: 2 or 1 came before it or not.
  EXPECT_EQ(alignment.first->ordinal, 1u);
  EXPECT_TRUE(alignment.order_parts.has_value());
}

TEST_F(TraceAlignmentTest, WhatFollowsFromADifferenceComesAfterIt) {
  ToyTrace b;
  b.text = "other";
  b.outcome = 1;  // of T2, later and in a step that T1 has woken
  const Alignment alignment =
      Align(Read(ToyTrace().Save("a.async")), Read(b.Save("b.async")));
  ASSERT_TRUE(alignment.first.has_value());
  EXPECT_EQ(identities_.PathOf(alignment.first->owner), "1");
  EXPECT_EQ(alignment.first->ordinal, 6u);
}

TEST_F(TraceAlignmentTest, PathsOfDeepTreesAreBounded) {
  uint32_t task = Identities::kLab;
  for (int i = 0; i < 100000; ++i) {
    task = identities_.Of(Identities::Space::kTask, task, 1);
  }
  EXPECT_EQ(identities_.PathOf(task).substr(0, 5), "...1.");
  EXPECT_LT(identities_.PathOf(task).size(), 64u);
}

}  // namespace
}  // namespace asupersync::cli
