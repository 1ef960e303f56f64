// The whole divergence report that a replay has left, for `asupersync report`.
//
//   if (IsDivergenceFile(path)) ...
//   absl::StatusOr<DivergenceReport> report = ReadDivergenceFile(path);
//   WriteTextproto(*report, std::cout);
//
// Determinism: functions of the file.
#ifndef ASUPERSYNC_CLI_REPORT_DIVERGENCE_H_
#define ASUPERSYNC_CLI_REPORT_DIVERGENCE_H_

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "asupersync/replay/divergence.h"

namespace asupersync::cli {

// Whether the file is a divergence.json, and no manifest: it is an object with
// a likely cause. Reads at most 1 MiB; what is no regular file is not opened.
bool IsDivergenceFile(const std::string& path);

// NotFound, or InvalidArgument: there is no such file, or it is longer than
// 1 MiB, or what ParseDivergence() says.
absl::StatusOr<DivergenceReport> ReadDivergenceFile(const std::string& path);

// asupersync.proto.DivergenceReport in protobuf's text format, behind comments
// that name the message and its file.
void WriteTextproto(const DivergenceReport& report, std::ostream& out);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_REPORT_DIVERGENCE_H_
