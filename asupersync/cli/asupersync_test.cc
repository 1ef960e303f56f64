// Runs the program itself, as a user does.
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

std::string program;  // the path of :asupersync

struct ShellResult {
  int status;  // 128 + n: ended by signal n
  std::string output;
};

// Runs a shell script in which $cli is the program and $1 is `file`. What
// standard error gets is part of the output.
ShellResult Shell(const std::string& script, const std::string& file) {
  const std::string command = absl::StrCat(
      "cli=", ShellQuote(absl::string_view(program)), "; set -- ",
      ShellQuote(absl::string_view(file)), "; exec 2>&1; ", script);
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

TEST(AsupersyncTest, ResultsAreExitStatuses) {
  const std::string path = ToyTrace().Save("whole.async");
  EXPECT_EQ(Shell("$cli trace verify \"$1\"", path).status, 0);
  EXPECT_EQ(Shell("$cli trace verify", path).status, 1);
  EXPECT_EQ(Shell("$cli trace verify \"$1\".gone", path).status, 2);
  EXPECT_EQ(Shell("$cli trace verify /etc/passwd", path).status, 2);
  EXPECT_EQ(Shell("$cli trace verify /", path).status, 2);
  EXPECT_EQ(Shell("$cli trace verify /dev/zero", path).status, 2);
  ToyTrace other;
  other.seed = 43;
  EXPECT_EQ(Shell(absl::StrCat("$cli trace diff \"$1\" ",
                               other.Save("other.async")),
                  path)
                .status,
            13);
  EXPECT_EQ(Shell("$cli", path).status, 1);
  EXPECT_EQ(Shell("$cli --help", path).status, 0);
}

TEST(AsupersyncTest, OutputIsTheSameEachTime) {
  const std::string path = ToyTrace().Save("same.async");
  const std::string script =
      "$cli trace info \"$1\"; $cli trace events \"$1\"; "
      "$cli trace diff \"$1\" \"$1\"";
  const std::string first = Shell(script, path).output;
  EXPECT_TRUE(absl::StrContains(first, "\nthe traces are the same\n"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Shell(script, path).output, first);
}

TEST(AsupersyncTest, AReaderThatGoesAwayIsNoError) {
  ToyTrace toy;
  toy.extra_steps = 50000;
  const ShellResult r =
      Shell("$cli trace events \"$1\" | head -n 1; exit ${PIPESTATUS[0]}",
            toy.Save("long.async"));
  EXPECT_EQ(r.status, 0);
  EXPECT_TRUE(absl::StartsWith(r.output, "#0 tick=0 ")) << r.output;
  EXPECT_EQ(r.output.find('\n'), r.output.size() - 1) << r.output;
}

TEST(AsupersyncTest, OutputThatCannotBeWrittenIsAnError) {
  const ShellResult r = Shell("$cli trace events \"$1\" > /dev/full",
                              ToyTrace().Save("full.async"));
  EXPECT_EQ(r.status, 2);
  EXPECT_EQ(r.output,
            "asupersync: cannot write the output: No space left on device\n");
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
