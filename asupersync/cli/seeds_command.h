// `asupersync seeds SEED [TEST_ID]`: the seeds that a test derives from its
// seed.
#ifndef ASUPERSYNC_CLI_SEEDS_COMMAND_H_
#define ASUPERSYNC_CLI_SEEDS_COMMAND_H_

#include "asupersync/cli/command.h"

namespace asupersync::cli {

const Command& SeedsCommand();

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_SEEDS_COMMAND_H_
