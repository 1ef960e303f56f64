// EventRenderer writes events as lines for people.
//
//   EventRenderer renderer;
//   out << renderer.Render(record, site) << "\n";
//   // #12 tick=5 T2(producer) TaskBlocked task=T2 at bank_test.cc:42 Transfer
//
// The columns: index, tick, the task whose step it is with its name ("-"
// between steps), the event, its source line. An event about another task that
// has a name is followed by that name.
//
// Determinism: a function of the events so far.
//
// Invariants:
// 1. Memory does not grow with the trace: names are kept while their tasks
//    live, at most kNamesMax of them, of at most kNameBytesMax bytes each.
#ifndef ASUPERSYNC_CLI_EVENT_RENDERER_H_
#define ASUPERSYNC_CLI_EVENT_RENDERER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {

class EventRenderer {
 public:
  // Tasks that are named while so many names are kept appear without one.
  static constexpr size_t kNamesMax = 65536;
  // Longer names are cut there.
  static constexpr size_t kNameBytesMax = 64;

  // The line for `record`, without a line end; all of it is printable.
  // REQUIRES: every event before it was given to Render() or Skip().
  std::string Render(const EventRecord& record, const Site& site);

  // Notes what later lines need to know of `record`.
  void Skip(const EventRecord& record);

  // Render() and Skip() in parts: Enter(), then what is below as often as
  // wanted, then Leave(), all for one event.
  void Enter(const EventRecord& record);
  void Leave(const EventRecord& record);
  std::string Line(const EventRecord& record, const Site& site) const;
  // The task in whose step the event happens, or none.
  CompactTaskId running() const { return running_; }
  // The name of this task; empty if it has none.
  absl::string_view NameOf(CompactTaskId task) const;
  // "T2(producer)", "T2" or "-".
  std::string TaskText(CompactTaskId task) const;

 private:
  CompactTaskId running_;
  // Looked up only, never iterated.
  absl::flat_hash_map<uint64_t, std::string> names_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EVENT_RENDERER_H_
