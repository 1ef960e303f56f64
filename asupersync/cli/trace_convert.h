// `asupersync trace convert IN OUT`: a trace in another form of the same
// format.
#ifndef ASUPERSYNC_CLI_TRACE_CONVERT_H_
#define ASUPERSYNC_CLI_TRACE_CONVERT_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceConvertCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_CONVERT_H_
