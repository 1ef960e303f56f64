#include "asupersync/cli/trace_input.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/progress.h"

namespace asupersync::cli {

std::optional<TraceReader> OpenTrace(const std::string& path,
                                     const Output& output) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (reader.ok()) return *std::move(reader);
  PrintError(output, reader.status().message());
  return std::nullopt;
}

absl::Status WalkEvents(
    TraceReader& reader, const Output& output,
    absl::FunctionRef<bool(const EventRecord& record)> see) {
  Progress progress(output, absl::StrCat("reading ", reader.path()));
  for (const absl::StatusOr<EventRecord>& event : reader.events()) {
    if (!event.ok()) return event.status();
    if (!see(*event)) break;
    progress.Add(1);
  }
  return absl::OkStatus();
}

ExitCode CheckRead(const TraceReader& reader, const absl::Status& damage,
                   const Output& output) {
  if (damage.ok()) return CheckWhole(reader, output);
  PrintError(output, damage.message());
  return ExitCode::kInput;
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
