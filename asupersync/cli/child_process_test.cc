#include "asupersync/cli/child_process.h"

#include <signal.h>

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

ChildProcess Shell(const std::string& script) {
  ChildProcess child;
  child.program = "/bin/sh";
  child.arguments = {"-c", script};
  return child;
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ChildProcessTest, TheExitStatusComesBack) {
  const absl::StatusOr<ChildExit> exit = RunChild(Shell("exit 7"));
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(*exit, (ChildExit{7, 0}));
  EXPECT_EQ(exit->ToString(), "exit status 7");
}

TEST(ChildProcessTest, ASignalComesBack) {
  const absl::StatusOr<ChildExit> exit = RunChild(Shell("kill -TERM $$"));
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(*exit, (ChildExit{0, SIGTERM}));
  EXPECT_EQ(exit->ToString(), "signal 15 (Terminated)");
}

TEST(ChildProcessTest, WordsFolderAndEnvironmentArriveAsTheyAre) {
  const std::string path = ::testing::TempDir() + "/child_process.txt";
  ChildProcess child = Shell("{ pwd; echo \"$1|$MARK|$HOME\"; } > \"$OUT\"");
  child.arguments.push_back("sh");
  child.arguments.push_back("$(echo no) 'q' \"d\"");
  child.working_directory = "/usr";
  child.environment = {"MARK=a b", "OUT=" + path};
  const absl::StatusOr<ChildExit> exit = RunChild(child);
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(*exit, ChildExit());
  EXPECT_EQ(ReadText(path), "/usr\n$(echo no) 'q' \"d\"|a b|\n");
}

TEST(ChildProcessTest, TheChildDiesOfAClosedPipeAsUsual) {
  ::signal(SIGPIPE, SIG_IGN);
  const absl::StatusOr<ChildExit> exit = RunChild(Shell("kill -PIPE $$"));
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(exit->signal, SIGPIPE);
}

TEST(ChildProcessTest, AMissingProgramIsAnError) {
  ChildProcess child;
  child.program = "/no/such/program";
  const absl::StatusOr<ChildExit> exit = RunChild(child);
  ASSERT_FALSE(exit.ok());
  EXPECT_EQ(exit.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(exit.status().message(), child.program));
}

}  // namespace
}  // namespace asupersync::cli
