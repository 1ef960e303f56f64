// `asupersync report PATH`: what a test has left, on one screen.
#ifndef ASUPERSYNC_CLI_REPORT_COMMAND_H_
#define ASUPERSYNC_CLI_REPORT_COMMAND_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& ReportCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_REPORT_COMMAND_H_
