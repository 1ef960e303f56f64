// RewriteTrace copies a trace, event by event, into a file of another form.
//
//   absl::StatusOr<Rewritten> r = RewriteTrace(*reader, options, file, output);
//
// Determinism: equal events and options give equal files (see TraceWriter).
//
// Cost: constant memory, linear time.
#ifndef ASUPERSYNC_CLI_TRACE_REWRITER_H_
#define ASUPERSYNC_CLI_TRACE_REWRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/output_file.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/replay/trace_writer.h"

namespace asupersync::cli {

struct Rewritten {
  uint64_t events = 0;
  // OK, or why `reader` ended where it did: DataLoss for damaged bytes and for
  // a file that ends too soon. The copy then has no footer.
  absl::Status input;
};

// Writes what `reader` gives to file.temporary(); the caller commits. The
// errors are those of writing.
absl::StatusOr<Rewritten> RewriteTrace(TraceReader& reader,
                                       const TraceWriterOptions& options,
                                       const OutputFile& file,
                                       const Output& output);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_REWRITER_H_
