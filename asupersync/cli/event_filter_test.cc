#include "asupersync/cli/event_filter.h"

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "asupersync/cli/arguments.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

using Indices = std::vector<uint64_t>;

class EventFilterTest : public ::testing::Test {
 protected:
  absl::StatusOr<EventFilter> Make(const std::vector<std::string>& words) {
    return EventFilter::FromArguments(
        *ParseArguments({FilterOptions(), {}}, words));
  }
  // The events of ToyTrace that the options take.
  absl::StatusOr<Indices> Taken(const std::vector<std::string>& words) {
    absl::StatusOr<EventFilter> filter = Make(words);
    if (!filter.ok()) return filter.status();
    TraceReader reader = *TraceReader::Open(path_);
    if (absl::Status s = filter->Prepare(reader, output_); !s.ok()) return s;
    Indices taken;
    EventRenderer renderer;
    EXPECT_TRUE(WalkEvents(reader, output_, [&](const EventRecord& record) {
                  renderer.Enter(record);
                  if (filter->Matches(record, SiteOf(reader, record.site),
                                      renderer)) {
                    taken.push_back(record.index);
                  }
                  renderer.Leave(record);
                  return true;
                }).ok());
    return taken;
  }

  const std::string path_ = ToyTrace().Save("filter.async");
  std::ostringstream out_, err_;
  const Output output_{out_, err_};
};

TEST_F(EventFilterTest, WithoutOptionsEveryEventIsTaken) {
  EXPECT_FALSE(Make({})->active());
  EXPECT_EQ(Taken({})->size(), 18u);
}

TEST_F(EventFilterTest, ATaskHasItsStepsAndWhatIsAboutIt) {
  const Indices consumer = {3, 4, 7, 8, 13, 15, 16};
  EXPECT_EQ(*Taken({"--task=2"}), consumer);
  EXPECT_EQ(*Taken({"--task=T2"}), consumer);
  // Also what comes before it is named.
  EXPECT_EQ(*Taken({"--task=consumer"}), consumer);
}

TEST_F(EventFilterTest, AnUnknownNumberIsAnError) {
  const absl::Status status = Taken({"--task=18446744073709551615"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(status.message(),
                                "there is no task T18446744073709551615 in "))
      << status;
}

TEST_F(EventFilterTest, AnUnknownNameIsAnError) {
  const absl::Status status = Taken({"--task=consumr"}).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_TRUE(absl::StrContains(status.message(), "is named consumr"));
}

TEST_F(EventFilterTest, KindsAreAListWithoutCase) {
  EXPECT_EQ(*Taken({"--kind=UserTrace"}), Indices({12}));
  EXPECT_EQ(*Taken({"--kind=usertrace,TIMERFIRED"}), Indices({10, 12}));
  EXPECT_TRUE(absl::IsInvalidArgument(Taken({"--kind=User"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Taken({"--kind="}).status()));
}

TEST_F(EventFilterTest, SitesAreFilesByTheEndOfTheirPath) {
  const size_t all = Taken({"--site=toy_traces.cc"})->size();
  EXPECT_EQ(all, 10u);
  EXPECT_EQ(Taken({"--site=cli/toy_traces.cc"})->size(), all);
  EXPECT_EQ(Taken({"--site=/cli/toy_traces.cc"})->size(), all);
  EXPECT_EQ(Taken({"--site=traces.cc"})->size(), 0u);
  EXPECT_EQ(Taken({"--site=toy_traces.cc:1"})->size(), 0u);
  for (const char* bad : {"", ":7", "toy_traces.cc:", "toy_traces.cc:abc",
                          "toy_traces.cc:1x", "toy_traces.cc:99999999999"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Taken({"--site", bad}).status()))
        << bad;
  }
}

TEST_F(EventFilterTest, RangesAreOfEventsOrTicksWithBothEnds) {
  EXPECT_EQ(*Taken({"--from=12", "--to=13"}), Indices({12, 13}));
  EXPECT_EQ(*Taken({"--from=tick:2", "--to=tick:2"}), Indices({7, 8, 9, 10}));
  EXPECT_EQ(*Taken({"--from=tick:4", "--to=15"}), Indices({15}));
  EXPECT_FALSE(Taken({"--from=3", "--to=2"}).ok());
  EXPECT_FALSE(Taken({"--from=tick:3", "--to=tick:2"}).ok());
  for (const char* bad : {"x", "", "-1", "tick:", "tick:-1", "1 ", "0x1",
                          "18446744073709551616"}) {
    EXPECT_FALSE(Taken({"--from", bad}).ok()) << bad;
  }
}

TEST_F(EventFilterTest, OptionsThatAreGivenAllCount) {
  EXPECT_EQ(*Taken({"--task=1", "--kind=WakerWake", "--filter=consumer"}),
            Indices({13}));
  EXPECT_EQ(*Taken({"--task=1", "--kind=WakerWake", "--to=12"}), Indices());
  EXPECT_FALSE(Taken({"--filter=a(b"}).ok());
}

}  // namespace
}  // namespace asupersync::cli
