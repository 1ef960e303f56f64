// What a lab test leaves whose process dies, in every way that it can die, and
// what can be done with it.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/dies_place.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Json = nlohmann::json;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHasAsan = true;
#elif defined(__has_feature)
constexpr bool kHasAsan = __has_feature(address_sanitizer);
#else
constexpr bool kHasAsan = false;
#endif

struct Way {
  const char* name;
  int exit_status;
  int signal;  // that is noted; 0: none can be
  bool speaks;  // something could write last words
};

// What a fault does under AddressSanitizer, whose handler it is.
Way OfFault(const char* name, int signal) {
  if (kHasAsan) return {name, 1, 0, true};
  return {name, 128 + signal, signal, true};
}

std::vector<Way> Ways() {
  std::vector<Way> ways = {
      OfFault("segv", SIGSEGV),
      {"abort", 128 + SIGABRT, SIGABRT, true},
      {"terminate", 128 + SIGABRT, SIGABRT, true},
      OfFault("stack", SIGSEGV),
      {"term", 128 + SIGTERM, SIGTERM, true},
      {"int", 128 + SIGINT, SIGINT, true},
      {"trap", 128 + SIGTRAP, SIGTRAP, true},
      {"pipe", 128 + SIGPIPE, SIGPIPE, true},
      {"alarm", 128 + SIGALRM, SIGALRM, true},
      {"cpu", 128 + SIGXCPU, SIGXCPU, true},
      {"kill", 128 + SIGKILL, 0, false},
      {"exit", 1, 0, true},
      {"full", 128 + SIGABRT, SIGABRT, true},
  };
  if (kHasAsan) {
    ways.push_back({"asan", 1, 0, true});
  } else {
    // AddressSanitizer needs memory to report that there is none, and hangs.
    ways.push_back({"heap", 128 + SIGABRT, SIGABRT, true});
  }
  return ways;
}

class DiesTest : public ::testing::TestWithParam<Way> {
 protected:
  DiesTest() : result_(RunDies(place_, GetParam().name)) {}

  bool is_full() const { return std::string(GetParam().name) == "full"; }
  std::string SeedLine() const {
    return " --gtest_filter=Dies.InTheMiddleOfAStep "
           "--lab_seed=0x123456789abcdef0 " + std::string(GetParam().name);
  }
  std::string DebuggerLine() const {
    return "gdb --args " + SubjectPath() + ReplayLine();
  }
  std::string ReplayLine() const {
    return " --gtest_filter=Dies.InTheMiddleOfAStep --lab_replay=" +
           place_.manifest() + " " + GetParam().name;
  }

  Place place_;
  ProcessResult result_;
};

TEST_P(DiesTest, EndsAsItWouldHaveWithoutUs) {
  EXPECT_EQ(result_.exit_status, GetParam().exit_status) << result_.err;
}

TEST_P(DiesTest, LeavesEveryEventThatWasRecorded) {
  const ReplayTrace trace = ReadTrace(place_.trace());
  EXPECT_FALSE(trace.complete());
  EXPECT_EQ(trace.metadata().test_id, kTestId);
  EXPECT_EQ(trace.metadata().seed, kDefaultSeed);
  EXPECT_GT(Progress(place_), 300u);
  if (is_full()) {
    // Up to where the disk was full, beyond what was said last.
    EXPECT_GT(trace.size(), Progress(place_));
    EXPECT_LT(trace.size(), Progress(place_) + 300);
    EXPECT_THAT(LinesWith(result_.err, "goes on in memory"),
                ElementsAre(HasSubstr("File too large")));
    EXPECT_EQ(trace.limit(), RecordingLimit::kNoRoom);
  } else {
    EXPECT_EQ(trace.size(), Progress(place_));
    EXPECT_EQ(LastText(trace), "UserTrace text=\"about to die\"");
    EXPECT_EQ(trace.limit(), RecordingLimit::kNone);
  }
}

