#include "asupersync/cli/trace_html_events.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "asupersync/base/ids.h"
#include "asupersync/task/runtime.h"  // defines what obligation.h declares
#include "asupersync/trace/event.h"
#include "asupersync/trace/random_events.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string BytesOf(const TraceHtmlEvents& events) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(events.Base64(), &bytes));
  return bytes;
}

// Reads `bytes` as the page's script does; the fields of each event.
std::vector<std::vector<uint64_t>> Decode(const std::string& bytes) {
  const Json kinds = TraceHtmlEvents::Schema()["kinds"];
  std::vector<std::vector<uint64_t>> events;
  size_t at = 0;
  const auto number = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.at(at++));
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.size()) {
    const auto kind = static_cast<unsigned char>(bytes.at(at++));
    std::vector<uint64_t> event = {kind, number(), number()};
    const size_t fields = kinds.at(kind - 1)[1].size();
    for (size_t i = 0; i < fields; ++i) event.push_back(number());
    events.push_back(event);
  }
  return events;
}

TEST(TraceHtmlEventsTest, SchemaReadsWhatWasWrittenOfEveryKind) {
  TraceHtmlEvents events;
  for (int kind = 1; kind <= kEventKindCount; ++kind) {
    events.Add({static_cast<uint64_t>(kind), 0, SiteId(),
                DefaultEvent(static_cast<EventKind>(kind))});
  }
  const auto read = Decode(BytesOf(events));
  ASSERT_EQ(read.size(), static_cast<size_t>(kEventKindCount));
  for (int kind = 1; kind <= kEventKindCount; ++kind) {
    EXPECT_EQ(read[kind - 1][0], static_cast<uint64_t>(kind));
  }
}

TEST(TraceHtmlEventsTest, NumbersOf64BitsAreWrittenWhole) {
  TraceHtmlEvents events;
  events.Add({0, 5, SiteId(300), RngValue{~uint64_t{0}}});
  events.Add({1, 4, SiteId(), IoResult{7, -3}});
  const std::vector<std::vector<uint64_t>> expected = {
      {16, 10, 300, ~uint64_t{0}},
      {13, 1, 0, 7, 5},  // zigzag: tick -1, bytes -3
  };
  EXPECT_EQ(Decode(BytesOf(events)), expected);
}

TEST(TraceHtmlEventsTest, EqualTextsAreKeptOnceAndLongOnesAreCut) {
  TraceHtmlEvents events;
  events.Add({0, 0, SiteId(), UserTrace{"twice"}});
  events.Add({1, 0, SiteId(), UserTrace{"twice"}});
  events.Add({2, 0, SiteId(), UserTrace{std::string(5000, 'x')}});
  ASSERT_EQ(events.texts().size(), 2u);
  EXPECT_EQ(events.texts()[0], "twice");
  EXPECT_EQ(events.texts()[1], std::string(TraceHtmlEvents::kTextBytesMax,
                                           'x') + "... (5000 bytes)");
}

TEST(TraceHtmlEventsTest, ManyLongTextsDoNotMakeThePageHuge) {
  TraceHtmlEvents events;
  size_t bytes = 0;
  for (int i = 0; i < 20000; ++i) {
    events.NumberOf(std::to_string(i) + std::string(3000, 'x'));
  }
  for (const std::string& text : events.texts()) bytes += text.size();
  EXPECT_EQ(events.texts().size(), 20000u);
  EXPECT_GT(bytes, TraceHtmlEvents::kAllTextBytesMax);
  EXPECT_LT(bytes, TraceHtmlEvents::kAllTextBytesMax + 2000000);
}

// The script looks fields up by these names.
TEST(TraceHtmlEventsTest, SchemaHasTheFieldsThatTheScriptUses) {
  Json fields;
  const Json kinds = TraceHtmlEvents::Schema()["kinds"];
  for (const Json& kind : kinds) {
    for (const Json& field : kind[1]) {
      fields[kind[0].get<std::string>()][field[0].get<std::string>()] =
          field[1];
    }
  }
  const std::vector<std::vector<std::string>> used = {
      {"TaskScheduled", "task", "task"},
      {"TaskYielded", "task", "task"},
      {"TaskBlocked", "task", "task"},
      {"TaskCompleted", "task", "task"},
      {"TaskCompleted", "outcome", "outcome"},
      {"TaskSpawned", "task", "task"},
      {"TaskSpawned", "region", "region"},
      {"TaskSpawned", "parent", "task"},
      {"TaskNamed", "text", "text"},
      {"TaskCancelRequested", "kind", "cancel"},
      {"TimeAdvanced", "from_nanos", "ns"},
      {"TimeAdvanced", "to_nanos", "ns"},
      {"TimerCreated", "timer_id", "count"},
      {"TimerFired", "timer_id", "count"},
      {"WakerWake", "task", "task"},
      {"RegionCreated", "region", "region"},
      {"RegionCreated", "parent_region", "region"},
      {"RegionNamed", "text", "text"},
      {"ObligationReserved", "obligation", "count"},
      {"ObligationReserved", "kind", "obligation"},
      {"ObligationCommitted", "obligation", "count"},
      {"ObjectAccessed", "object", "hex"},
      {"ObjectAccessed", "mode", "mode"},
      {"ChaosInjection", "kind", "chaos"},
      {"Choice", "kind", "choice"},
      {"UserTrace", "text", "text"},
  };
  for (const auto& field : used) {
    EXPECT_EQ(fields[field[0]][field[1]], field[2])
        << field[0] << "." << field[1];
  }
}

}  // namespace
}  // namespace asupersync::cli
