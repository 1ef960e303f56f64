// An event as a JSON object of one line, the same wherever events are shown.
//
//   {"index": 12, "tick": 5, "running": 2, "running_name": "producer",
//    "event": "TaskBlocked", "task": 2, "task_name": "producer",
//    "file": "bank_test.cc", "line": 42, "column": 3, "function": "Transfer"}
//
// "running" is the task in whose step it happens. Then come the fields of this
// kind of event (event_fields.h; an id of none is null), the names of the tasks
// that are named, and the source line. What is not known is left out.
//
// Determinism: a function of the events so far.
#ifndef ASUPERSYNC_CLI_EVENT_JSON_H_
#define ASUPERSYNC_CLI_EVENT_JSON_H_

#include <string>
#include <vector>

#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {

// REQUIRES: `renderer` has entered `record`.
void WriteEvent(const EventRecord& record, const Site& site,
                const EventRenderer& renderer, JsonWriter& json);

// Writes the events of one trace as WriteEvent() does; a source line's text is
// made once.
class EventWriter {
 public:
  void Write(const EventRecord& record, const Site& site,
             const EventRenderer& renderer, JsonWriter& json);

 private:
  std::vector<std::string> sites_;  // fields, by number; empty: not made yet
};

// "file", "line", "column" and "function" of an object that is begun; nothing
// for the unknown site.
void WriteSite(const Site& site, JsonWriter& json);

// An object: "test", "seed" and the derived seeds (numbers), "config" (an
// object of texts), "config_hash", "library_version", "rng_recorded",
// "wakers_recorded", "accesses_recorded", "first_event", "start_tick",
// "start_certificate" ("0x...").
void WriteMetadata(const TraceMetadata& metadata, JsonWriter& json);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EVENT_JSON_H_