TEST_P(DiesTest, LeavesAManifestThatSaysRunning) {
  const Json json = ReadJson(place_.manifest());
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["status"], "running");
  EXPECT_EQ(json["passed"], false);
  EXPECT_EQ(json["test_id"], kTestId);
  EXPECT_EQ(json["seed"], kDefaultSeed);
  EXPECT_EQ(json["trace_file"], "trace.async");
  EXPECT_EQ(json["arguments"], Json::array({GetParam().name}));
  EXPECT_EQ(json["signal"], GetParam().signal);
  EXPECT_TRUE(place_.marked());
}

TEST_P(DiesTest, LeavesALogThatSaysHowToGoOn) {
  const std::string log = ReadFile(place_.log());
  EXPECT_THAT(log, StartsWith("test_id=Dies.InTheMiddleOfAStep "
                              "seed=0x123456789abcdef0 "));
  EXPECT_THAT(LinesWith(log, "outcome=running"), SizeIs(1));
  EXPECT_THAT(log, AllOf(HasSubstr(SeedLine()), HasSubstr(ReplayLine()),
                         HasSubstr(DebuggerLine()),
                         HasSubstr("asupersync trace events " +
                                   place_.trace()),
                         HasSubstr("== not finished")));
}

TEST_P(DiesTest, SaysSoOnStandardErrorWhereItCan) {
  const std::vector<std::string> died =
      LinesWith(result_.err, "asupersync: DIED: Dies.InTheMiddleOfAStep by");
  if (!GetParam().speaks) {
    EXPECT_THAT(died, IsEmpty());
    return;
  }
  ASSERT_THAT(died, SizeIs(1)) << result_.err;
  const std::string by =
      GetParam().name == std::string("exit")
          ? " by _exit(), called while the test ran"
      : GetParam().signal == 0
          ? " by a sanitizer's report"
          : absl::StrCat(" by signal ", GetParam().signal, " (SIG");
  EXPECT_THAT(died[0], HasSubstr(by));
  EXPECT_THAT(result_.err, AllOf(HasSubstr(SeedLine()),
                                 HasSubstr(ReplayLine()),
                                 HasSubstr(DebuggerLine()),
                                 HasSubstr("artifacts: " + place_.folder())));
}

TEST_P(DiesTest, IsReportedAsADeath) {
  const std::string report = Asupersync({"report", place_.folder()}).out;
  EXPECT_THAT(report,
              HasSubstr(GetParam().signal == 0 || !GetParam().speaks
                            ? std::string("runs or died before the end")
                            : absl::StrCat("its process died by signal ",
                                           GetParam().signal)));
  EXPECT_THAT(report, Not(HasSubstr("nothing was run")));
}

TEST_P(DiesTest, LeavesATraceThatTheToolsRead) {
  const std::size_t events = ReadTrace(place_.trace()).size();
  const ProcessResult verified =
      Asupersync({"trace", "verify", place_.trace()});
  EXPECT_EQ(verified.exit_status, 2);
  EXPECT_THAT(verified.out + verified.err,
              HasSubstr(absl::StrCat("truncated: ", events,
                                     " events recovered")));
  const std::string out = FreshFolder() + "/out.async";
  EXPECT_EQ(Asupersync({"trace", "recover", place_.trace(), out}).exit_status,
            0);
  EXPECT_TRUE(All(ReadTrace(out)) == All(ReadTrace(place_.trace())));
}

