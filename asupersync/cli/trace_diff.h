// `asupersync trace diff A B`: the first difference of two traces.
#ifndef ASUPERSYNC_CLI_TRACE_DIFF_H_
#define ASUPERSYNC_CLI_TRACE_DIFF_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

// Reads both files side by side; memory does not grow with them.
const Command& TraceDiffCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_DIFF_H_
