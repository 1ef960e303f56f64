// Chaos that a flag, a variable or a recording asks for: what is found, what is
// said of it, and how it comes again.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

constexpr char kBug[] = "--gtest_filter=Slots.AreKeptByWhoIsCancelled";
constexpr char kTwin[] = "--gtest_filter=Slots.AreGivenBack";
constexpr char kSweep[] = "--lab_explore=sweep:300";
// A task that has lost its budget shows the planted bug as well.
constexpr char kText[] = "heavy,budget=0";
const char* const kWhole =
    "cancel=0.02,delay=0.1,spurious_wake=0.1,batched_wake=0.1,"
    "timer_jitter=0.2,io_error=0.1,delay_max=100ms,jitter_max=100ms";

class ChaosTest : public ::testing::Test {
 protected:
  ChaosTest() : root_(FreshFolder()) {}

  ProcessResult Run(std::vector<std::string> arguments,
                    const Variables& variables = {}) {
    arguments.push_back("--lab_artifacts_dir=" + root_);
    return RunSubject(arguments, variables);
  }

  // The planted bug, found by a sweep.
  ProcessResult FindBug() {
    return Run({kBug, kSweep, absl::StrCat("--lab_chaos=", kText)});
  }

  // Pastes a line of the output into a shell.
  ProcessResult Paste(const std::string& line,
                      const Variables& variables = {}) {
    return RunProcess({"/bin/sh", "-c", line}, variables, root_);
  }

  // Expects that the run is refused, and returns why.
  std::string Refused(const std::vector<std::string>& arguments,
                      const Variables& variables = {}) {
    const auto before = ReadTree(root_);
    const ProcessResult result = Run(arguments, variables);
    EXPECT_EQ(result.exit_status, 2) << result.out << result.err;
    EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
    EXPECT_EQ(ReadTree(root_), before);
    return result.err;
  }

  std::string Manifest(const std::string& name) const {
    return absl::StrCat(root_, "/", name, "/repro_manifest.json");
  }

  std::string root_;
};

constexpr char kBugName[] = "Slots_AreKeptByWhoIsCancelled";

TEST_F(ChaosTest, IsOffByDefault) {
  const ProcessResult result = Run({kBug, kSweep, "--lab_artifacts=always"});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.out, Not(HasSubstr("CHAOS")));
  EXPECT_THAT(result.out, Not(HasSubstr("WARNING")));
  const Json manifest = ReadJson(Manifest(kBugName));
  EXPECT_EQ(manifest["chaos"], "off");
  EXPECT_EQ(manifest["chaos_opportunities"], 0);
}

TEST_F(ChaosTest, FindsABugThatOnlyACancelledTaskShows) {
  const ProcessResult result = FindBug();
  EXPECT_EQ(result.exit_status, 1) << result.out;
  EXPECT_THAT(LinesWith(result.out, "[  SWEEP   ]"),
              ElementsAre(HasSubstr("failed, with seed")));
  const Json manifest = ReadJson(Manifest(kBugName));
  EXPECT_EQ(manifest["chaos"], kWhole);
  EXPECT_EQ(manifest["chaos_injected"].value("cancel", 0), 1);
  EXPECT_THAT(ReadFile(absl::StrCat(root_, "/", kBugName, "/event_log.txt")),
              AllOf(HasSubstr(absl::StrCat("\nchaos=", kWhole)),
                    HasSubstr("ChaosInjection")));
}

TEST_F(ChaosTest, TheCorrectTwinPasses) {
  const ProcessResult result = Run({kTwin, kSweep, "--lab_chaos=heavy"});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(LinesWith(result.out, "[  CHAOS   ] Slots.AreGivenBack: "),
              ElementsAre(HasSubstr("cancel ")));
}

TEST_F(ChaosTest, TheVariableDoesWhatTheFlagDoes) {
  const auto told = [](const ProcessResult& result) {
    std::vector<std::string> lines = LinesWith(result.out, "[  CHAOS   ]");
    for (std::string& line : LinesWith(result.out, "certificate=")) {
      lines.push_back(std::move(line));
    }
    return lines;
  };
  const auto by_flag = told(FindBug());
  EXPECT_THAT(by_flag, SizeIs(2));
  EXPECT_EQ(told(Run({kBug, kSweep}, {{"ASUPERSYNC_CHAOS", kText}})),
            by_flag);
}

