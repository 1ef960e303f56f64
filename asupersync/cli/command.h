// Command is one of the things that the `asupersync` program does.
//
// Determinism: a command's output depends on its arguments and the files that
// they name; no clock, no colours.
#ifndef ASUPERSYNC_CLI_COMMAND_H_
#define ASUPERSYNC_CLI_COMMAND_H_

#include <ostream>

#include "absl/strings/string_view.h"
#include "asupersync/cli/arguments.h"
#include "asupersync/cli/exit_code.h"

namespace asupersync::cli {

// Where a command writes. If `out` fails, its reader has gone away (`| head`):
// a command that would go on for long looks and stops.
struct Output {
  std::ostream& out;  // what was asked for
  std::ostream& err;  // one line for each thing that is wrong
};

struct Command {
  absl::string_view name;     // "trace info"
  absl::string_view usage;    // what follows the name: "FILE"
  absl::string_view summary;  // one line, no full stop
  // What --help shows below the usage line: what it prints, its options, its
  // exit status, examples. Ends with a line end.
  absl::string_view help;
  ArgumentsSpec arguments;
  ExitCode (*run)(const Arguments& arguments, const Output& output);
};

// Prints "asupersync: `message`" as one line on `output.err`.
void PrintError(const Output& output, absl::string_view message);

// The same for wrong usage of `command`; returns kUsage.
ExitCode UsageError(const Output& output, absl::string_view command,
                    absl::string_view message);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_COMMAND_H_
