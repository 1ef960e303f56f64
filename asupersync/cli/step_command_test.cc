// Runs `asupersync step` as a child process, with commands through a pipe.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/test_shell.h"
#include "asupersync/cli/toy_traces.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string program;  // the path of :asupersync

// `printf INPUT | asupersync step FILE OPTIONS`, with standard error.
ShellResult Step(absl::string_view input, const std::string& file,
                 const std::string& options = "") {
  const std::string command = absl::StrCat(
      input, " | ", ShellQuote(absl::string_view(program)), " step ",
      ShellQuote(absl::string_view(file)), " ", options, " 2>&1");
  return RunShell(command);
}

TEST(StepCommandTest, AnswersLinesOfAPipeUntilTheyEnd) {
  const std::string path = ToyTrace().Save("pipe.async");
  const ShellResult ended =
      Step("printf 'to tick 3\\nbogus\\nshow timers\\nback'", path);
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output,
              AllOf(StartsWith("#0 tick=0 "), HasSubstr("\n#11 tick=3 "),
                    HasSubstr("\nasupersync: unknown command 'bogus'"),
                    HasSubstr("\nnow 100ms\nno timer is pending\n#10 ")));
  EXPECT_THAT(ended.output, ::testing::Not(HasSubstr("(step)")));
}

TEST(StepCommandTest, QuitEndsTheSessionBeforeTheInput) {
  const ShellResult ended =
      Step("printf 'quit\\nnext\\n'", ToyTrace().Save("quit.async"));
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output, ::testing::Not(HasSubstr("#1 ")));
}

TEST(StepCommandTest, JsonIsALineForEachCommand) {
  const ShellResult ended = Step("printf 'next\\nto moon\\n'",
                           ToyTrace().Save("json.async"), "--format=json");
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output,
              ::testing::MatchesRegex(
                  "\\{\"command\": \"\", \"ok\": true.*\\}\n"
                  "\\{\"command\": \"next\", \"ok\": true.*\\}\n"
                  "\\{\"command\": \"to moon\", \"ok\": false.*\\}\n"));
}

TEST(StepCommandTest, AnEndlessLineIsRefusedAndTheSessionGoesOn) {
  const ShellResult ended =
      Step("{ head -c 3000000 /dev/zero | tr '\\0' x; printf '\\nnext\\n'; }",
           ToyTrace().Save("line.async"));
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("a command has at most 4096 bytes"),
                    HasSubstr("\n#1 ")));
}

TEST(StepCommandTest, AFileThatIsNotWholeIsWalkedAndSaidToBe) {
  const ShellResult ended = Step("echo 'next 100'", SaveTruncated("cut.async"));
  EXPECT_EQ(ended.status, 2);
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("ends too soon"), HasSubstr("\n#100 ")));
  EXPECT_EQ(Step("true", "/etc/passwd").status, 2);
  EXPECT_EQ(Step("true", "/dev/null", "extra").status, 1);
}

TEST(StepCommandTest, TheLastEventOfATraceWithoutAnEndIsSaidToBeNone) {
  const ShellResult cut = Step("printf 'next 9999999\\nnext\\nback\\n'",
                               SaveTruncated("cut.async"));
  EXPECT_THAT(cut.output,
              AllOf(HasSubstr("\n(the trace has no end: the process died here, "
                              "or the file was cut or recovered; "),
                    HasSubstr("\nasupersync: this is the last event; the trace "
                              "has no end: ")));
  // Not on the way, and not of one that has an end.
  EXPECT_EQ(cut.output.find("\n(the trace has no end"),
            cut.output.rfind("\n(the trace has no end"));
  const ShellResult whole =
      Step("printf 'next 100\\nnext\\n'", ToyTrace().Save("whole.async"));
  EXPECT_THAT(whole.output, AllOf(HasSubstr("this is the last event\n"),
                                  ::testing::Not(HasSubstr("no end"))));
}

TEST(StepCommandTest, ALongTraceIsWalkedToItsEndAndBack) {
  ToyTrace toy;
  toy.extra_steps = 200000;
  const ShellResult ended = Step("printf 'to tick 200000\\nback 500000\\n'",
                           toy.Save("long_walk.async"));
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output, HasSubstr("\n#600"));
}

}  // namespace
}  // namespace asupersync::cli

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  asupersync::cli::program = asupersync::cli::ProgramArgument(argc, argv);
  return asupersync::cli::program.empty() ? 1 : RUN_ALL_TESTS();
}
