// `asupersync replay MANIFEST`: runs the recorded test again, driven by its
// recorded trace.
//
// How it knows that the replay was identical: the test binary compares every
// event with the trace and writes a repro manifest of its own, with
// replay_verdict, into a folder that this command has just made. The command
// believes that file, and only if its schedule certificate, steps and status
// are the recorded ones.
//
// A manifest is data: nothing in it reaches a shell or the environment; of its
// arguments those that would direct GoogleTest or the lab are left out.
#ifndef ASUPERSYNC_CLI_REPLAY_COMMAND_H_
#define ASUPERSYNC_CLI_REPLAY_COMMAND_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& ReplayCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_REPLAY_COMMAND_H_
