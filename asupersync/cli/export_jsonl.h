// JSON lines: one object for each event, as event_json.h says.
#ifndef ASUPERSYNC_CLI_EXPORT_JSONL_H_
#define ASUPERSYNC_CLI_EXPORT_JSONL_H_

#include <memory>
#include <ostream>

#include "asupersync/cli/export_sink.h"

namespace asupersync::cli {

// `out` must outlive the sink.
std::unique_ptr<ExportSink> MakeJsonlSink(std::ostream& out);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EXPORT_JSONL_H_
