// What every trace command does with a trace file: open it, and say in one
// line what is wrong with it.
//
//   std::optional<TraceReader> reader = OpenTrace(path, output);
//   if (!reader.has_value()) return ExitCode::kInput;
//   absl::Status damage = WalkEvents(*reader, output, [&](const auto& record) {
//     ...
//     return true;  // go on
//   });
//   return CheckRead(*reader, damage, output);
//
// Determinism: a function of the file.
#ifndef ASUPERSYNC_CLI_TRACE_INPUT_H_
#define ASUPERSYNC_CLI_TRACE_INPUT_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {

// nullopt: it cannot be opened or is no trace, which an error line says.
std::optional<TraceReader> OpenTrace(const std::string& path,
                                     const Output& output);

// Gives the events of `reader` from the first on to `see`, until that says
// false. Shows progress. Returns the error that ends them, if one does.
absl::Status WalkEvents(
    TraceReader& reader, const Output& output,
    absl::FunctionRef<bool(const EventRecord& record)> see);

// kInput with an error line if `damage` is an error or the file not whole.
ExitCode CheckRead(const TraceReader& reader, const absl::Status& damage,
                   const Output& output);

// REQUIRES: all events of `reader` were read. kInput with an error line if the
// file is not whole: it ends too soon.
ExitCode CheckWhole(const TraceReader& reader, const Output& output);

// The source line with this number among those read so far, without a copy.
// Lasts until the next event is read.
const Site& SiteOf(const TraceReader& reader, SiteId id);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_INPUT_H_
