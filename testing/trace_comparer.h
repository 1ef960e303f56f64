#ifndef ASUPERSYNC_TESTING_TRACE_COMPARER_H_
#define ASUPERSYNC_TESTING_TRACE_COMPARER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "asupersync/asupersync.h"

namespace asupersync {
namespace testing_internal {

// The first place where an execution leaves another one's trace.
struct TraceDifference {
  std::uint64_t index = 0;  // of the event, in both
  std::uint64_t tick = 0;   // of the event in the trace; of the last, if none
  // What stands there: a rendered event, or that there is none.
  std::string expected;
  std::string actual;
  // "file:line function", or "unknown site".
  std::string expected_site;
  std::string actual_site;
  // The tasks whose steps the events are in; "-": none.
  std::string expected_task;
  std::string actual_task;
  // For divergence.json: index, context, expected and actual.
  DivergenceReport report;
};

// TraceComparer: watches an execution and keeps the first event that is not
// the one in a trace. It drives nothing: both executions decide for themselves,
// from one seed. An execution that were driven by the trace would be kept from
// differing where only its choices would have differed. Nor does it stop the
// execution: tasks that are destroyed in the middle may end the program, as
// one that owns a std::thread would.
//
//   TraceComparer comparer(trace);
//   comparer.Attach(&runtime.recorder());
//   runtime.RunUntilQuiescent();
//   comparer.Finish(runtime.certificate(), runtime.fingerprint().value());
//   if (comparer.difference().has_value()) ...
//
// Events are equal if their content, step and source line are.
//
// Lifetime: keeps the trace; outlives the run. REQUIRES: the trace is whole
// and begins at the beginning.
class TraceComparer final : public EventObserver {
 public:
  // Compares nothing: for the first execution, so that it does what the next
  // ones do.
  TraceComparer();
  explicit TraceComparer(ReplayTrace trace);
  TraceComparer(const TraceComparer&) = delete;
  TraceComparer& operator=(const TraceComparer&) = delete;

  void Attach(Recorder* recorder);
  bool OnEvent(const EventRecord& record) override;
  // The execution has ended with these. What comes later is not compared.
  void Finish(std::uint64_t certificate, std::uint64_t fingerprint);

  const std::optional<TraceDifference>& difference() const {
    return difference_;
  }

 private:
  void Differ(std::string actual, std::string actual_site,
              std::string actual_task);

  ReplayTrace trace_;
  ReplayTrace::Iterator next_;
  Recorder* recorder_ = nullptr;
  std::uint64_t index_ = 0;
  std::uint64_t tick_ = 0;
  bool finished_ = false;
  std::optional<TraceDifference> difference_;
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_TRACE_COMPARER_H_
