#include "asupersync/cli/cli.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/completion.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/replay_command.h"
#include "asupersync/cli/report_command.h"
#include "asupersync/cli/seeds_command.h"
#include "asupersync/cli/step_command.h"
#include "asupersync/cli/trace_convert.h"
#include "asupersync/cli/trace_diff.h"
#include "asupersync/cli/trace_events.h"
#include "asupersync/cli/trace_export.h"
#include "asupersync/cli/trace_html.h"
#include "asupersync/cli/trace_info.h"
#include "asupersync/cli/trace_recover.h"
#include "asupersync/cli/trace_stats.h"
#include "asupersync/cli/trace_verify.h"
#include "asupersync/trace/metadata.h"

namespace asupersync::cli {
namespace {

using Words = std::vector<std::string>;

constexpr absl::string_view kCompletionHelp = R"(
Prints a script that completes command lines of asupersync in this shell: its
commands, options, values of options, and file names.

With --format=json: "shell" and "script".

Exit status: 0 ok; 1 there is no script for this shell.

Examples:
  source <(asupersync completion bash)
  asupersync completion zsh > "${fpath[1]}/_asupersync"
  asupersync completion fish > ~/.config/fish/completions/asupersync.fish
)";

const Command& CompletionCommand();

// In the order in which help shows them.
std::vector<const Command*> Commands() {
  return {
      &TraceInfoCommand(),     //
      &TraceEventsCommand(),   //
      &TraceHtmlCommand(),     //
      &TraceStatsCommand(),    //
      &TraceDiffCommand(),     //
      &TraceVerifyCommand(),   //
      &TraceRecoverCommand(),  //
      &TraceExportCommand(),   //
      &TraceConvertCommand(),  //
      &StepCommand(),          //
      &ReplayCommand(),        //
      &ReportCommand(),        //
      &SeedsCommand(),         //
      &CompletionCommand(),    //
  };
}

ExitCode RunCompletion(const Arguments& arguments, const Output& output) {
  const std::string& shell = arguments.operand(0);
  const std::optional<std::string> script =
      CompletionScript(shell, Commands());
  if (!script.has_value()) {
    return UsageError(output, "completion",
                      absl::StrCat("no script for the shell '", shell,
                                   "'; there are bash, zsh and fish"));
  }
  output.out << *script;
  if (output.json != nullptr) {
    output.json->Field("shell", shell);
    output.json->Field("script", *script);
  }
  return ExitCode::kOk;
}

// Here, because it shows the table that it is part of.
const Command& CompletionCommand() {
  static const auto* const kCommand = new Command{
      "completion",    "bash|zsh|fish [OPTIONS]", "print a completion script",
      kCompletionHelp, {{}, {"bash|zsh|fish"}},   &RunCompletion};
  return *kCommand;
}

Words NameOf(const Command& command) {
  return absl::StrSplit(command.name, ' ');
}

bool StartWith(const Words& words, const Words& start) {
  return words.size() >= start.size() &&
         std::equal(start.begin(), start.end(), words.begin());
}

// The command whose name `words` start with, or null.
const Command* FindCommand(const Words& words) {
  for (const Command* command : Commands()) {
    if (StartWith(words, NameOf(*command))) return command;
  }
  return nullptr;
}

void PrintOverview(std::ostream& out) {
  out << "asupersync: looks at the traces of lab tests, and replays failures\n"
         "\n"
         "Usage:\n";
  for (const Command* command : Commands()) {
    const std::string call = absl::StrCat(command->name, " ", command->usage);
    out << absl::StrFormat("  asupersync %s\n      %s\n", call,
                           command->summary);
  }
  out << "\n"
         "  asupersync help COMMAND   more about a command, with examples\n"
         "  asupersync --version      the version\n"
         "\n"
         "Exit status:\n"
         "  0   ok\n"
         "  1   the command line is wrong\n"
         "  2   a file cannot be read or written, or is not whole\n"
         "  10  a replayed test failed\n"
         "  11  a replayed test failed by an oracle's violation\n"
         "  12  a program did not repeat its own recording\n"
         "  13  two traces differ\n"
         "\n"
         "Examples:\n"
         "  asupersync trace events trace.async --filter UserTrace\n"
         "  asupersync replay repro_manifest.json\n";
}

ExitCode UnknownCommand(const Words& words, const Output& output) {
  std::vector<std::string> names;
  for (const Command* command : Commands()) {
    names.push_back(std::string(command->name));
  }
  const std::string list = absl::StrCat(
      "; the commands are ", absl::StrJoin(names, ", "),
      "; see 'asupersync help'");
  if (words.empty()) {
    PrintError(output, absl::StrCat("no command is given", list));
    return ExitCode::kUsage;
  }
  // "trace" alone: the second word is what is unknown or missing.
  std::string given = words[0];
  if (words[0] == "trace" && words.size() > 1) {
    absl::StrAppend(&given, " ", words[1]);
  }
  const bool is_option = absl::StartsWith(words[0], "-");
  PrintError(output, absl::StrCat("unknown ", is_option ? "option" : "command",
                                  " '", given, "'", list));
  return ExitCode::kUsage;
}

void WriteCommand(const Command& command, bool with_help, JsonWriter& json) {
  json.BeginObject();
  json.Field("name", command.name);
  json.Field("usage", command.usage);
  json.Field("summary", command.summary);
  if (with_help) json.Field("help", HelpOf(command));
  json.End();
}

// The commands whose names begin with `topic`: those of a group, or one.
std::vector<const Command*> CommandsOf(const Words& topic) {
  std::vector<const Command*> commands;
  for (const Command* command : Commands()) {
    if (StartWith(NameOf(*command), topic)) commands.push_back(command);
  }
  return commands;
}

ExitCode Help(const Words& topic, const Output& output) {
  const std::vector<const Command*> commands = CommandsOf(topic);
  if (commands.empty()) return UnknownCommand(topic, output);
  if (output.json != nullptr) {
    output.json->Key("commands");
    output.json->BeginArray();
    for (const Command* command : commands) {
      WriteCommand(*command, /*with_help=*/!topic.empty(), *output.json);
    }
    output.json->End();
  } else if (topic.empty()) {
    PrintOverview(output.out);
  } else {
    for (const Command* command : commands) {
      if (command != commands.front()) output.out << "\n";
      output.out << HelpOf(*command);
    }
  }
  return ExitCode::kOk;
}

ExitCode Version(const Words& words, const Output& output) {
  if (words.size() > 1) {
    PrintError(output, "--version stands alone; see 'asupersync help'");
    return ExitCode::kUsage;
  }
  output.out << "asupersync " << kLibraryVersion << "\n";
  if (output.json != nullptr) output.json->Field("version", kLibraryVersion);
  return ExitCode::kOk;
}

bool IsHelp(absl::string_view word) { return word == "--help" || word == "-h"; }

// Whether help is asked for, before any "--".
bool AsksForHelp(const Words& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end, IsHelp);
}

