#include "asupersync/cli/trace_input.h"

#include <utility>

#include "absl/status/statusor.h"

namespace asupersync::cli {

std::optional<TraceReader> OpenTrace(const std::string& path,
                                     const Output& output) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (reader.ok()) return *std::move(reader);
  PrintError(output, reader.status().message());
  return std::nullopt;
}

ExitCode CheckWhole(const TraceReader& reader, const Output& output) {
  if (reader.recovered().empty()) return ExitCode::kOk;
  PrintError(output, reader.recovered());
  return ExitCode::kInput;
}

const Site& SiteOf(const TraceReader& reader, SiteId id) {
  static const Site* const kUnknown = new Site();
  if (!id.IsValid() || id.AsRaw() > reader.sites().size()) return *kUnknown;
  return reader.sites()[id.AsRaw() - 1];
}

}  // namespace asupersync::cli
