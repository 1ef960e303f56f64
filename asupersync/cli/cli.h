// RunCli is the `asupersync` program as a function.
//
//   return static_cast<int>(RunCli({"trace", "info", "t.async"}, {out, err}));
//
// Determinism: see Command.
#ifndef ASUPERSYNC_CLI_CLI_H_
#define ASUPERSYNC_CLI_CLI_H_

#include <string>
#include <vector>

#include "asupersync/cli/command.h"
#include "asupersync/cli/exit_code.h"

namespace asupersync::cli {

// Runs the command that `words` (without the program's name) ask for. What is
// wrong with them is told on `output.err`, the result is then kUsage.
ExitCode RunCli(const std::vector<std::string>& words, const Output& output);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_CLI_H_
