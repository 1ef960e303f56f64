// Any words as the options that choose events: they are refused with a text, or
// a filter is made of them that takes events of a small trace. A line is a
// word.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/cli/arguments.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/seeds_command.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/fuzz/read_trace_bytes.h"
#include "asupersync/replay/toy_program.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/replay/trace_writer.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"

namespace asupersync::cli {
namespace {

TraceReader* OpenToy() {
  const std::string path = absl::StrCat(ScratchFolder(), "/toy.async");
  RandomChoiceSource source(DeriveSeeds(42, "Toy.Test"));
  Recorder recorder(RecorderConfig::Enabled());
  ToyProgram program(source, recorder);
  program.Run({.says_something = true});
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path);
  if (!writer.ok()) Fatal(writer.status().ToString());
  if (!writer->WriteTrace(recorder.TakeTrace(1, 2)).ok() ||
      !writer->Finish().ok()) {
    Fatal("the toy's trace cannot be written");
  }
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) Fatal(reader.status().ToString());
  return new TraceReader(*std::move(reader));
}

void RequireText(const absl::Status& status) {
  if (status.message().empty()) Fatal("an error without a text");
}

void Filter(const EventFilter& filter, TraceReader& reader,
            const Output& output) {
  EventRenderer renderer;
  const absl::Status read =
      WalkEvents(reader, output, [&](const EventRecord& record) {
        renderer.Enter(record);
        if (filter.Matches(record, SiteOf(reader, record.site), renderer) &&
            !filter.IsBefore(record) && !filter.IsBehind(record)) {
          output.out << renderer.Line(record, SiteOf(reader, record.site));
        }
        renderer.Leave(record);
        return true;
      });
  if (!read.ok()) Fatal(read.ToString());
}

void Run(const std::vector<std::string>& words) {
  static TraceReader* const reader = OpenToy();
  std::ostringstream out, err;
  const Output output{out, err};
  RunCommand(SeedsCommand(), words, output);
  const ArgumentsSpec spec = {
      FilterOptions({{"limit", "N", "at most so many"}}), {"[FILE]"}, true};
  const absl::StatusOr<Arguments> arguments = ParseArguments(spec, words);
  if (!arguments.ok()) return RequireText(arguments.status());
  const auto limit = arguments->number("limit");
  if (!limit.ok()) RequireText(limit.status());
  absl::StatusOr<EventFilter> filter = EventFilter::FromArguments(*arguments);
  if (!filter.ok()) return RequireText(filter.status());
  const absl::Status prepared = filter->Prepare(*reader, output);
  if (!prepared.ok()) return RequireText(prepared);
  Filter(*filter, *reader, output);
}

}  // namespace
}  // namespace asupersync::cli

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  asupersync::cli::Run(absl::StrSplit(
      absl::string_view(reinterpret_cast<const char*>(data), size), '\n'));
  return 0;
}
