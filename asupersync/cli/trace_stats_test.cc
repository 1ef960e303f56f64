#include "asupersync/cli/trace_stats.h"

#include <string>

#include "absl/strings/match.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::json;

Json Stats(std::vector<std::string> words) {
  words.push_back("--format=json");
  const CliResult r = Call(TraceStatsCommand(), words);
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  return Json::parse(r.out);
}

TEST(TraceStatsTest, EverythingIsCounted) {
  const std::string path = ToyTrace().Save("stats.async");
  const Json json = Stats({path});
  EXPECT_EQ(json["events"], 18);
  EXPECT_EQ(json["steps"], 4);
  EXPECT_EQ(json["context_switches"], 3);
  EXPECT_EQ(json["time_advances"], 1);
  EXPECT_EQ(json["time_to_nanos"], 100000000);
  EXPECT_EQ(json["bytes_per_event"].get<double>(),
            static_cast<int>(ReadBytes(path).size() * 1000.0 / 18 + 0.5) /
                1000.0);
  ASSERT_EQ(json["tasks"].size(), 2u);
  // Of equal steps the smaller number comes first.
  EXPECT_EQ(json["tasks"][0]["name"], "producer");
  EXPECT_EQ(json["tasks"][0]["steps"], 2);
  EXPECT_EQ(json["tasks"][0]["events"], 9);
  EXPECT_EQ(json["tasks"][0]["waits"], 1);
  EXPECT_EQ(json["tasks"][0]["outcome"], nullptr);
  EXPECT_EQ(json["tasks"][1]["woken"], 1);
  EXPECT_EQ(json["tasks"][1]["outcome"], 0);
  ASSERT_EQ(json["regions"].size(), 1u);
  EXPECT_EQ(json["regions"][0]["tasks"], 2);
  EXPECT_EQ(json["regions"][0]["steps"], 4);
  EXPECT_EQ(json["sites"][0]["events"], 10);
  EXPECT_EQ(json["kinds"][0]["event"], "TaskScheduled");
  EXPECT_EQ(json["kinds"][0]["events"], 4);
}

TEST(TraceStatsTest, OnlyWhatTheOptionsTakeIsCounted) {
  const std::string path = ToyTrace().Save("stats.async");
  const Json json = Stats({path, "--task=consumer"});
  EXPECT_EQ(json["events"], 7);
  EXPECT_EQ(json["steps"], 2);
  EXPECT_EQ(json["bytes_per_event"], nullptr);
}

TEST(TraceStatsTest, TopLimitsWhatIsShown) {
  const std::string path = ToyTrace().Save("stats.async");
  const Json json = Stats({path, "--top=1"});
  EXPECT_EQ(json["tasks"].size(), 1u);
  EXPECT_EQ(json["tasks_total"], 2);
  const CliResult r = Call(TraceStatsCommand(), {path, "--top=1"});
  EXPECT_TRUE(absl::StrContains(r.out, "T1(producer) in R1\n  ... and 1 more"))
      << r.out;
  EXPECT_EQ(Call(TraceStatsCommand(), {path, "--top=x"}).code,
            ExitCode::kUsage);
}

TEST(TraceStatsTest, ADamagedTraceIsCountedAsFarAsItGoes) {
  const CliResult r = Call(TraceStatsCommand(), {SaveDamaged("stats.async")});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.out, "\ncontext_switches ")) << r.out;
  EXPECT_TRUE(absl::StrContains(r.err, "is damaged at byte ")) << r.err;
}

}  // namespace
}  // namespace asupersync::cli
