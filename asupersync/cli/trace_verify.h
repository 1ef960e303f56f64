// `asupersync trace verify FILE`: whether a trace file is whole.
//
// Cost: O(bytes after decompression), about 10 ns for each event; memory as
// TraceReader.
#ifndef ASUPERSYNC_CLI_TRACE_VERIFY_H_
#define ASUPERSYNC_CLI_TRACE_VERIFY_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& TraceVerifyCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_VERIFY_H_
