#include "asupersync/cli/trace_events.h"

#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/arguments.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

std::vector<std::string> LinesOf(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

class TraceEventsTest : public ::testing::Test {
 protected:
  const std::string path_ = ToyTrace().Save("events.async");
};

TEST_F(TraceEventsTest, EveryEventIsALine) {
  const CliResult r = Call(TraceEventsCommand(), {path_});
  EXPECT_EQ(r.code, ExitCode::kOk);
  EXPECT_EQ(r.err, "");
  const std::vector<std::string> lines = LinesOf(r.out);
  ASSERT_EQ(lines.size(), 18u);
  EXPECT_TRUE(absl::StartsWith(lines[0], "#0 tick=0 - TaskSpawned task=T1 "));
  EXPECT_TRUE(absl::StrContains(lines[0], "/cli/toy_traces.cc:")) << lines[0];
  EXPECT_EQ(lines[2],
            "#2 tick=1 T1(producer) TaskScheduled task=T1 tick=1 at unknown "
            "site");
  EXPECT_TRUE(absl::StartsWith(
      lines[12], "#12 tick=3 T1(producer) UserTrace text=\"sent 1\" at "))
      << lines[12];
  EXPECT_TRUE(absl::StartsWith(
      lines[13], "#13 tick=3 T1(producer) WakerWake task=T2 (consumer) at "))
      << lines[13];
}

TEST_F(TraceEventsTest, TheRangeIncludesBothEnds) {
  const CliResult r =
      Call(TraceEventsCommand(), {path_, "--from", "12", "--to=13"});
  EXPECT_EQ(r.code, ExitCode::kOk);
  const std::vector<std::string> lines = LinesOf(r.out);
  ASSERT_EQ(lines.size(), 2u) << r.out;
  // Names are known although their events are not shown.
  EXPECT_TRUE(absl::StartsWith(lines[0], "#12 tick=3 T1(producer) "));
  EXPECT_TRUE(absl::StartsWith(lines[1], "#13 tick=3 T1(producer) "));
}

TEST_F(TraceEventsTest, ARangeBehindTheEndIsEmpty) {
  const CliResult r = Call(TraceEventsCommand(), {path_, "--from", "1000"});
  EXPECT_EQ(r.code, ExitCode::kOk);
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(r.err, "asupersync: no event of " + path_ +
                       " is taken by these options\n");
  const CliResult json = Call(TraceEventsCommand(),
                              {path_, "--from=1000", "--format=json"});
  EXPECT_EQ(json.err, "");
  EXPECT_TRUE(absl::StrContains(json.out, "\"events\": []")) << json.out;
}

TEST_F(TraceEventsTest, ATaskThatIsNotThereIsSaidNotToBe) {
  for (const char* task : {"T9", "9", "nobody"}) {
    const CliResult r = Call(TraceEventsCommand(), {path_, "--task", task});
    EXPECT_EQ(r.code, ExitCode::kInput) << task;
    EXPECT_EQ(r.out, "") << task;
    EXPECT_EQ(LinesOf(r.err).size(), 1u) << r.err;
  }
  EXPECT_EQ(Call(TraceEventsCommand(), {path_, "--task", "9"}).err,
            "asupersync: there is no task T9 in " + path_ + "\n");
  // There it may be in what is missing.
  const CliResult cut = Call(TraceEventsCommand(),
                             {SaveTruncated("events_task.async"), "--task=T9"});
  EXPECT_EQ(cut.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(cut.err, "without a footer")) << cut.err;
  EXPECT_FALSE(absl::StrContains(cut.err, "T9")) << cut.err;
}

TEST_F(TraceEventsTest, TheFilterSeesTheWholeLine) {
  const CliResult by_kind =
      Call(TraceEventsCommand(), {path_, "--filter", "UserTrace|TimerF"});
  EXPECT_EQ(LinesOf(by_kind.out).size(), 2u) << by_kind.out;
  const CliResult by_name =
      Call(TraceEventsCommand(), {path_, "--filter", "\\(consumer\\) Task"});
  EXPECT_EQ(LinesOf(by_name.out).size(), 4u) << by_name.out;
  const CliResult by_site = Call(
      TraceEventsCommand(), {path_, "--filter", "unknown site$", "--to", "3"});
  EXPECT_EQ(LinesOf(by_site.out).size(), 1u) << by_site.out;
}

TEST_F(TraceEventsTest, ABadExpressionIsAUsageErrorWithItsReason) {
  const CliResult r = Call(TraceEventsCommand(), {path_, "--filter", "a(b"});
  EXPECT_EQ(r.code, ExitCode::kUsage);
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(r.err,
            "asupersync trace events: --filter 'a(b' is no RE2 expression: "
            "missing ): a(b; see 'asupersync help trace events'\n");
}

TEST_F(TraceEventsTest, BadNumbersAreUsageErrors) {
  EXPECT_EQ(Call(TraceEventsCommand(), {path_, "--from", "x"}).code,
            ExitCode::kUsage);
  EXPECT_EQ(Call(TraceEventsCommand(), {path_, "--to", "-1"}).code,
            ExitCode::kUsage);
  EXPECT_EQ(
      Call(TraceEventsCommand(), {path_, "--from", "3", "--to", "2"}).code,
      ExitCode::kUsage);
}

TEST_F(TraceEventsTest, WhatIsThereOfABadFileIsPrinted) {
  for (const std::string& path :
       {SaveTruncated("events_cut.async"), SaveDamaged("events_bad.async")}) {
    const CliResult r = Call(TraceEventsCommand(), {path});
    EXPECT_EQ(r.code, ExitCode::kInput);
    EXPECT_GT(LinesOf(r.out).size(), 1000u);
    EXPECT_EQ(LinesOf(r.err).size(), 1u) << r.err;
  }
}

TEST_F(TraceEventsTest, AMissingFileIsOneLine) {
  const CliResult r = Call(TraceEventsCommand(), {"/no/such.async"});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_EQ(LinesOf(r.err).size(), 1u) << r.err;
}

// Fails after some bytes, as a closed pipe does.
class ClosingBuf : public std::streambuf {
 public:
  int64_t taken = 0;

 protected:
  int_type overflow(int_type c) override {
    return ++taken > 1000 ? traits_type::eof() : traits_type::not_eof(c);
  }
};

TEST_F(TraceEventsTest, ItStopsWhenNobodyReadsOn) {
  ToyTrace toy;
  toy.extra_steps = 100000;
  const auto arguments = ParseArguments(TraceEventsCommand().arguments,
                                        {toy.Save("events_long.async")});
  ASSERT_TRUE(arguments.ok());
  ClosingBuf buffer;
  std::ostream out(&buffer);
  std::ostringstream err;
  EXPECT_EQ(TraceEventsCommand().run(*arguments, {out, err}), ExitCode::kOk);
  EXPECT_EQ(err.str(), "");
  EXPECT_LE(buffer.taken, 1002);
}

}  // namespace
}  // namespace asupersync::cli
