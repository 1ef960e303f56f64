// Trace files: TraceWriter and TraceReader, re-exported under one name.
// docs/trace_format.md is the format.
#ifndef ASUPERSYNC_REPLAY_TRACE_FILE_H_
#define ASUPERSYNC_REPLAY_TRACE_FILE_H_

#include "asupersync/replay/trace_reader.h"  // IWYU pragma: export
#include "asupersync/replay/trace_writer.h"  // IWYU pragma: export

#endif  // ASUPERSYNC_REPLAY_TRACE_FILE_H_
