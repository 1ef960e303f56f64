// Each kind of difference between a recording and an edited program is found,
// and named, by a replay of the program.
#include <ostream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Json = nlohmann::json;

struct Case {
  const char* change;
  const char* test;
  const char* name;  // of its folder
  const char* category;
  const char* expected;  // parts of the report
  const char* actual;
  const char* place;  // of what comes instead
  const char* cause;
};

// The clock, the end of the execution and its choices have none.
constexpr char kNone[] = "unknown site";
constexpr char kSubject[] = "testing/e2e/changed_subject.cc:";

// What gtest prints of a case.
void PrintTo(const Case& c, std::ostream* out) { *out << c.change; }

class ReplayDivergenceTest : public ::testing::TestWithParam<Case> {};

TEST_P(ReplayDivergenceTest, IsCategorizedAndExplained) {
  const Case& c = GetParam();
  const std::string root = FreshFolder();
  const ProcessResult recorded =
      RunSubject({std::string("--gtest_filter=") + c.test,
                  "--lab_artifacts=always", "--lab_artifacts_dir=" + root});
  ASSERT_EQ(recorded.exit_status, 0) << recorded.out;
  const std::string trace = root + "/" + c.name + "/trace.async";
  const std::string output = FreshFolder();
  // Without the change the replay is identical.
  const ProcessResult unchanged =
      RunSubject({"--lab_replay=" + trace, "--lab_artifacts_dir=" + output});
  EXPECT_THAT(unchanged.out, HasSubstr("REPLAY IDENTICAL"));
  const ProcessResult replay =
      RunSubject({"--lab_replay=" + trace, "--lab_artifacts_dir=" + output},
                 {{"SUBJECT_CHANGE", c.change}});
  EXPECT_EQ(replay.exit_status, 1) << replay.out << replay.err;
  EXPECT_THAT(LinesWith(replay.out, ": Failure"), SizeIs(1)) << replay.out;
  EXPECT_THAT(replay.out, AllOf(HasSubstr("REPLAY DIVERGED"),
                                HasSubstr(std::string("(") + c.category + ")"),
                                HasSubstr("--lab_replay_mode=resync")));
  const Json report = ReadJson(output + "/" + c.name + "/divergence.json");
  EXPECT_EQ(report["category"], c.category) << report.dump(2);
  EXPECT_THAT(report["expected"].get<std::string>(), HasSubstr(c.expected));
  EXPECT_THAT(report["actual"].get<std::string>(), HasSubstr(c.actual));
  EXPECT_THAT(report["likely_cause"].get<std::string>(), HasSubstr(c.cause));
  EXPECT_THAT(report["actual_site"].get<std::string>(), HasSubstr(c.place));
}

INSTANTIATE_TEST_SUITE_P(
    Every, ReplayDivergenceTest,
    ::testing::Values(
        Case{"schedule", "Concurrent.Program", "Concurrent_Program", "schedule",
             "TaskCompleted", "TaskBlocked", kSubject, "waits"},
        Case{"time", "Classic.MovesTheClock", "Classic_MovesTheClock", "time",
             "TimeAdvanced from=1000000ns to=6000000ns",
             "TimeAdvanced from=1000000ns to=7000000ns", kNone,
             "AdvanceTime()"},
        Case{"timer", "Sequential.Program", "Sequential_Program", "timer",
             "TimerCreated", "TimerCreated", kSubject, "a Sleep() or a budget"},
        Case{"random", "Sequential.Program", "Sequential_Program", "random",
             "RngValue", "TaskYielded", kSubject, "draws fewer"},
        Case{"draw", "Sequential.Program", "Sequential_Program", "random",
             "TaskYielded", "draws a random value", kSubject, "draws more"},
        // The new Yield() stands where the old one did; the old one is new.
        Case{"yield", "Sequential.Program", "Sequential_Program", "timer",
             "TimerCreated", "TaskYielded", kSubject, "already event #"},
        Case{"io", "Sequential.Program", "Sequential_Program", "io", "", "",
             kNone, "bytes"},
        Case{"chaos", "Chaotic.Sleeps", "Chaotic_Sleeps", "chaos",
             "ChaosInjection", "", kSubject, "a fault was injected"},
        Case{"outcome", "Sequential.Program", "Sequential_Program", "outcome",
             "TaskCompleted", "TaskCompleted", kSubject,
             "recorded to end with err, it ends with ok"},
        Case{"region", "Sequential.Program", "Sequential_Program", "region",
             "RegionCreated", "", kSubject, "scopes"},
        Case{"length", "Classic.RunsOnce", "Classic_RunsOnce", "length",
             "end of the trace", "TaskSpawned", kSubject, "does more"},
        Case{"certificate", "Sequential.Program", "Sequential_Program",
             "certificate", "end of the trace", "the execution ended", kNone,
             "footprints"},
        Case{"start", "Classic.RecordsLate", "Classic_RecordsLate",
             "certificate", "", "another schedule before recording began",
             kNone, "the first 3 steps"}),
    [](const ::testing::TestParamInfo<Case>& info) {
      return std::string(info.param.change);
    });

}  // namespace
}  // namespace e2e
}  // namespace asupersync
