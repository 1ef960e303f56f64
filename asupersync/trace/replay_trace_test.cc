#include "asupersync/trace/replay_trace.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

static_assert(std::forward_iterator<ReplayTrace::Iterator>);

ReplayTrace Numbers(int count) {
  Recorder recorder(RecorderConfig::Enabled());
  for (int i = 0; i < count; ++i) {
    recorder.Record(RngValue{static_cast<uint64_t>(i)}, SiteId());
  }
  return recorder.TakeTrace(1, 2);
}

TEST(ReplayTraceTest, DefaultIsEmptyAndComplete) {
  const ReplayTrace trace;
  EXPECT_TRUE(trace.empty());
  EXPECT_TRUE(trace.complete());
  EXPECT_TRUE(trace.events().begin() == trace.events().end());
  EXPECT_EQ(trace.At(0), std::nullopt);
  EXPECT_EQ(trace.site(SiteId(3)), Site());
}

TEST(ReplayTraceTest, EventsOutliveTheOriginal) {
  ReplayTrace copy;
  {
    const ReplayTrace trace = Numbers(10);
    copy = trace;
  }
  EXPECT_EQ(copy.size(), 10u);
  EXPECT_EQ(copy.At(9)->event, ReplayEvent(RngValue{9}));
}

TEST(ReplayTraceTest, EveryIndexIsReachedDirectly) {
  const ReplayTrace trace = Numbers(20000);  // 9 bytes each: three blocks
  EXPECT_GE(trace.blocks().size(), 3u);
  for (uint64_t i = 0; i < trace.size(); i += 37) {
    const auto range = trace.From(i);
    ASSERT_EQ(range.begin()->event, ReplayEvent(RngValue{i}));
    ASSERT_EQ(range.begin()->index, i);
  }
  EXPECT_EQ(std::distance(trace.From(15000).begin(), trace.events().end()),
            5000);
}

TEST(ReplayTraceTest, IteratorsAreMultiPass) {
  const ReplayTrace trace = Numbers(5);
  auto a = trace.events().begin();
  auto b = a++;
  EXPECT_EQ(b->index, 0u);
  EXPECT_EQ(a->index, 1u);
  EXPECT_EQ(*++b, *a);
  EXPECT_TRUE(a == b);
}

TEST(ReplayTraceTest, EqualityIsOfContent) {
  EXPECT_TRUE(Numbers(5) == Numbers(5));
  EXPECT_FALSE(Numbers(5) == Numbers(6));
}

}  // namespace
}  // namespace asupersync
