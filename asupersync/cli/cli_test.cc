#include "asupersync/cli/cli.h"

#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

CliResult Cli(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = RunCli(words, {out, err});
  return {code, out.str(), err.str()};
}

const char* const kCommands[] = {
    "trace info",   "trace events",  "trace stats", "trace diff",
    "trace verify", "trace recover", "trace export", "trace convert", "step",
    "replay",       "report",        "seeds",        "completion"};

std::vector<std::string> WordsOf(absl::string_view command) {
  return absl::StrSplit(command, ' ');
}

TEST(CliTest, EveryCommandHasHelpWithAnExample) {
  for (const char* command : kCommands) {
    std::vector<std::string> asked = WordsOf(command);
    asked.push_back("--help");
    const CliResult r = Cli(asked);
    EXPECT_EQ(r.code, ExitCode::kOk);
    EXPECT_EQ(r.err, "");
    EXPECT_TRUE(absl::StartsWith(
        r.out, absl::StrCat("Usage: asupersync ", command, " ")));
    EXPECT_TRUE(absl::StrContains(r.out, "Exit status: 0 "));
    EXPECT_TRUE(
        absl::StrContains(r.out, absl::StrCat("\n  asupersync ", command)));
    std::vector<std::string> topic = WordsOf(command);
    topic.insert(topic.begin(), "help");
    EXPECT_EQ(Cli(topic).out, r.out);
    for (absl::string_view line : absl::StrSplit(r.out, '\n')) {
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

TEST(CliTest, TheOverviewNamesEveryCommand) {
  const CliResult r = Cli({"--help"});
  EXPECT_EQ(r.code, ExitCode::kOk);
  for (const char* command : kCommands) {
    EXPECT_TRUE(
        absl::StrContains(r.out, absl::StrCat("\n  asupersync ", command, " ")))
        << r.out;
  }
  EXPECT_EQ(Cli({"help"}).out, r.out);
  EXPECT_EQ(Cli({"-h"}).out, r.out);
}

TEST(CliTest, AGroupsHelpIsThatOfItsCommands) {
  const CliResult r = Cli({"trace", "--help"});
  EXPECT_EQ(r.code, ExitCode::kOk);
  EXPECT_TRUE(absl::StrContains(r.out, "Usage: asupersync trace diff"));
  EXPECT_FALSE(absl::StrContains(r.out, "Usage: asupersync replay"));
}

TEST(CliTest, TheVersionIsALine) {
  EXPECT_EQ(Cli({"--version"}).out, "asupersync 0.1.0\n");
  EXPECT_EQ(Cli({"--version", "x"}).code, ExitCode::kUsage);
}

TEST(CliTest, WhatIsNoCommandIsAUsageErrorInOneLine) {
  const std::vector<std::vector<std::string>> calls = {
      {}, {"trace"}, {"tracer"}, {"trace", "inof", "f"}, {"--verbose"},
      {"help", "no"}, {"trace", "info"}, {"trace", "info", "a", "b"},
      {"trace", "info", "--json", "a"}, {"trace", "diff", "a"},
      {"trace", "events", "a", "--filter"}, {"replay"}, {"replay", "a", "b"},
      {""}, {"trace", "x\n\x1b[2J"}};
  for (const std::vector<std::string>& words : calls) {
    const CliResult r = Cli(words);
    EXPECT_EQ(r.code, ExitCode::kUsage);
    EXPECT_EQ(r.out, "");
    EXPECT_TRUE(absl::StartsWith(r.err, "asupersync")) << r.err;
    EXPECT_TRUE(absl::StrContains(r.err, "see 'asupersync help")) << r.err;
    EXPECT_EQ(r.err.find('\n'), r.err.size() - 1) << r.err;
    EXPECT_EQ(r.err.find('\x1b'), std::string::npos);
  }
}

TEST(CliTest, HelpAndVersionAreJsonIfAskedFor) {
  using nlohmann::json;
  const json version = json::parse(Cli({"--version", "--format=json"}).out);
  EXPECT_EQ(version["version"], "0.1.0");
  EXPECT_EQ(version["exit_code"], 0);
  const json all = json::parse(Cli({"help", "--format", "json"}).out);
  EXPECT_EQ(all["command"], "help");
  EXPECT_EQ(all["commands"].size(), std::size(kCommands) + 1);  // trace html
  EXPECT_EQ(all["commands"][0]["name"], "trace info");
  EXPECT_EQ(all["commands"][0]["usage"], "FILE");
  EXPECT_FALSE(all["commands"][0].contains("help"));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"help", "seeds", "--format=json"},
        {"seeds", "--help", "--format=json"},
        {"--format=json", "help", "seeds"}}) {
    const json one = json::parse(Cli(words).out);
    ASSERT_EQ(one["commands"].size(), 1u);
    EXPECT_EQ(one["commands"][0]["help"], Cli({"help", "seeds"}).out);
  }
  EXPECT_GT(
      json::parse(Cli({"trace", "-h", "--format=json"}).out)["commands"].size(),
      8u);
}

