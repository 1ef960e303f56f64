#ifndef ASUPERSYNC_TESTING_TRACE_VIEW_H_
#define ASUPERSYNC_TESTING_TRACE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "asupersync/asupersync.h"

// A trace as matchers and reports want it: each event with the task whose step
// it belongs to, the tasks' names and the source line.
//
//   TraceView view(trace);
//   for (std::size_t i = 0; i < view.size(); ++i) std::cout << view[i] << "\n";
//
// Determinism: a function of the trace.
//
// Lifetime: a view holds copies of the events. A TracedEvent refers to its
// view.

namespace asupersync {

// One event of a trace, and what the trace knows about it.
struct TracedEvent {
  const EventRecord& record;
  // The unknown site if the trace does not say.
  const Site& site;
  // Whose step it belongs to; none for what happens between steps (timers,
  // requests from outside) and before the first.
  CompactTaskId by;
  // The task that the event names, if it names exactly one.
  CompactTaskId about;
  // Empty for tasks without a name.
  const std::string& by_name;
  const std::string& about_name;
};
// "#12 tick=5 T2 'producer': TaskYielded task=T2 at file:line function".
std::ostream& operator<<(std::ostream& out, const TracedEvent& event);

class TraceView {
 public:
  explicit TraceView(const ReplayTrace& trace);
  // nullopt: see exists().
  explicit TraceView(const std::optional<ReplayTrace>& trace);
  // Without sites.
  explicit TraceView(const std::vector<EventRecord>& events);

  // False if this is a view of no trace at all, because none was recorded.
  bool exists() const { return exists_; }

  std::size_t size() const { return events_.size(); }
  // O(log(tasks)). REQUIRES: index < size().
  TracedEvent operator[](std::size_t index) const;

 private:
  void FindTasks();
  const std::string& NameOf(CompactTaskId task) const;

  bool exists_ = true;
  std::vector<EventRecord> events_;
  std::vector<Site> sites_;           // element i has the id i + 1
  std::vector<CompactTaskId> by_;     // of each event
  std::map<CompactTaskId, std::string> names_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_TRACE_VIEW_H_
