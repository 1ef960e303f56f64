// `asupersync trace verify FILE`: whether a trace file is whole.
#ifndef ASUPERSYNC_CLI_TRACE_VERIFY_H_
#define ASUPERSYNC_CLI_TRACE_VERIFY_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceVerifyCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_VERIFY_H_
