// A session in gdb with an example's failing test: --lab_break_at stops it,
// tools/gdb/asupersync.py goes on into the coroutine, whose variables are read.
// Skipped, and says so, where there is no gdb or it may not trace a process.
#include <stdlib.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// gdb 13 finds neither the lines of a coroutine's body nor its locals in what
// clang 19 writes about them.
#ifdef __clang__
constexpr bool kBodiesAreShown = false;
#else
constexpr bool kBodiesAreShown = true;
#endif

// The failing execution of racy_test by the default seed has 9 steps:
//   4  worker 1 starts, takes 1 and is about to send it
//   9  the body receives the second message, and the assertion fails
class GdbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ProcessResult can = RunProcess(
        {"/usr/bin/gdb", "-q", "-nx", "-batch", "-ex", "starti", "--args",
         SubjectPath()},
        {}, FreshFolder());
    if (!absl::StrContains(can.out, "Program stopped.")) {
      GTEST_SKIP() << "NOT TESTED: gdb is missing or may not trace a process: "
                   << can.out << can.err;
    }
  }

  // What gdb prints when it does this to the test that stops at `at`.
  static std::string Gdb(const std::string& at,
                         const std::vector<std::string>& commands) {
    return Gdb({SubjectPath(), "--gtest_filter=MessageOrdering.ArrivesInOrder",
                "--lab_seed=0x123456789abcdef0"},
               at, commands);
  }
  static std::string Gdb(const std::vector<std::string>& program,
                         const std::string& at,
                         const std::vector<std::string>& commands) {
    std::vector<std::string> words = {"/usr/bin/gdb", "-q", "-nx", "-batch",
                                      "-x", ::getenv("SCRIPT")};
    for (const std::string& command : commands) {
      words.insert(words.end(), {"-ex", command});
    }
    words.push_back("--args");
    words.insert(words.end(), program.begin(), program.end());
    words.insert(words.end(), {"--lab_artifacts_dir=" + FreshFolder(),
                               "--lab_break_at=" + at});
    // From here gdb finds the example's sources.
    const ProcessResult result = RunProcess(
        words, {},
        absl::StrCat(::getenv("TEST_SRCDIR"), "/", ::getenv("TEST_WORKSPACE")));
    return absl::StrCat(result.out, result.err);
  }
};

TEST_F(GdbTest, TheFailingStepShowsTheLocalsOfTheUsersCoroutine) {
  if (!kBodiesAreShown) GTEST_SKIP() << "NOT TESTED: needs a build by g++";
  const std::string out =
      Gdb("tick:9", {"run", "lab where", "lab step", "print arrived",
                     "print outbox.next_number", "continue"});
  EXPECT_THAT(out, AllOf(HasSubstr("received signal SIGTRAP"),
                         HasSubstr("lab_break::Here"),
                         HasSubstr("step 9, 0 ns, T1 'body' ready at "
                                   "examples/message_ordering/outbox.cc:26"),
                         HasSubstr("in message_ordering::RunTwoWorkers, which "
                                   "begins at "),
                         // The first message is 1, and not the 0 that is
                         // expected.
                         HasSubstr("arrived.push_back("),
                         HasSubstr("$1 = std::vector of length 1, capacity 1 "
                                   "= {1}"),
                         HasSubstr("$2 = 2"),
                         HasSubstr("Actual: { 1, 0 }")));
}

TEST_F(GdbTest, AStepCanBeginACoroutine) {
  if (!kBodiesAreShown) GTEST_SKIP() << "NOT TESTED: needs a build by g++";
  EXPECT_THAT(Gdb("tick:4", {"run", "lab step", "next", "print number"}),
              AllOf(HasSubstr("int number = outbox.next_number++;"),
                    HasSubstr("$1 = 1")));
}

