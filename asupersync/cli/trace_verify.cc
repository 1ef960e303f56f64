#include "asupersync/cli/trace_verify.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Reads all of FILE and prints one line:

  ok N events                    every check holds
  truncated: N events recovered  the file ends too soon; N events are whole
  corrupt: what, where           it is damaged, or no trace of this version

Exit status: 0 ok; 2 otherwise.

Example:
  asupersync trace verify trace.async && echo whole
)";

ExitCode Corrupt(const absl::Status& status, const Output& output) {
  // Not the file but the way to it.
  const bool is_content = status.code() == absl::StatusCode::kDataLoss ||
                          absl::IsInvalidArgument(status) ||
                          absl::IsFailedPrecondition(status);
  if (is_content) {
    output.out << "corrupt: " << Printable(status.message()) << "\n";
  } else {
    PrintError(output, status.message());
  }
  return ExitCode::kInput;
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(arguments.operand(0));
  if (!reader.ok()) return Corrupt(reader.status(), output);
  uint64_t events = 0;
  for (const absl::StatusOr<EventRecord>& event : reader->events()) {
    if (!event.ok()) return Corrupt(event.status(), output);
    ++events;
  }
  if (!reader->recovered().empty()) {
    output.out << "truncated: " << events << " events recovered\n";
    return ExitCode::kInput;
  }
  output.out << "ok " << events << " events\n";
  return ExitCode::kOk;
}

}  // namespace

const Command& TraceVerifyCommand() {
  static const auto* const kCommand = new Command{
      "trace verify", "FILE", "check that a trace file is whole", kHelp,
      {{}, {"FILE"}}, &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
