#include "asupersync/cli/completion.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/cli.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

using Words = std::vector<std::string>;

std::string Script(const std::string& shell) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunCli({"completion", shell}, {out, err}), ExitCode::kOk);
  return out.str();
}

// What the commands, given to the shell as one argument, print; a word a line.
Words Lines(const std::string& shell, const std::string& commands) {
  std::FILE* const pipe =
      ::popen(ShellQuote({shell, "-c", commands}).c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, n);
  }
  EXPECT_EQ(::pclose(pipe), 0) << commands;
  return absl::StrSplit(output, '\n', absl::SkipEmpty());
}

// What bash offers for this line, with the cursor at its end.
Words Complete(const std::string& line, const std::string& shell = "bash") {
  const std::string script = WriteBytes("completion." + shell, Script(shell));
  const std::string quoted = ShellQuote(absl::string_view(line));
  const std::string source = "source " + ShellQuote(absl::string_view(script));
  if (shell == "fish") {
    return Lines("/usr/bin/fish",
                 absl::StrCat(source, "; complete -C ", quoted,
                              " | string replace -r '\\t.*' ''; true"));
  }
  // As bashcompinit of zsh calls it.
  const std::string setting = shell == "zsh" ? "; setopt no_glob" : "";
  return Lines(absl::StrCat("/bin/", shell),
               absl::StrCat(source, setting, "; COMP_LINE=", quoted,
                            "; COMP_POINT=${#COMP_LINE}; _asupersync; printf "
                            "'%s\\n' \"${COMPREPLY[@]}\""));
}

bool Has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST(CompletionTest, BashOffersTheCommands) {
  const Words first = Complete("asupersync ");
  for (const char* word : {"trace", "replay", "report", "seeds", "completion",
                           "help", "--version"}) {
    EXPECT_TRUE(Has(first, word)) << word;
  }
  EXPECT_EQ(Complete("asupersync re"), (Words{"replay", "report"}));
  EXPECT_EQ(Complete("asupersync trace ev"), (Words{"events"}));
  EXPECT_EQ(Complete("asupersync help trace st"), (Words{"stats"}));
}

TEST(CompletionTest, BashOffersTheCommandsOwnOptions) {
  EXPECT_EQ(Complete("asupersync trace events --fi"), (Words{"--filter="}));
  EXPECT_EQ(Complete("asupersync trace recover --fo"),
            (Words{"--force", "--format=human", "--format=json"}));
  EXPECT_EQ(Complete("asupersync trace info --fi"), Words());
  EXPECT_EQ(Complete("asupersync replay --al"),
            (Words{"--allow-other-build"}));
}

TEST(CompletionTest, BashOffersTheValuesOfAnOptionWithoutItsName) {
  EXPECT_EQ(Complete("asupersync trace export --to="),
            (Words{"jsonl", "textproto", "perfetto"}));
  EXPECT_EQ(Complete("asupersync trace export --to=p"), (Words{"perfetto"}));
  EXPECT_EQ(Complete("asupersync completion z"), (Words{"zsh"}));
}

TEST(CompletionTest, AValueMayBeAWordOfItsOwn) {
  EXPECT_EQ(Complete("asupersync trace info --format j"), (Words{"json"}));
  EXPECT_EQ(Complete("asupersync trace export --to per"), (Words{"perfetto"}));
  EXPECT_EQ(Complete("asupersync trace export --to "),
            (Words{"jsonl", "textproto", "perfetto"}));
  EXPECT_EQ(Complete("asupersync trace events --filter "), Words());
  EXPECT_EQ(Complete("asupersync trace recover --force --fo"),
            (Words{"--force", "--format=human", "--format=json"}));
}

TEST(CompletionTest, AListIsCompletedElementByElement) {
  EXPECT_EQ(Complete("asupersync trace events --kind=Us"),
            (Words{"UserTrace"}));
  EXPECT_EQ(Complete("asupersync trace stats --kind UserTrace,RegionNa"),
            (Words{"UserTrace,RegionNamed"}));
}

TEST(CompletionTest, AFileMayBeTheValueOfAnOption) {
  const std::string path = WriteBytes("against.async", "");
  const std::string start = path.substr(0, path.size() - 4);
  EXPECT_EQ(Complete("asupersync trace html a --against=" + start),
            (Words{path}));
  EXPECT_EQ(Complete("asupersync trace html a --against " + start),
            (Words{path}));
}

// zsh, other than bash, replaces the whole word, and takes the blank behind it
// from the reply.
TEST(CompletionTest, ZshOffersValuesWithTheirOption) {
  if (::access("/bin/zsh", X_OK) != 0) GTEST_SKIP() << "NOT TESTED: no zsh";
  EXPECT_EQ(Complete("asupersync trace info --format=j", "zsh"),
            (Words{"--format=json "}));
  EXPECT_EQ(Complete("asupersync trace export --to=per", "zsh"),
            (Words{"--to=perfetto "}));
  EXPECT_EQ(Complete("asupersync trace export --to per", "zsh"),
            (Words{"perfetto "}));
  EXPECT_EQ(Complete("asupersync trace html --aga", "zsh"),
            (Words{"--against="}));
  const std::string path = WriteBytes("against.async", "");
  EXPECT_EQ(Complete("asupersync trace html a --against=" +
                         path.substr(0, path.size() - 4),
                     "zsh"),
            (Words{absl::StrCat("--against=", path, " ")}));
  EXPECT_EQ(Complete("asupersync trace events --kind=UserTrace,RegionNa",
                     "zsh"),
            (Words{"--kind=UserTrace,RegionNamed "}));
  EXPECT_EQ(Complete("asupersync trace ev", "zsh"), (Words{"events "}));
}

TEST(CompletionTest, FishOffersValuesAndFiles) {
  if (::access("/usr/bin/fish", X_OK) != 0) {
    GTEST_SKIP() << "NOT TESTED: no fish";
  }
  EXPECT_EQ(Complete("asupersync trace info --format=j", "fish"),
            (Words{"--format=json"}));
  EXPECT_EQ(Complete("asupersync trace events --kind Us", "fish"),
            (Words{"UserTrace"}));
  const std::string path = WriteBytes("against.async", "");
  const std::string start = path.substr(0, path.size() - 4);
  EXPECT_TRUE(Has(Complete("asupersync trace html a --against " + start,
                           "fish"),
                  path));
}

TEST(CompletionTest, BashOffersFilesWhereTheyAreWanted) {
  const std::string path = WriteBytes("completed file.async", "");
  const std::string start = path.substr(0, path.find(' '));
  EXPECT_EQ(Complete("asupersync trace info " + start), (Words{path}));
  EXPECT_EQ(Complete("asupersync trace info --format=json " + start),
            (Words{path}));
  EXPECT_EQ(Complete("asupersync seeds " + start), Words());
}

TEST(CompletionTest, EveryShellsScriptKnowsEveryOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = Script(shell);
    for (const char* word : {"filter", "allow-other-build", "perfetto", "stats",
                             "completion", "force", "format"}) {
      EXPECT_TRUE(absl::StrContains(script, word)) << shell << " " << word;
    }
  }
  EXPECT_EQ(CompletionScript("csh", {}), std::nullopt);
}

}  // namespace
}  // namespace asupersync::cli