// Of README's first program: a sleep is over, a message is sent (neither result
// is used), and the body begins.
TEST_F(GdbTest, NoStepOfTheQuickstartRunsPastTheUsersLine) {
  if (!kBodiesAreShown) GTEST_SKIP() << "NOT TESTED: needs a build by g++";
  const std::string out = Gdb(
      {::getenv("QUICKSTART"), "--lab_seed=1", "--lab_explore=sweep:1"},
      "tick:8",
      {"run", "lab step", "print i", "lab back 4", "lab step", "print i",
       "lab back 3", "lab step"});
  EXPECT_THAT(out, AllOf(Not(HasSubstr("Python")), HasSubstr("$1 = 0"),
                         HasSubstr("$2 = 0")));
  const auto at = [](int line) {
    return EndsWith(
        absl::StrCat(" at examples/quickstart/quickstart_test.cc:", line));
  };
  EXPECT_THAT(LinesWith(out, "#0 "), ElementsAre(at(11), at(10), at(7)));
}

TEST_F(GdbTest, AStepGoesOnInAnExpressionOfManyLinesAndInABodyOfOne) {
  if (!kBodiesAreShown) GTEST_SKIP() << "NOT TESTED: needs a build by g++";
  const auto step = [](const std::string& name, const std::string& at) {
    return Gdb({::getenv("BODIES"), "--gtest_filter=GdbBodies." + name,
                "--lab_seed=1"},
               at, {"run", "lab step", "print cx.task_ != 0"});
  };
  EXPECT_THAT(step("OverLines", "tick:3"),
              AllOf(HasSubstr("OverLines("),
                    ContainsRegex("gdb_bodies\\.cc:1[345]\n"),
                    HasSubstr("$1 = true")));
  EXPECT_THAT(step("InOneLine", "tick:2"),
              AllOf(HasSubstr("InOneLine("), HasSubstr("gdb_bodies.cc:10\n"),
                    HasSubstr("$1 = true")));
  EXPECT_THAT(step("InItsLastLine", "tick:2"),
              AllOf(HasSubstr("InItsLastLine("),
                    ContainsRegex("gdb_bodies\\.cc:2[01]\n"),
                    HasSubstr("$1 = true")));
}

TEST_F(GdbTest, TasksAreListedWithTheirLinesAndWaits) {
  EXPECT_THAT(
      Gdb("tick:4", {"run", "lab tasks"}),
      AllOf(HasSubstr("T1 'body' blocked at examples/message_ordering/"
                      "outbox.cc:19, waits to close region R2"),
            HasSubstr("T2 'worker 1' ready"),
            HasSubstr("T3 'worker 2' ready")));
}

// What the program has said is of the step where it stopped.
TEST_F(GdbTest, InALaterStepAWaitIsTheClassOfItsOperation) {
  if (!kBodiesAreShown) GTEST_SKIP() << "NOT TESTED: needs a build by g++";
  EXPECT_THAT(
      Gdb("tick:4", {"run", "lab tasks", "break racy_test.cc:28", "continue",
                     "continue 3", "lab where", "lab tasks"}),
      AllOf(HasSubstr("waits to close region R2"), HasSubstr("step 5, "),
            HasSubstr("waits in asupersync::task_internal::"
                      "CloseRegionOperation")));
}

TEST_F(GdbTest, BackRunsToAnEarlierStepAsOftenAsOneLikes) {
  const std::string out = Gdb(
      "9", {"run", "lab back 4", "lab where", "lab back", "lab where",
            "lab back 4", "show args"});
  EXPECT_THAT(out, AllOf(HasSubstr("step 5, 0 ns, T2 'worker 1' ready at "
                                   "examples/message_ordering/racy_test.cc:27"),
                         HasSubstr("step 4, 0 ns, "),
                         HasSubstr("this is step 4; there is none 4 before "
                                   "it")));
  EXPECT_THAT(LinesWith(out, "--lab_break_at="),
              Contains(AllOf(HasSubstr("--lab_break_at=tick:4 "),
                             Not(HasSubstr("--lab_break_at=9")))));
}

TEST_F(GdbTest, AnEventStopsWithinItsStep) {
  EXPECT_THAT(Gdb("event:8", {"run", "lab where"}),
              AllOf(HasSubstr("received signal SIGTRAP"),
                    Not(HasSubstr("Error")), HasSubstr("step ")));
}

TEST_F(GdbTest, WithoutAStepTheCommandsSayWhatToDo) {
  const std::string out = Gdb("1", {"lab tasks", "lab step"});
  EXPECT_THAT(out,
              AllOf(HasSubstr("no lab runtime runs here; stop in a step"),
                    HasSubstr("no step runs here; stop in one"),
                    Not(HasSubstr("Python"))));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
