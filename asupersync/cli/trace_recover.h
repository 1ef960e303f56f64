// `asupersync trace recover`: what is whole of a damaged trace, as a file of
// its own; and what a test has left whose process died, completed.
#ifndef ASUPERSYNC_CLI_TRACE_RECOVER_H_
#define ASUPERSYNC_CLI_TRACE_RECOVER_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceRecoverCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_RECOVER_H_
