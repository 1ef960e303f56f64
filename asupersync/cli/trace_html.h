#ifndef ASUPERSYNC_CLI_TRACE_HTML_H_
#define ASUPERSYNC_CLI_TRACE_HTML_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

// `asupersync trace html FILE`: a picture of a trace, in one HTML file.
const Command& TraceHtmlCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_H_