TEST_F(ChaosTest, TheFlagBeatsTheVariable) {
  const ProcessResult result =
      Run({kBug, kSweep, "--lab_chaos=off"}, {{"ASUPERSYNC_CHAOS", "heavy"}});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.out, Not(HasSubstr("CHAOS")));
}

TEST_F(ChaosTest, AMistakeInItIsOneLineThatSaysWhatIsAccepted) {
  EXPECT_THAT(Refused({"--lab_chaos=wild"}),
              AllOf(HasSubstr("--lab_chaos=wild"), HasSubstr("off, light, "),
                    HasSubstr("spurious_wake")));
  EXPECT_THAT(Refused({}, {{"ASUPERSYNC_CHAOS", "heavy,delay=1"}}),
              AllOf(HasSubstr("ASUPERSYNC_CHAOS=heavy,delay=1"),
                    HasSubstr("more than 1")));
  EXPECT_THAT(Refused({"--lab_chaos=delay_max=2h"}), HasSubstr("1ns to 1h"));
  EXPECT_THAT(Refused({"--lab_chaos="}), HasSubstr("empty"));
}

TEST_F(ChaosTest, EachPastedLineFailsAgain) {
  const ProcessResult found = FindBug();
  std::vector<std::string> lines = LinesWith(found.out, SubjectPath());
  ASSERT_THAT(lines, SizeIs(3)) << found.out;
  lines.pop_back();  // in gdb
  EXPECT_THAT(lines[0], HasSubstr(absl::StrCat(" --lab_chaos=", kText)));
  EXPECT_THAT(lines[1],
              AllOf(HasSubstr("--lab_replay="), Not(HasSubstr("--lab_chaos"))));
  // The same schedule, so that the fault is the same.
  const std::string certificate =
      ReadJson(Manifest(kBugName))["schedule_certificate"];
  const Variables folder = {{"ASUPERSYNC_TEST_ARTIFACTS_DIR", root_}};
  for (const std::string& line : lines) {
    const ProcessResult again = Paste(line, folder);
    EXPECT_EQ(again.exit_status, 1) << line;
    EXPECT_THAT(again.out, HasSubstr("certificate=" + certificate)) << line;
  }
}

TEST_F(ChaosTest, AReplayNeedsNoFlagAndAgreesWithTheRightOne) {
  FindBug();
  const std::string replay = "--lab_replay=" + Manifest(kBugName);
  const std::vector<std::pair<std::vector<std::string>, Variables>> runs = {
      {{replay}, {}},
      {{replay, absl::StrCat("--lab_chaos=", kText)}, {}},
      {{replay, absl::StrCat("--lab_chaos=", kWhole)}, {}},
      {{replay}, {{"ASUPERSYNC_CHAOS", kText}}},
  };
  for (const auto& [arguments, variables] : runs) {
    const ProcessResult result = Run(arguments, variables);
    EXPECT_EQ(result.exit_status, 1) << result.err;
    EXPECT_THAT(result.out,
                AllOf(HasSubstr("REPLAY IDENTICAL"),
                      HasSubstr("the recorded failure was reproduced"),
                      HasSubstr("[  CHAOS   ]")));
  }
  const Json recorded = ReadJson(Manifest(kBugName));
  const Json replayed =
      ReadJson(Manifest(absl::StrCat(kBugName, "_replay")));
  for (const char* field : {"chaos", "chaos_injected", "chaos_opportunities",
                            "config_hash", "schedule_certificate"}) {
    EXPECT_EQ(replayed[field], recorded[field]) << field;
  }
}

TEST_F(ChaosTest, TheLinesOfAReplayFailAgainToo) {
  FindBug();
  const ProcessResult replay = Run({"--lab_replay=" + Manifest(kBugName)});
  std::vector<std::string> lines = LinesWith(replay.out, SubjectPath());
  ASSERT_THAT(lines, SizeIs(3)) << replay.out;
  lines.pop_back();  // in gdb
  for (const std::string& line : lines) {
    const ProcessResult again =
        Paste(line, {{"ASUPERSYNC_TEST_ARTIFACTS_DIR", root_}});
    EXPECT_EQ(again.exit_status, 1) << line << again.err;
    EXPECT_THAT(again.out, HasSubstr("Which is: 1")) << line;
  }
}

