// Runs the program itself, as a user does.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/test_shell.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::json;

std::string program;  // the path of :asupersync

// Runs a shell script in which $cli is the program and $1 is `file`. What
// standard error gets is part of the output.
ShellResult Shell(const std::string& script, const std::string& file) {
  const std::string command = absl::StrCat(
      "cli=", ShellQuote(absl::string_view(program)), "; set -- ",
      ShellQuote(absl::string_view(file)), "; exec 2>&1; ", script);
  return RunShell(command);
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

// Each command, called as a user would; $1 is a whole trace, $out a name that
// is free.
const char* const kCalls[] = {
    "trace info \"$1\"",
    "trace events \"$1\"",
    "trace stats \"$1\"",
    "trace diff \"$1\" \"$1\"",
    "trace verify \"$1\"",
    "trace recover \"$1\" \"$out\"",
    "trace export --to=jsonl \"$1\" \"$out\"",
    "trace export --to=textproto \"$1\" \"$out\"",
    "trace export --to=perfetto \"$1\" \"$out\"",
    "trace convert \"$1\" \"$out\"",
    "seeds 42 A.B",
    "completion bash",
};

// Takes the file for $out away, before and after.
ShellResult RunCall(const std::string& call, const std::string& file) {
  return Shell(absl::StrCat("out=$1.out; rm -f \"$out\"; ", call,
                            "; s=$?; rm -f \"$out\"; exit $s"),
               file);
}

TEST(AsupersyncTest, EveryCommandPrintsOneJsonDocument) {
  const std::string path = ToyTrace().Save("json.async");
  for (const char* call : kCalls) {
    const ShellResult r =
        RunCall(absl::StrCat("$cli ", call, " --format=json"), path);
    EXPECT_EQ(r.status, 0) << call << r.output;
    const Json json = Json::parse(r.output, nullptr, false);
    ASSERT_TRUE(json.is_object()) << call << r.output;
    EXPECT_TRUE(absl::StartsWith(call, json["command"].get<std::string>()));
    EXPECT_EQ(json["exit_code"], 0);
    EXPECT_EQ(json["errors"], Json::array());
  }
}

TEST(AsupersyncTest, ErrorsAreInTheJsonDocument) {
  const std::string calls[] = {"trace info /no/such --format=json",
                               "trace stats / --format=json",
                               "replay /no/such --format json",
                               "report /no/such --format=json",
                               "seeds x --format=json",
                               "trace info --format=json"};
  for (const std::string& call : calls) {
    const ShellResult r =
        Shell(absl::StrCat("exec 2> /dev/null; $cli ", call), "");
    const Json json = Json::parse(r.output, nullptr, false);
    ASSERT_TRUE(json.is_object()) << call << r.output;
    EXPECT_EQ(json["exit_code"], r.status);
    EXPECT_GT(r.status, 0);
    EXPECT_EQ(json["errors"].size(), 1u);
  }
}

TEST(AsupersyncTest, BadFilesAreOneLineForEveryCommand) {
  ToyTrace().Save("whole.async");
  const std::string files[] = {
      "/no/such",           "/",
      "/dev/null",          "/dev/zero",
      "/proc/self/mem",     WriteBytes("empty", ""),
      WriteBytes("text", "hello there"),
      WriteBytes("magic", "ASYNCTRC"),
      WriteBytes("json", "{\"a\": [1, 2")};
  for (const char* call :
       {"trace info \"$1\"", "trace events \"$1\"", "trace stats \"$1\"",
        "trace diff \"$1\" \"$1\"", "trace verify \"$1\"",
        "trace recover \"$1\" /tmp/never", "trace convert \"$1\" /tmp/never",
        "trace export --to=jsonl \"$1\" /tmp/never", "replay \"$1\"",
        "report \"$1\""}) {
    for (const std::string& file : files) {
      const ShellResult r = Shell(absl::StrCat("$cli ", call), file);
      EXPECT_EQ(r.status, 2) << call << " " << file << r.output;
      // A diff tells of both of its files.
      const auto lines = std::count(r.output.begin(), r.output.end(), '\n');
      EXPECT_TRUE(lines == 1 || lines == 2) << call << file << r.output;
    }
  }
}

TEST(AsupersyncTest, FilesThatMayNotBeReadAreNamed) {
  const std::string path = ToyTrace().Save("secret.async");
  const ShellResult r =
      Shell("chmod 0 \"$1\"; $cli trace verify \"$1\"; s=$?; id -u; exit $s",
            path);
  // root may read everything.
  if (absl::EndsWith(r.output, "\n0\n")) {
    EXPECT_EQ(r.status, 0) << r.output;
  } else {
    EXPECT_EQ(r.status, 2) << r.output;
    EXPECT_TRUE(absl::StrContains(r.output, "Permission denied")) << r.output;
  }
}

TEST(AsupersyncTest, AFullDiskIsAnErrorOfEveryCommand) {
  const std::string path = ToyTrace().Save("full.async");
  for (const char* call : kCalls) {
    if (absl::StrContains(call, "$out")) continue;
    for (const char* format : {"", " --format=json"}) {
      const ShellResult r =
          RunCall(absl::StrCat("$cli ", call, format, " > /dev/full"), path);
      EXPECT_EQ(r.status, 2) << call << r.output;
      EXPECT_TRUE(absl::StrContains(r.output, "No space left on device"));
    }
  }
}

// The same for files that commands write: a limit stands for a full disk.
TEST(AsupersyncTest, AFileThatCannotGrowIsAnErrorAndLeavesNothing) {
  ToyTrace toy;
  toy.extra_steps = 20000;
  const std::string path = toy.Save("grows.async");
  for (const char* call :
       {"trace export --to=jsonl", "trace export --to=perfetto",
        "trace convert --codec=none"}) {
    const ShellResult r = Shell(
        absl::StrCat("cd \"$(mktemp -d)\"; ulimit -f 8; $cli ", call,
                     " \"$1\" out; s=$?; ls; exit $s"),
        path);
    EXPECT_EQ(r.status, 2) << call << r.output;
    EXPECT_TRUE(absl::StrContains(r.output, "File too large")) << r.output;
    EXPECT_EQ(std::count(r.output.begin(), r.output.end(), '\n'), 1)
        << r.output;  // the error, and no file
  }
}

TEST(AsupersyncTest, AReaderThatGoesAwayEndsEveryLongCommand) {
  ToyTrace toy;
  toy.extra_steps = 50000;
  const std::string path = toy.Save("long.async");
  for (const char* call :
       {"trace events \"$1\" --format=json", "trace export --to=jsonl \"$1\"",
        "trace export --to=textproto \"$1\"",
        "trace export --to=perfetto \"$1\""}) {
    const ShellResult r = Shell(
        absl::StrCat("$cli ", call, " | head -n 1; exit ${PIPESTATUS[0]}"),
        path);
    EXPECT_EQ(r.status, 0) << call;
    EXPECT_EQ(std::count(r.output.begin(), r.output.end(), '\n'), 1) << call;
  }
}

TEST(AsupersyncTest, HugeNumbersAndBadExpressionsAreUsageErrors) {
  const std::string path = ToyTrace().Save("usage.async");
  for (const char* option :
       {"--from=99999999999999999999", "--to=-1", "--from=tick:1e9",
        "--filter='('", "--filter='(?<x>a)'", "--kind=x", "--site=",
        "--format=xml", "--from", "--task="}) {
    const ShellResult r =
        Shell(absl::StrCat("$cli trace events \"$1\" ", option), path);
    EXPECT_EQ(r.status, 1) << option << r.output;
    EXPECT_EQ(std::count(r.output.begin(), r.output.end(), '\n'), 1);
  }
  EXPECT_EQ(
      Shell("$cli trace events \"$1\" --from=18446744073709551615", path)
          .output,
      absl::StrCat("asupersync: no event of ", path,
                   " is taken by these options\n"));
  // Linear time, whatever the expression.
  EXPECT_EQ(Shell("$cli trace events \"$1\" --filter='(a*)*(a*)*(a*)*b$'", path)
                .status,
            0);
}

TEST(AsupersyncTest, NamesThatAreNotUtf8KeepTheJsonValid) {
  ToyTrace toy;
  toy.text = "\xff\xfe \x1b[2J\x9b";
  const std::string path = toy.Save("bytes\xff\x1b.async");
  for (const char* call : {"trace events \"$1\"", "trace info \"$1\"",
                           "trace diff \"$1\" \"$1\""}) {
    const ShellResult r =
        RunCall(absl::StrCat("$cli ", call, " --format=json"), path);
    EXPECT_EQ(r.status, 0) << r.output;
    EXPECT_TRUE(Json::parse(r.output, nullptr, false).is_object()) << r.output;
    EXPECT_EQ(r.output.find('\x1b'), std::string::npos);
    const ShellResult human = RunCall(absl::StrCat("$cli ", call), path);
    EXPECT_EQ(human.output.find('\x1b'), std::string::npos) << human.output;
  }
  const ShellResult error = Shell("$cli trace info \"$1\"$'\\e[2J'", path);
  EXPECT_EQ(error.output.find('\x1b'), std::string::npos) << error.output;
}

// Runs `command` with standard error on a terminal; returns what that shows.
std::string OnATerminal(const std::string& command) {
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) {
    ::execl("/bin/bash", "bash", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  std::string shown;
  char buffer[4096];
  ssize_t n = 0;
  while ((n = ::read(terminal, buffer, sizeof(buffer))) > 0) {
    shown.append(buffer, static_cast<size_t>(n));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ::close(terminal);
  EXPECT_EQ(status, 0) << shown;
  return shown;
}

TEST(AsupersyncTest, LongWorkShowsProgressOnATerminalOnly) {
  ToyTrace toy;
  toy.extra_steps = 300000;
  const std::string path = toy.Save("progress.async");
  const std::string call =
      absl::StrCat(ShellQuote(absl::string_view(program)),
                   " trace export --to=textproto ",
                   ShellQuote(absl::string_view(path)), " > /dev/null");
  const std::string shown = OnATerminal(call);
  EXPECT_TRUE(absl::StrContains(shown, " events")) << shown;
  EXPECT_TRUE(absl::EndsWith(shown, "\r\x1b[K")) << shown;
  EXPECT_EQ(OnATerminal(call + " 2>&1"), "");
  // Nor on the terminal that the events go to.
  const std::string events = OnATerminal(
      absl::StrCat(ShellQuote(absl::string_view(program)),
                   " trace events --filter=nothing ",
                   ShellQuote(absl::string_view(path))));
  EXPECT_EQ(events, absl::StrCat("asupersync: no event of ", path,
                                 " is taken by these options\r\n"));
  // What is quickly done shows none.
  EXPECT_EQ(OnATerminal(absl::StrCat(ShellQuote(absl::string_view(program)),
                                     " seeds 1 > /dev/null")),
            "");
}

TEST(AsupersyncTest, TenMegabytesAreVerifiedAtOnce) {
  ToyTrace toy;
  toy.extra_steps = 1200000;
  const std::string path = toy.Save("large.async");
  const std::string plain = path + ".plain";
  ASSERT_EQ(Shell(absl::StrCat("rm -f \"$1.plain\"; $cli trace convert "
                               "--codec=none \"$1\" \"$1.plain\""),
                  path)
                .status,
            0);
  EXPECT_GT(ReadBytes(plain).size(), 10u << 20);
  const ShellResult r = Shell("time $cli trace verify \"$1\"", plain);
  EXPECT_EQ(r.status, 0);
  EXPECT_TRUE(absl::StartsWith(r.output, "ok 3600018 events\n")) << r.output;
  ::unlink(plain.c_str());
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace asupersync::cli

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  asupersync::cli::program = asupersync::cli::ProgramArgument(argc, argv);
  return asupersync::cli::program.empty() ? 1 : RUN_ALL_TESTS();
}
