// A step that does not return ends the program, with all that is known.
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

class WatchdogTest : public ::testing::Test {
 protected:
  ProcessResult RunStuck(const std::string& test) {
    return RunSubject({"--gtest_filter=Stuck." + test, "--lab_watchdog=0.5",
                       "--lab_artifacts_dir=" + root_});
  }
  // What every stuck test leaves; returns its folder.
  std::string ExpectReport(const std::string& test, const std::string& where,
                           const ProcessResult& result) {
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.err, HasSubstr("asupersync: WATCHDOG: Stuck." + test +
                                      ": step "));
    EXPECT_THAT(result.err,
                HasSubstr(" of T1 'body' has not returned for 500ms"));
    EXPECT_THAT(result.err, HasSubstr(where));
    // Nothing of what every step has below it.
    EXPECT_THAT(result.err, AllOf(Not(HasSubstr("LabRuntime::")),
                                  Not(HasSubstr("testing::")),
                                  Not(HasSubstr("main ("))));
    EXPECT_THAT(LinesWith(result.err, "the step began at"),
                ElementsAre(HasSubstr("ambient_subject.cc:")));
    EXPECT_THAT(LinesWith(result.err, "T1 'body'"),
                Contains(HasSubstr("is running")));
    EXPECT_THAT(LinesWith(result.err, "T2 'waiter' waits to lock mutex"),
                ElementsAre(HasSubstr("held by T1 'body'")));
    EXPECT_THAT(result.out, HasSubstr("unflushed text"));
    EXPECT_THAT(result.out, HasSubstr("TEST FAILURE - reproduce with seed"));
    const std::string folder = root_ + "/Stuck_" + test;
    EXPECT_THAT(
        ReadTree(folder),
        AllOf(SizeIs(4), Contains(Key("event_log.txt")),
              Contains(Key("failed_assertions.json")),
              Contains(Key("repro_manifest.json")),
              Contains(Key("trace.async"))));
    const Json manifest = ReadJson(folder + "/repro_manifest.json");
    EXPECT_EQ(manifest["oracle_violations"], Json({"watchdog"}));
    EXPECT_EQ(manifest["verdict"], "stuck");
    EXPECT_EQ(manifest["status"], "failed");
    const Json failure = ReadJson(
        folder + "/failed_assertions.json")["failed_assertions"][0];
    EXPECT_EQ(failure["task"], "T1 'body'");
    EXPECT_THAT(failure["message"].get<std::string>(),
                AllOf(HasSubstr(where), HasSubstr("T2 'waiter' waits")));
    EXPECT_THAT(ReadFile(folder + "/event_log.txt"),
                AllOf(HasSubstr("TaskScheduled"),
                      HasSubstr("FATAL FAILURE"), HasSubstr(where)));
    return folder;
  }

  const std::string root_ = FreshFolder();
};

TEST_F(WatchdogTest, EndsAStepThatLoops) {
  ExpectReport("InALoop", "LoopForEver", RunStuck("InALoop"));
}

TEST_F(WatchdogTest, EndsAStepThatBlocksInASystemCall) {
  ExpectReport("InRead", "ReadForEver", RunStuck("InRead"));
}

TEST_F(WatchdogTest, EndsAStepThatHoldsTheLockOfMallocMostOfTheTime) {
  ExpectReport("InMalloc", "AllocateForEver", RunStuck("InMalloc"));
}

TEST_F(WatchdogTest, TheTraceThatIsLeftLeadsToTheSameStep) {
  const std::string folder =
      ExpectReport("InALoop", "LoopForEver", RunStuck("InALoop"));
  const ProcessResult result = RunSubject(
      {"--lab_replay=" + folder + "/repro_manifest.json",
       "--lab_watchdog=0.5", "--lab_artifacts_dir=" + root_});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("WATCHDOG: Stuck.InALoop"),
                                HasSubstr("LoopForEver")));
  const Json first = ReadJson(folder + "/repro_manifest.json");
  const Json second = ReadJson(folder + "_replay/repro_manifest.json");
  EXPECT_EQ(first["steps"], second["steps"]);
  EXPECT_EQ(first["schedule_certificate"], second["schedule_certificate"]);
}

TEST_F(WatchdogTest, EndsAStepWhoseThreadAnswersNoSignal) {
  const ProcessResult result = RunStuck("WithSignalsBlocked");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("does not answer a signal"));
  EXPECT_THAT(LinesWith(result.err, "T2 'waiter' waits to lock mutex"),
              SizeIs(1));
  EXPECT_EQ(ReadTree(root_ + "/Stuck_WithSignalsBlocked").size(), 4u);
}

// A debugger that holds the program at a breakpoint.
TEST_F(WatchdogTest, LetsAProgramBeThatIsTraced) {
  const std::string subject = SubjectPath();
  const std::string folder = "--lab_artifacts_dir=" + root_;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execl(subject.c_str(), subject.c_str(), "--gtest_filter=Stuck.InALoop",
          "--lab_watchdog=0.2", folder.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSTOPPED(status));  // it has begun
  ptrace(PTRACE_CONT, child, nullptr, nullptr);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  EXPECT_EQ(waitpid(child, &status, WNOHANG), 0) << "status " << status;
  kill(child, SIGKILL);
  EXPECT_EQ(waitpid(child, &status, 0), child);
}

TEST_F(WatchdogTest, LetsAProgramBeThatMovesOn) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Slow.*", "--lab_watchdog=1"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
}

TEST_F(WatchdogTest, LetsAProgramBeThatIsSlowOutsideOfSteps) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=SlowOutside.*"},
                 {{"ASUPERSYNC_LAB_WATCHDOG", "0.5"}});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("WATCHDOG")));
}

TEST_F(WatchdogTest, ZeroSwitchesItOff) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=SlowOutside.*", "--lab_watchdog=0"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
}

TEST_F(WatchdogTest, ABadBoundIsRefused) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Slow.*", "--lab_watchdog=soon"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(LinesWith(result.err, "asupersync:"),
              ElementsAre(HasSubstr("--lab_watchdog=soon: expected a number "
                                    "of seconds")));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