TEST_P(DiesTest, IsFinishedByTheNextStart) {
  const std::vector<EventRecord> events = All(ReadTrace(place_.trace()));
  const ProcessResult next = RunSomethingElse(place_);
  EXPECT_EQ(next.exit_status, 0);
  EXPECT_THAT(LinesWith(next.err, "died in an earlier run"),
              ElementsAre(AllOf(
                  StartsWith("asupersync: Dies.InTheMiddleOfAStep died"),
                  HasSubstr(absl::StrCat(events.size(), " events")),
                  HasSubstr(place_.log()))));
  EXPECT_TRUE(All(ReadTrace(place_.trace())) == events);
  EXPECT_LT(fs::file_size(place_.trace()), 100'000u) << "not compact";
  const Json json = ReadJson(place_.manifest());
  EXPECT_EQ(json["status"], "died");
  EXPECT_EQ(json["signal"], GetParam().signal);
  EXPECT_EQ(json["steps"], events.back().tick);
  EXPECT_THAT(json["failure_reason"], HasSubstr("the process died"));
  const std::string log = ReadFile(place_.log());
  EXPECT_THAT(LinesWith(log, "outcome=died"), SizeIs(1));
  EXPECT_THAT(LinesWith(log, "tick="), SizeIs(events.size()));
  EXPECT_THAT(log, AllOf(HasSubstr(ReplayLine()),
                         Not(HasSubstr("== not finished"))));
  EXPECT_FALSE(fs::exists(place_.root + "/.running"));
  EXPECT_EQ(RunSomethingElse(place_).err, "") << "told twice";
}

TEST_P(DiesTest, DiesAgainInItsReplay) {
  const std::vector<EventRecord> events = All(ReadTrace(place_.trace()));
  Place other;
  const ProcessResult replay =
      RunDies(other, GetParam().name, {"--lab_replay=" + place_.manifest()});
  EXPECT_EQ(replay.exit_status, GetParam().exit_status) << replay.err;
  EXPECT_TRUE(All(ReadTrace(other.trace())) == events);
  EXPECT_EQ(ReadJson(other.manifest())["replay_of"], place_.trace());
  // Also when it is finished, and with the artifacts in one folder.
  const auto before = ReadTree(place_.folder());
  RunSomethingElse(place_);
  const auto finished = ReadTree(place_.folder());
  EXPECT_NE(finished, before);
  const ProcessResult again =
      RunDies(place_, GetParam().name, {"--lab_replay=" + place_.manifest()});
  EXPECT_EQ(again.exit_status, GetParam().exit_status) << again.err;
  EXPECT_EQ(ReadTree(place_.folder()), finished);
  EXPECT_TRUE(All(ReadTrace(place_.folder() + "_replay/trace.async")) ==
              events);
}

TEST_P(DiesTest, DiesAgainInTheReplayCommand) {
  const auto before = ReadTree(place_.folder());
  const std::string last_event = absl::StrCat(
      ", after event #", ReadTrace(place_.trace()).end_index() - 1);
  const std::string how =
      GetParam().signal == 0
          ? " died"
          : absl::StrCat(" died by signal ", GetParam().signal, " (SIG");
  const ProcessResult running = Asupersync({"replay", place_.manifest()});
  EXPECT_EQ(running.exit_status, 10) << running.err;
  EXPECT_THAT(running.out, HasSubstr(absl::StrCat(
                               "replays ", kTestId, ", recorded as", how)));
  EXPECT_THAT(LinesWith(running.out, "replay identical: "),
              ElementsAre(AllOf(HasSubstr(absl::StrCat(kTestId, how)),
                                EndsWith(last_event))))
      << running.out;
  EXPECT_EQ(ReadTree(place_.folder()), before) << "it writes elsewhere";
  RunSomethingElse(place_);
  const ProcessResult died =
      Asupersync({"replay", "--format=json", place_.manifest()});
  EXPECT_EQ(died.exit_status, 10) << died.err;
  const Json json = Json::parse(died.out);
  EXPECT_EQ(json["recorded"]["status"], "died");
  EXPECT_EQ(json["replayed"]["status"], "died");
  EXPECT_EQ(json["replayed"]["steps"], json["recorded"]["steps"]);
  EXPECT_THAT(json["verdict"], StartsWith("replay identical: "));
  fs::remove_all(std::string(json["artifacts"]));
}

INSTANTIATE_TEST_SUITE_P(
    , DiesTest, ::testing::ValuesIn(Ways()),
    [](const auto& info) { return std::string(info.param.name); });

TEST(DiesOnceTest, WithoutAsanTheUseAfterFreeIsNotTried) {
  if (kHasAsan) GTEST_SKIP() << "it is, here";
  const Place place;
  const ProcessResult result = RunDies(place, "asan");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_THAT(result.err, HasSubstr("no AddressSanitizer"));
}

// The line that is printed, pasted; gdb stops without being told where.
TEST(DiesOnceTest, TheDebuggersLineStopsWhereItDies) {
  const Place place;
  const std::vector<std::string> lines =
      LinesWith(RunDies(place, "segv").err, "gdb --args ");
  ASSERT_THAT(lines, SizeIs(1));
  const auto paste = [](std::string line, const std::string& run) {
    const std::string gdb = "gdb --args";
    line.replace(line.find(gdb), gdb.size(),
                 "/usr/bin/gdb -q -nx -batch -ex " + run + " --args");
    const ProcessResult result =
        RunProcess({"/bin/sh", "-c", line}, {}, FreshFolder());
    return result.out + result.err;
  };
  const std::string can = paste(lines[0], "starti");
  if (can.find("Program stopped.") == std::string::npos) {
    GTEST_SKIP() << "NOT TESTED: gdb is missing or may not trace: " << can;
  }
  EXPECT_THAT(paste(lines[0], "run"),
              AllOf(HasSubstr("received signal SIGSEGV"), HasSubstr("Segv")));
}

TEST(DiesOnceTest, APassingTestLeavesNothing) {
  const Place place;
  EXPECT_EQ(RunDies(place, "passes").exit_status, 0);
  EXPECT_TRUE(fs::is_empty(place.root));
  fs::remove(place.root);
  EXPECT_EQ(RunDies(place, "passes").exit_status, 0);
  EXPECT_FALSE(fs::exists(place.root));
}

TEST(DiesOnceTest, AnotherRunDoesNotOverwriteIt) {
  const Place place;
  RunDies(place, "segv");
  RunDies(place, "abort");
  const auto first = ReadTree(place.folder());
  const auto second = ReadTree(place.folder() + "_2");
  EXPECT_THAT(second, Contains(Key("trace.async")));
  EXPECT_EQ(ReadJson(place.manifest())["status"], "died");
  EXPECT_EQ(ReadJson(place.manifest())["arguments"], Json::array({"segv"}));
  EXPECT_EQ(RunDies(place, "passes").exit_status, 0);
  EXPECT_EQ(ReadTree(place.folder()), first);
  EXPECT_EQ(ReadJson(place.folder() + "_2/repro_manifest.json")["status"],
            "died");
  EXPECT_FALSE(fs::exists(place.folder() + "_3"));
}

TEST(DiesOnceTest, WithoutAFolderTheTestRunsAndSaysSo) {
  Place place;
  WriteFile(place.root + "/file", "");
  place.root += "/file/below";
  const ProcessResult result = RunDies(place, "passes");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.err, "will leave no trace"),
              ElementsAre(HasSubstr("Not a directory")));
}

