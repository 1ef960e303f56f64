// EventFilter is which events of a trace are asked for, by the options that
// all commands have which look at events.
//
//   ... {FilterOptions({...own options...}), {"FILE"}} ...
//   absl::StatusOr<EventFilter> filter = EventFilter::FromArguments(arguments);
//   if (!filter.ok()) return UsageError(...);
//   if (auto s = filter->Prepare(*reader); !s.ok()) ...
//   renderer.Enter(record);
//   if (filter->Matches(record, site, renderer)) { ... }
//   renderer.Leave(record);
//
// An event is taken if all options that are given agree:
//   --filter=RE2   matches somewhere in the event's rendered line
//   --task=TASK    the event is part of a step of this task or about it; a
//                  number, "T3", or a name (every task of that name)
//   --kind=KINDS   kinds of events, "UserTrace,TaskCompleted"; case counts not
//   --site=SITE    the source line that caused it: "file.cc" or "file.cc:42";
//                  the file may be given by the end of its path
//   --from, --to   event numbers, or ticks as "tick:5"; both included
//
// Determinism: a function of the options and the trace.
#ifndef ASUPERSYNC_CLI_EVENT_FILTER_H_
#define ASUPERSYNC_CLI_EVENT_FILTER_H_

#include <bitset>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/cli/arguments.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"
#include "re2/re2.h"

namespace asupersync::cli {

// The options above, followed by `own`. `range_end` is how the option is called
// that ends the range: "to" unless the command has another use for that.
std::vector<OptionSpec> FilterOptions(const std::vector<OptionSpec>& own = {},
                                      absl::string_view range_end = "to");

class EventFilter {
 public:
  // Takes every event.
  static EventFilter All() { return EventFilter(); }
  // InvalidArgument says what is wrong with which option.
  static absl::StatusOr<EventFilter> FromArguments(
      const Arguments& arguments, absl::string_view range_end = "to");

  // Finds the task that --task names, which takes a pass over `reader`, of a
  // number one up to its first event. NotFound: there is none in a trace that
  // is whole.
  absl::Status Prepare(TraceReader& reader, const Output& output);

  // Whether any option is given.
  bool active() const { return active_; }
  bool IsBefore(const EventRecord& record) const {
    return record.index < from_ || record.tick < from_tick_;
  }
  // Whether `record`, and so all after it, is behind the range.
  bool IsBehind(const EventRecord& record) const {
    return record.index > to_ || record.tick > to_tick_;
  }

  // REQUIRES: Prepare() was called; `renderer` has entered `record`.
  bool Matches(const EventRecord& record, const Site& site,
               const EventRenderer& renderer) const;

 private:
  EventFilter() = default;
  bool MatchesFields(const EventRecord& record, const Site& site,
                     CompactTaskId running) const;
  absl::Status ReadRange(const Arguments& arguments,
                         absl::string_view range_end);
  absl::Status ReadKinds(const std::string& text);
  absl::Status ReadSite(const std::string& text);
  absl::Status ReadTask(const std::string& text);
  absl::Status ReadExpression(const std::string& text);

  bool active_ = false;
  uint64_t from_ = 0;
  uint64_t to_ = std::numeric_limits<uint64_t>::max();
  uint64_t from_tick_ = 0;
  uint64_t to_tick_ = std::numeric_limits<uint64_t>::max();
  std::unique_ptr<const RE2> expression_;  // null: all
  std::optional<std::bitset<kEventKindCount + 1>> kinds_;
  std::string site_file_;  // empty: all
  std::optional<uint32_t> site_line_;
  std::string task_name_;  // empty: by number, or all
  // The tasks' numbers; looked up only.
  std::optional<absl::flat_hash_set<uint64_t>> tasks_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EVENT_FILTER_H_
