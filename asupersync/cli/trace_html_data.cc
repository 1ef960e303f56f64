#include "asupersync/cli/trace_html_data.h"

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "asupersync/cli/progress.h"
#include "asupersync/cli/trace_html_events.h"
#include "asupersync/cli/trace_html_tasks.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Hex(uint64_t value) { return absl::StrFormat("0x%016x", value); }

// The events of a reader one by one, up to its end or to damage.
class EventCursor {
 public:
  EventCursor(TraceReader& reader, const Output& output)
      : reader_(reader),
        range_(reader.events()),
        next_(range_.begin()),
        progress_(output, absl::StrCat("reading ", reader.path())) {}

  // Null: no more; then `damage` is told in scan().
  const EventRecord* Peek() {
    if (next_ == std::default_sentinel) {
      scan_.summary = reader_.summary();
      scan_.recovered = reader_.recovered();
      return nullptr;
    }
    if (next_->ok()) return &next_->value();
    scan_.damage = std::string(next_->status().message());
    return nullptr;
  }
  // REQUIRES: Peek() is not null.
  void Pass() {
    ++scan_.events;
    ++next_;
    progress_.Add(1);
  }
  const TraceScan& scan() const { return scan_; }

 private:
  TraceReader& reader_;
  TraceReader::Range range_;
  TraceReader::Iterator next_;
  Progress progress_;
  TraceScan scan_;
};

Json SummaryJson(const std::optional<TraceSummary>& summary) {
  if (!summary.has_value()) return nullptr;
  Json json;
  json["certificate"] = Hex(summary->certificate);
  json["fingerprint"] = absl::StrFormat("foata64:%016x", summary->fingerprint);
  json["steps"] = summary->end_tick;
  return json;
}

Json MetadataJson(const TraceMetadata& metadata) {
  Json json;
  json["test"] = metadata.test_id;
  json["seed"] = Hex(metadata.seed);
  json["config_hash"] = metadata.config_hash;
  Json config = Json::array();
  for (const auto& [key, value] : metadata.config) {
    config.push_back({key, value});
  }
  json["config"] = std::move(config);
  json["wakers"] = metadata.wakers_recorded;
  json["accesses"] = metadata.accesses_recorded;
  return json;
}

// [[file, line, column, function], ...] with texts by their numbers.
Json SitesJson(const TraceReader& reader, TraceHtmlEvents* events) {
  Json sites = Json::array();
  for (const Site& site : reader.sites()) {
    sites.push_back({events->NumberOf(site.file), site.line, site.column,
                     events->NumberOf(ShortFunctionName(site.function))});
  }
  return sites;
}

}  // namespace

TraceScan ScanTrace(TraceReader& reader, const Output& output) {
  EventCursor cursor(reader, output);
  while (cursor.Peek() != nullptr) cursor.Pass();
  return cursor.scan();
}

TraceWindow LastEvents(uint64_t events, uint64_t max) {
  return {events > max ? events - max : 0, events};
}

TraceWindow EventsAround(uint64_t index, uint64_t events, uint64_t max) {
  if (events <= max) return {0, events};
  const uint64_t from = index > max / 2 ? index - max / 2 : 0;
  return from + max > events ? LastEvents(events, max)
                             : TraceWindow{from, from + max};
}

Json TraceHtmlData(TraceReader& reader, const TraceScan& scan,
                   const TraceWindow& window, const Output& output) {
  TraceHtmlTasks tasks;
  std::unique_ptr<TraceHtmlEvents> events;
  const auto start = [&] {
    tasks.StartShowing();
    events = std::make_unique<TraceHtmlEvents>(tasks.start_tick());
  };
  EventCursor cursor(reader, output);
  for (uint64_t i = 0; const EventRecord* record = cursor.Peek(); ++i) {
    if (i == window.end) break;
    if (i < window.from) {
      tasks.Pass(*record);
    } else {
      if (events == nullptr) start();
      events->Add(*record);
    }
    cursor.Pass();
  }
  if (events == nullptr) start();

  Json json;
  json["file"] = reader.path();
  json["metadata"] = MetadataJson(reader.metadata());
  json["first"] = window.from;
  json["total"] = scan.events;
  json["summary"] = SummaryJson(scan.summary);
  json["damage"] = scan.damage;
  json["recovered"] = scan.recovered;
  json["start"] = tasks.Start();
  json["count"] = events->size();
  json["sites"] = SitesJson(reader, events.get());
  json["events"] = events->Base64();
  json["texts"] = events->texts();
  return json;
}

}  // namespace asupersync::cli