TEST(CliTest, AMistakeIsJsonIfAskedFor) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--format=json"},
        {"no", "--format=json"},
        {"help", "no", "--format=json"},
        {"trace", "inof", "--format", "json"},
        {"--version", "x", "--format=json"}}) {
    const CliResult r = Cli(words);
    EXPECT_EQ(r.code, ExitCode::kUsage);
    const nlohmann::json json = nlohmann::json::parse(r.out);
    EXPECT_EQ(json["exit_code"], 1);
    ASSERT_EQ(json["errors"].size(), 1u);
    EXPECT_EQ(r.err, absl::StrCat("asupersync: ",
                                  std::string(json["errors"][0]), "\n"));
  }
  EXPECT_EQ(Cli({"help", "--format=xml"}).code, ExitCode::kUsage);
  EXPECT_EQ(Cli({"help", "--format=human"}).out, Cli({"help"}).out);
}

TEST(CliTest, TheFormatMayStandBeforeTheCommandAndChangesNoStatus) {
  const std::string path = WriteBytes("format_first.async", "no trace");
  const CliResult behind =
      Cli({"trace", "verify", path, "--format=json"});
  EXPECT_EQ(behind.code, ExitCode::kInput);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--format=json", "trace", "verify", path},
        {"trace", "--format=json", "verify", path},
        {"--format", "json", "trace", "verify", path},
        {"trace", "--format", "json", "verify", path}}) {
    const CliResult r = Cli(words);
    EXPECT_EQ(r.code, ExitCode::kInput);
    EXPECT_EQ(r.out, behind.out);
  }
  // Twice is as wrong as it is behind the command.
  EXPECT_EQ(Cli({"--format=json", "seeds", "1", "--format=json"}).code,
            ExitCode::kUsage);
}

TEST(CliTest, AnOtherOptionBeforeTheCommandIsAMistake) {
  const std::string path = ToyTrace().Save("option_first.async");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--filter=x", "trace", "events", path},
        {"trace", "--filter=x", "events", path},
        {"--format=xml", "trace", "verify", path},
        {"--", "trace", "verify", path},
        {"trace", "--", "--format=json", "verify", path}}) {
    const CliResult r = Cli(words);
    EXPECT_EQ(r.code, ExitCode::kUsage);
    EXPECT_EQ(r.out, "");
    EXPECT_TRUE(absl::StrContains(r.err, "unknown ")) << r.err;
  }
}

TEST(CliTest, CommandsGetTheirWords) {
  const std::string path = ToyTrace().Save("cli.async");
  const CliResult r =
      Cli({"trace", "events", path, "--from=17", "--to", "17"});
  EXPECT_EQ(r.code, ExitCode::kOk);
  EXPECT_TRUE(absl::StartsWith(r.out, "#17 tick=4 - RegionClosed")) << r.out;
  EXPECT_EQ(Cli({"trace", "diff", path, path}).code, ExitCode::kOk);
  EXPECT_EQ(Cli({"trace", "verify", "/no/such"}).code, ExitCode::kInput);
}

}  // namespace
}  // namespace asupersync::cli
