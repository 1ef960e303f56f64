// Runs `asupersync step` as a child process, with commands through a pipe.
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/toy_traces.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string program;  // the path of :asupersync

struct Ended {
  int status;  // 128 + n: ended by signal n
  std::string output;
};

// `printf INPUT | asupersync step FILE OPTIONS`, with standard error.
Ended Step(absl::string_view input, const std::string& file,
           const std::string& options = "") {
  const std::string command = absl::StrCat(
      input, " | ", ShellQuote(absl::string_view(program)), " step ",
      ShellQuote(absl::string_view(file)), " ", options, " 2>&1");
  std::FILE* const pipe = ::popen(
      ShellQuote({"/bin/bash", "-c", command}).c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, n);
  }
  const int status = ::pclose(pipe);
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          output};
}

TEST(StepCommandTest, AnswersLinesOfAPipeUntilTheyEnd) {
  const std::string path = ToyTrace().Save("pipe.async");
  const Ended ended =
      Step("printf 'to tick 3\\nbogus\\nshow timers\\nback'", path);
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output,
              AllOf(StartsWith("#0 tick=0 "), HasSubstr("\n#11 tick=3 "),
                    HasSubstr("\nasupersync: unknown command 'bogus'"),
                    HasSubstr("\nnow 100ms\nno timer is pending\n#10 ")));
  EXPECT_THAT(ended.output, ::testing::Not(HasSubstr("(step)")));
}

TEST(StepCommandTest, QuitEndsTheSessionBeforeTheInput) {
  const Ended ended =
      Step("printf 'quit\\nnext\\n'", ToyTrace().Save("quit.async"));
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output, ::testing::Not(HasSubstr("#1 ")));
}

TEST(StepCommandTest, JsonIsALineForEachCommand) {
  const Ended ended = Step("printf 'next\\nto moon\\n'",
                           ToyTrace().Save("json.async"), "--format=json");
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output,
              ::testing::MatchesRegex(
                  "\\{\"command\": \"\", \"ok\": true.*\\}\n"
                  "\\{\"command\": \"next\", \"ok\": true.*\\}\n"
                  "\\{\"command\": \"to moon\", \"ok\": false.*\\}\n"));
}

TEST(StepCommandTest, AnEndlessLineIsRefusedAndTheSessionGoesOn) {
  const Ended ended =
      Step("{ head -c 3000000 /dev/zero | tr '\\0' x; printf '\\nnext\\n'; }",
           ToyTrace().Save("line.async"));
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("a command has at most 4096 bytes"),
                    HasSubstr("\n#1 ")));
}

TEST(StepCommandTest, AFileThatIsNotWholeIsWalkedAndSaidToBe) {
  const Ended ended = Step("echo 'next 100'", SaveTruncated("cut.async"));
  EXPECT_EQ(ended.status, 2);
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("ends too soon"), HasSubstr("\n#100 ")));
  EXPECT_EQ(Step("true", "/etc/passwd").status, 2);
  EXPECT_EQ(Step("true", "/dev/null", "extra").status, 1);
}

TEST(StepCommandTest, ALongTraceIsWalkedToItsEndAndBack) {
  ToyTrace toy;
  toy.extra_steps = 200000;
  const Ended ended = Step("printf 'to tick 200000\\nback 500000\\n'",
                           toy.Save("long_walk.async"));
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output, HasSubstr("\n#600"));
}

}  // namespace
}  // namespace asupersync::cli

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 2) return 1;
  char* const path = ::realpath(argv[1], nullptr);
  if (path == nullptr) return 1;
  asupersync::cli::program = path;
  ::free(path);
  return RUN_ALL_TESTS();
}
