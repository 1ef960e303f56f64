// Command is one of the things that the `asupersync` program does.
//
// Determinism: a command's output depends on its arguments and the files that
// they name; no clock, no colours.
#ifndef ASUPERSYNC_CLI_COMMAND_H_
#define ASUPERSYNC_CLI_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/arguments.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/json_writer.h"

namespace asupersync::cli {

// Where a command writes. RunCli() makes `json` and `errors` of --format=json.
struct Output {
  std::ostream& out;  // what was asked for; goes nowhere if `json` is there
  std::ostream& err;  // one line for each thing that is wrong
  // Not null: --format=json. A command writes its fields here, into an object
  // that RunCli() has begun and ends.
  JsonWriter* json = nullptr;
  // Not null: PrintError() adds its messages.
  std::vector<std::string>* errors = nullptr;
  bool err_is_terminal = false;
  bool out_is_terminal = false;

  // This, without progress if that would stand between lines of `out` on one
  // terminal: for a command that prints as it goes.
  Output Streaming() const {
    Output output = *this;
    if (out_is_terminal) output.err_is_terminal = false;
    return output;
  }

  // The reader has gone away (`| head`): a command that would go on for long
  // looks and stops.
  bool closed() const { return json != nullptr ? !json->ok() : !out; }
};

struct Command {
  absl::string_view name;     // "trace info"
  absl::string_view usage;    // what follows the name: "FILE"
  absl::string_view summary;  // one line, no full stop
  // What --help shows below the usage line: what it prints, its exit status,
  // examples. The options of `arguments` that have a help text are put before
  // the line that starts with "Exit status:". Ends with a line end.
  absl::string_view help;
  ArgumentsSpec arguments;
  ExitCode (*run)(const Arguments& arguments, const Output& output);
  // With --format=json: run() itself writes objects to `out`, a line each, for
  // what is asked and answered one by one; there is no object around them.
  bool writes_json_lines = false;
  // What --format takes besides "human" and "json", which run() looks for
  // itself; and what --help then says of --format.
  std::vector<absl::string_view> more_formats = {};
  absl::string_view more_formats_help = {};
};

// What `command` takes: its own arguments, and the options that every command
// has: --format=human|json and the command's more_formats.
ArgumentsSpec SpecOf(const Command& command);

// The text of --help.
std::string HelpOf(const Command& command);

// Whether `words`, before any "--", ask for --format=json, also if something
// else is wrong with them.
bool AskForJson(const std::vector<std::string>& words);

// What `run` returns. It gets an output with `json`: one object on `output.out`
// which has "command" (`name`), what `run` writes, "errors" (what PrintError()
// got) and "exit_code".
ExitCode RunInJson(absl::string_view name, const Output& output,
                   absl::FunctionRef<ExitCode(const Output& output)> run);

// Parses `words` and runs `command`, in JSON if they ask for it.
ExitCode RunCommand(const Command& command,
                    const std::vector<std::string>& words,
                    const Output& output);

// Prints "asupersync: `message`" as one line on `output.err`, without its
// middle if it is longer than 4000 bytes; in JSON it is whole.
void PrintError(const Output& output, absl::string_view message);

// The same for wrong usage of `command`; returns kUsage.
ExitCode UsageError(const Output& output, absl::string_view command,
                    absl::string_view message);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_COMMAND_H_
