// `asupersync trace info FILE`: what a trace file says of its execution.
#ifndef ASUPERSYNC_CLI_TRACE_INFO_H_
#define ASUPERSYNC_CLI_TRACE_INFO_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceInfoCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_INFO_H_
