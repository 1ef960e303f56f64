// What every trace command does with a trace file: open it, and say in one
// line what is wrong with it.
//
//   std::optional<TraceReader> reader = OpenTrace(path, output);
//   if (!reader.has_value()) return ExitCode::kInput;
//   for (const auto& event : reader->events()) { ... }
//   return CheckWhole(*reader, output);
//
// Determinism: a function of the file.
#ifndef ASUPERSYNC_CLI_TRACE_INPUT_H_
#define ASUPERSYNC_CLI_TRACE_INPUT_H_

#include <optional>
#include <string>

#include "asupersync/cli/command.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {

// nullopt: it cannot be opened or is no trace, which an error line says.
std::optional<TraceReader> OpenTrace(const std::string& path,
                                     const Output& output);

// REQUIRES: all events of `reader` were read. kInput with an error line if the
// file is not whole: it ends too soon.
ExitCode CheckWhole(const TraceReader& reader, const Output& output);

// The source line with this number among those read so far, without a copy.
// Lasts until the next event is read.
const Site& SiteOf(const TraceReader& reader, SiteId id);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_INPUT_H_
