// `asupersync step FILE`: a session that walks a trace, a command a line.
#ifndef ASUPERSYNC_CLI_STEP_COMMAND_H_
#define ASUPERSYNC_CLI_STEP_COMMAND_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

// Reads the commands from this process's standard input. Memory does not grow
// with the trace, but with what is alive at the place (step_walk.h).
const Command& StepCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_STEP_COMMAND_H_
