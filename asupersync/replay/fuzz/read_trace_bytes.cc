#include "asupersync/replay/fuzz/read_trace_bytes.h"

#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/replay/trace_writer.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {
namespace {

void Require(bool ok, absl::string_view what) {
  if (!ok) Fatal(what);
}

void Iterate(TraceReader& reader, TraceReading* reading) {
  for (const absl::StatusOr<EventRecord>& event : reader.events()) {
    Require(reading->status.ok(), "an element after an error");
    reading->status = event.status();
    if (!event.ok()) continue;
    if (!reading->events.empty()) {
      const EventRecord& before = reading->events.back();
      Require(event->index == before.index + 1, "indices have a gap");
      Require(event->tick >= before.tick, "ticks descend");
    }
    reading->events.push_back(*event);
  }
  reading->recovered = reader.recovered();
}

void CheckWhole(TraceReader& reader, const TraceReading& reading) {
  const absl::StatusOr<ReplayTrace> all = reader.ReadAll();
  Require(all.status() == reading.status, "ReadAll() and iteration disagree");
  if (all.ok()) {
    Require(all->recovered() == reading.recovered, "two notes of recovery");
    Require(all->size() == reading.events.size(), "ReadAll() has other events");
  }
  const ReplayTrace kept = reader.Recover();
  Require(kept.size() <= reading.events.size(), "Recover() has more events");
  size_t n = 0;
  for (const EventRecord& record : kept.events()) {
    Require(record == reading.events[n++], "Recover() has other events");
  }
  Require(kept.recovered().empty() == (all.ok() && reading.recovered.empty()),
          "Recover() does not say that the file is not whole");
}

// What `range` begins with is in `reading` under the same index.
void CheckRange(const absl::StatusOr<TraceReader::Range>& range,
                const TraceReading& reading) {
  if (!range.ok()) return;
  int most = 20;
  for (const absl::StatusOr<EventRecord>& event : *range) {
    if (!event.ok() || --most == 0) return;
    if (reading.events.empty()) continue;
    const uint64_t first = reading.events.front().index;
    Require(event->index >= first, "Seek() leads to before the trace");
    // Behind a damaged block, iteration does not come.
    if (event->index - first >= reading.events.size()) {
      Require(!reading.status.ok() || !reading.recovered.empty(),
              "Seek() leads behind the trace");
      return;
    }
    Require(*event == reading.events[event->index - first],
            "Seek() leads to another event");
  }
}

void CheckSeeking(TraceReader& reader, const TraceReading& reading) {
  std::vector<uint64_t> events = {0, 1, 1000, ~uint64_t{0}};
  std::vector<uint64_t> ticks = events;
  for (const size_t part : {4, 2, 1}) {
    if (reading.events.empty()) break;
    const EventRecord& event = reading.events[reading.events.size() / part - 1 +
                                              (reading.events.size() < part)];
    events.push_back(event.index);
    ticks.push_back(event.tick);
  }
  for (const uint64_t event : events) CheckRange(reader.Seek(event), reading);
  for (const uint64_t tick : ticks) CheckRange(reader.SeekTick(tick), reading);
  const absl::StatusOr<uint64_t> end = reader.EndIndex();
  if (end.ok() && reading.status.ok() && !reading.events.empty()) {
    Require(*end == reading.events.back().index + 1, "EndIndex() is another");
  }
}

}  // namespace

TraceReading ReadTraceBytes(const std::string& path) {
  TraceReading reading;
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  reading.status = reader.status();
  if (!reader.ok()) return reading;
  Iterate(*reader, &reading);
  CheckWhole(*reader, reading);
  CheckSeeking(*reader, reading);
  return reading;
}

void CheckRewriting(const std::string& path, const std::string& copy) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return;
  const ReplayTrace kept = reader->Recover();
  std::ostringstream lines;
  for (const EventRecord& record : kept.events()) {
    lines << record << ToString(kept.site(record.site));
  }
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(copy);
  Require(writer.ok(), writer.status().ToString());
  absl::Status written = writer->WriteTrace(kept);
  if (written.ok()) written = writer->Finish();
  Require(written.ok(), written.ToString());
  absl::StatusOr<TraceReader> again = TraceReader::Open(copy);
  Require(again.ok(), again.status().ToString());
  const absl::StatusOr<ReplayTrace> back = again->ReadAll();
  Require(back.ok(), back.status().ToString());
  Require(back->metadata() == kept.metadata(), "other metadata");
  Require(back->sites() == kept.sites(), "other sites");
  Require(back->blocks() == kept.blocks(), "other blocks");
  Require(back->summary() == kept.summary(), "another summary");
}

const std::string& ScratchFolder() {
  static const std::string* const kFolder = [] {
    std::string parent = "/tmp";
    for (const char* name : {"TMPDIR", "TEST_TMPDIR"}) {
      if (const char* value = ::getenv(name)) parent = value;
    }
    std::string pattern = absl::StrCat(parent, "/asupersync-fuzz-XXXXXX");
    Require(::mkdtemp(pattern.data()) != nullptr, "no scratch folder");
    return new std::string(std::move(pattern));
  }();
  return *kFolder;
}

}  // namespace asupersync
