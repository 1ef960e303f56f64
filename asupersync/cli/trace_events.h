// `asupersync trace events FILE`: the events of a trace, a line each.
#ifndef ASUPERSYNC_CLI_TRACE_EVENTS_H_
#define ASUPERSYNC_CLI_TRACE_EVENTS_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

// Reads and writes as it goes; memory does not grow with the trace.
const Command& TraceEventsCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_EVENTS_H_
