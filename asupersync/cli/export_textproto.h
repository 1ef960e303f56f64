// Protobuf's text format: one asupersync.proto.TraceExport
// (proto/trace_event.proto), an event a line.
#ifndef ASUPERSYNC_CLI_EXPORT_TEXTPROTO_H_
#define ASUPERSYNC_CLI_EXPORT_TEXTPROTO_H_

#include <memory>
#include <ostream>

#include "asupersync/cli/export_sink.h"

namespace asupersync::cli {

// `out` must outlive the sink.
std::unique_ptr<ExportSink> MakeTextprotoSink(std::ostream& out);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EXPORT_TEXTPROTO_H_
