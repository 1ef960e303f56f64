// `asupersync trace stats FILE`: the events of a trace, counted by kind, task,
// region and source line.
#ifndef ASUPERSYNC_CLI_TRACE_STATS_H_
#define ASUPERSYNC_CLI_TRACE_STATS_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceStatsCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_STATS_H_