// Without the format, which is known, before any "--".
Words WithoutFormat(const Words& words) {
  Words rest;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") {
      rest.insert(rest.end(), words.begin() + i, words.end());
      break;
    }
    const bool is_pair = words[i] == "--format" && i + 1 < words.size() &&
                         (words[i + 1] == "json" || words[i + 1] == "human");
    if (is_pair) {
      ++i;
    } else if (words[i] != "--format=json" && words[i] != "--format=human") {
      rest.push_back(words[i]);
    }
  }
  return rest;
}

// `words` without the name of the command that they call: --format may stand
// before the name and in it.
Words BehindName(const Command& command, Words words) {
  for (const std::string& part : NameOf(command)) {
    words.erase(std::find(words.begin(), words.end(), part));
  }
  return words;
}

// What is no call of a command: help, the version, a mistake.
ExitCode Tell(const Words& words, const Output& output) {
  if (words.empty()) return UnknownCommand(words, output);
  if (words[0] == "help") {
    return Help(Words(words.begin() + 1, words.end()), output);
  }
  if (words[0] == "--version") return Version(words, output);
  if (const Command* command = FindCommand(words)) {
    return Help(NameOf(*command), output);
  }
  if (IsHelp(words[0])) return Help({}, output);
  if (words.size() == 2 && IsHelp(words[1])) return Help({words[0]}, output);
  return UnknownCommand(words, output);
}

}  // namespace

ExitCode RunCli(const Words& words, const Output& output) {
  const Words told = WithoutFormat(words);
  if (const Command* command = FindCommand(told)) {
    const Words rest = BehindName(*command, words);
    if (!AsksForHelp(rest)) return RunCommand(*command, rest, output);
  }
  if (!AskForJson(words)) return Tell(told, output);
  const bool is_version = !told.empty() && told[0] == "--version";
  return RunInJson(is_version ? "--version" : "help", output,
                   [&](const Output& to) { return Tell(told, to); });
}

}  // namespace asupersync::cli