TEST_F(ChaosTest, AReplayUnderOtherChaosIsRefused) {
  FindBug();
  const std::string replay = "--lab_replay=" + Manifest(kBugName);
  EXPECT_THAT(Refused({replay, "--lab_chaos=light"}),
              AllOf(HasSubstr("cannot replay: " + Manifest(kBugName)),
                    HasSubstr(kWhole),
                    HasSubstr("--lab_chaos is light"),
                    HasSubstr("leave --lab_chaos out")));
  EXPECT_THAT(Refused({replay}, {{"ASUPERSYNC_CHAOS", "off"}}),
              HasSubstr("ASUPERSYNC_CHAOS is off"));
}

TEST_F(ChaosTest, ATraceWithUnknownChaosIsRefused) {
  FindBug();
  const std::string path = absl::StrCat(root_, "/", kBugName, "/trace.async");
  const ReplayTrace trace = *TraceReader::Open(path)->ReadAll();
  TraceMetadata metadata = trace.metadata();
  for (auto& [name, value] : metadata.config) {
    if (name == "chaos") value = "meteors=1";
  }
  TraceWriter writer = *TraceWriter::Create(path);
  ASSERT_TRUE(writer
                  .WriteTrace(ReplayTrace(metadata, trace.sites(),
                                          trace.blocks(), trace.summary(),
                                          trace.recovered()))
                  .ok());
  ASSERT_TRUE(writer.Finish().ok());
  EXPECT_THAT(Refused({"--lab_replay=" + path}),
              AllOf(HasSubstr("cannot replay: " + path),
                    HasSubstr("meteors=1")));
}

TEST_F(ChaosTest, UnderBazelTheSeedLineCarriesTheVariable) {
  const ProcessResult result =
      Run({kBug, kSweep}, {{"TEST_TARGET", "//a:t"},
                           {"ASUPERSYNC_CHAOS", "heavy,delay=0"}});
  EXPECT_THAT(LinesWith(result.out, "bazel test "),
              ElementsAre(HasSubstr(
                  " --test_env=ASUPERSYNC_CHAOS=heavy,delay=0")));
  EXPECT_THAT(LinesWith(result.out, "bazel run "),
              ElementsAre(Not(HasSubstr("CHAOS")),
                          HasSubstr(" --lab_chaos=heavy,delay=0 ")));
}

TEST_F(ChaosTest, StatisticsAreInTheOutputTheManifestAndTheXml) {
  const std::string xml = root_ + "/out.xml";
  const ProcessResult result =
      Run({"--gtest_filter=Three.Yields:Classic.Yields", "--lab_chaos=delay=1",
           "--lab_artifacts=always", "--gtest_output=xml:" + xml});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, "CHAOS"),
              ElementsAre("[  CHAOS   ] Three.Yields: 3 of 3: delay 3",
                          "[  CHAOS   ] Classic.Yields: 3 of 3: delay 3"));
  EXPECT_THAT(result.out, Not(HasSubstr("WARNING")));
  for (const char* name : {"Three_Yields", "Classic_Yields"}) {
    const Json manifest = ReadJson(Manifest(name));
    EXPECT_EQ(manifest["chaos"], "delay=1,delay_max=1ms,jitter_max=1ms");
    EXPECT_EQ(manifest["chaos_opportunities"], 3);
    EXPECT_EQ(manifest["chaos_injected"], Json({{"delay", 3}}));
  }
  const std::string properties = ReadFile(xml);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{
           {"chaos", "delay=1,delay_max=1ms,jitter_max=1ms"},
           {"chaos_opportunities", "3"},
           {"chaos_injected", "3"},
           {"chaos_delay", "3"}}) {
    const std::string property = absl::StrCat("<property name=\"", name,
                                              "\" value=\"", value, "\"/>");
    EXPECT_THAT(LinesWith(properties, property), SizeIs(2)) << property;
  }
}

TEST_F(ChaosTest, ASweepsStatisticsAreOfAllItsExecutions) {
  const ProcessResult result =
      Run({"--gtest_filter=Three.Yields", "--lab_chaos=delay=1",
           "--lab_explore=sweep:5", "--lab_artifacts=always"});
  EXPECT_THAT(LinesWith(result.out, "CHAOS"),
              ElementsAre("[  CHAOS   ] Three.Yields: 15 of 15: delay 15"));
  // The manifest is of the last execution.
  EXPECT_EQ(ReadJson(Manifest("Three_Yields"))["chaos_opportunities"], 3);
  EXPECT_EQ(ReadJson(root_ + "/Three_Yields_summary.json")["sweep"]["chaos"],
            "15 of 15: delay 15");
}

