// `asupersync trace recover DAMAGED OUT`: what is whole of a damaged trace, as
// a file of its own.
#ifndef ASUPERSYNC_CLI_TRACE_RECOVER_H_
#define ASUPERSYNC_CLI_TRACE_RECOVER_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceRecoverCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_RECOVER_H_