TEST(DiesOnceTest, WithoutAFolderItsDeathTellsTheSeed) {
  Place place;
  WriteFile(place.root + "/file", "");
  place.root += "/file/below";
  const ProcessResult result = RunDies(place, "abort");
  EXPECT_EQ(result.exit_status, 128 + SIGABRT);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("DIED: Dies.InTheMiddleOfAStep by signal 6"),
                    HasSubstr("--lab_seed=0x123456789abcdef0 abort"),
                    Not(HasSubstr("--lab_replay")),
                    Not(HasSubstr("artifacts: "))));
}

// Before the runtime, and with it a trace, is made.
TEST(DiesOnceTest, ADeathInSetUpTellsTheSeed) {
  const Place place;
  const ProcessResult result = RunDies(place, "setup");
  EXPECT_EQ(result.exit_status, 128 + SIGABRT);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("DIED: Dies.InTheMiddleOfAStep by signal 6"),
                    HasSubstr("--lab_seed=0x123456789abcdef0 setup")));
  EXPECT_TRUE(fs::is_empty(place.root));
}

TEST(DiesOnceTest, ADeathInTheSecondSetUpTellsTheSecondSeed) {
  const ProcessResult result =
      RunDies(Place(), "second_setup", {"--lab_explore=sweep:5"});
  EXPECT_EQ(result.exit_status, 128 + SIGABRT);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("DIED: Dies.InTheMiddleOfAStep by signal 6"),
                    Not(HasSubstr("--lab_seed=0x123456789abcdef0"))));
}