TEST_F(ChaosTest, WarnsWhenNothingWasInjected) {
  const ProcessResult result =
      Run({"--gtest_filter=Three.Yields", "--lab_chaos=delay=0.000001"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, "CHAOS"),
              ElementsAre("[  CHAOS   ] Three.Yields: 0 of 3"));
  EXPECT_THAT(
      LinesWith(result.out, "WARNING"),
      ElementsAre("[ WARNING  ] Three.Yields: chaos was on "
                  "(delay=0.000001,delay_max=1ms,jitter_max=1ms) and injected "
                  "nothing in 3 opportunities"));
}

// A test's body is never cancelled, and it has no other task.
TEST_F(ChaosTest, WarnsWhenNothingCouldBeInjected) {
  const ProcessResult result =
      Run({"--gtest_filter=Three.Yields", "--lab_chaos=cancel=0.5"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, "CHAOS"),
              ElementsAre("[  CHAOS   ] Three.Yields: 0 of 0"));
  EXPECT_THAT(LinesWith(result.out, "WARNING"),
              ElementsAre("[ WARNING  ] Three.Yields: chaos was on "
                          "(cancel=0.5,delay_max=1ms,jitter_max=1ms) and "
                          "nothing that it injects could be injected here"));
}

TEST_F(ChaosTest, ATestThatRunsNothingIsNotReported) {
  const ProcessResult result =
      Run({"--gtest_filter=Classic.RunsNothing", "--lab_chaos=heavy"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, "CHAOS"), IsEmpty());
  EXPECT_THAT(LinesWith(result.out, "WARNING"), IsEmpty());
}

TEST_F(ChaosTest, ATestsOwnChaosIsReportedAndReplayed) {
  for (const Variables& variables :
       {Variables(), Variables{{"ASUPERSYNC_CHAOS", "light"}}}) {
    root_ = FreshFolder();
    const ProcessResult result =
        Run({"--gtest_filter=OwnChaos.EndsTheWorker"}, variables);
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(LinesWith(result.out, "[  CHAOS   ]"),
                ElementsAre(HasSubstr("cancel 1")));
    EXPECT_EQ(absl::StrContains(result.out, "--lab_chaos="),
              !variables.empty());
    const std::string manifest = Manifest("OwnChaos_EndsTheWorker");
    EXPECT_EQ(ReadJson(manifest)["chaos"],
              "cancel=1,delay_max=1ms,jitter_max=1ms");
    // The test does not heed the variable, so it is no contradiction.
    const ProcessResult replay = Run({"--lab_replay=" + manifest}, variables);
    EXPECT_THAT(replay.out, HasSubstr("REPLAY IDENTICAL")) << replay.err;
  }
}

TEST_F(ChaosTest, ATestMayTakeTheFlagsChaosInPart) {
  const ProcessResult result =
      Run({"--gtest_filter=Tamed.*", "--lab_chaos=cancel=0.5,delay=0.5",
           "--lab_artifacts=always"});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(LinesWith(result.out, "[  CHAOS   ]"),
              ElementsAre(AllOf(HasSubstr("delay "),
                                Not(HasSubstr("cancel ")))));
  const std::string replay =
      "--lab_replay=" + Manifest("Tamed_IsDelayedButNotCancelled");
  EXPECT_THAT(Run({replay}).out, HasSubstr("REPLAY IDENTICAL"));
  EXPECT_THAT(Run({replay, "--lab_chaos=cancel=0.5,delay=0.5"}).out,
              HasSubstr("REPLAY IDENTICAL"));
}

TEST_F(ChaosTest, IsDeterministicAndCountedOnceWhenChecked) {
  const auto run = [&](const char* check) {
    return Run({kTwin, "--lab_explore=sweep:20", "--lab_chaos=heavy", check});
  };
  const ProcessResult checked = run("--lab_check_determinism");
  EXPECT_EQ(checked.exit_status, 0) << checked.out;
  EXPECT_THAT(checked.out, HasSubstr("no difference"));
  EXPECT_THAT(LinesWith(checked.out, "[  CHAOS   ]"), SizeIs(1));
  EXPECT_EQ(LinesWith(checked.out, "[  CHAOS   ]"),
            LinesWith(run("--lab_check_determinism=0").out, "[  CHAOS   ]"));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
