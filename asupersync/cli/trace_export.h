// `asupersync trace export --to=FORM FILE [OUT]`: a trace in a form that other
// programs read.
#ifndef ASUPERSYNC_CLI_TRACE_EXPORT_H_
#define ASUPERSYNC_CLI_TRACE_EXPORT_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceExportCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_EXPORT_H_