TEST(DiesOnceTest, ADeathInADeterminismCheckIsRepeatedByACheck) {
  const Place place;
  const ProcessResult result =
      RunDies(place, "second", {"--lab_check_determinism"});
  EXPECT_EQ(result.exit_status, 128 + SIGABRT);
  const std::vector<std::string> lines = LinesWith(
      result.err, "--lab_seed=0x123456789abcdef0 --lab_check_determinism");
  EXPECT_THAT(lines, SizeIs(2)) << "one is for the debugger";
  EXPECT_EQ(RunDies(Place(), "second").exit_status, 0);
}

// The style is chosen by the test, so that GoogleTest does not know it.
TEST(DiesOnceTest, AThreadsafeDeathTestIsNoDeath) {
  const Place place;
  const ProcessResult result = RunDies(place, "child");
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("DIED")));
  EXPECT_TRUE(fs::is_empty(place.root));
}

// Two deaths of one build, test and seed: the line of the second one must not
// follow what was unpacked for the first.
TEST(DiesOnceTest, UnderBazelEachDeathIsUnpackedIntoAFolderOfItsOwn) {
  const auto unpacked = [] {
    const ProcessResult result = RunSubject(
        {"abort"}, {{"TEST_TARGET", "//a:b"},
                    {"PATH", "/usr/bin:/bin"},
                    {"TEST_UNDECLARED_OUTPUTS_DIR", FreshFolder()}});
    const std::vector<std::string> lines =
        LinesWith(result.err, "mkdir -p ");
    EXPECT_THAT(lines, SizeIs(1)) << result.err;
    return lines.empty() ? "" : lines[0].substr(0, lines[0].find(';'));
  };
  EXPECT_NE(unpacked(), unpacked());
}

TEST(DiesOnceTest, WhenItsArtifactsCannotBeWrittenItHasNotDied) {
  const Place place;
  const std::string in_the_way = place.folder() + "/failed_assertions.json";
  fs::create_directories(in_the_way + "/folder");
  const ProcessResult result = RunDies(place, "fails");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("its own failure"), HasSubstr(", not complete: "),
                    HasSubstr("TEST FAILURE - reproduce with seed")));
  EXPECT_EQ(ReadJson(place.manifest())["status"], "failed");
  EXPECT_THAT(LinesWith(result.out, "--lab_replay=" + place.manifest()),
              SizeIs(2));
  EXPECT_THAT(Asupersync({"replay", place.manifest()}).out,
              HasSubstr("replay identical: "));
  EXPECT_EQ(RunSomethingElse(place).err, "");
  EXPECT_FALSE(fs::exists(place.root + "/.running"));
  EXPECT_GT(ReadTrace(place.trace()).size(), 300u);
  // The next one that fails takes its place.
  fs::remove_all(in_the_way);
  RunDies(place, "fails");
  EXPECT_TRUE(ReadTrace(place.trace()).complete());
  EXPECT_FALSE(fs::exists(place.folder() + "_2"));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
