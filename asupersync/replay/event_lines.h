// The events of a trace as lines of an event log, for people:
//
//   #12 tick=5 t=1.5ms TaskYielded task=T2 'producer' at bank_test.cc:41
//
//   AppendEventLines(trace, [&](uint64_t index) { text += MarksAt(index); },
//                    &text);
//
// Determinism: a function of the trace.
#ifndef ASUPERSYNC_REPLAY_EVENT_LINES_H_
#define ASUPERSYNC_REPLAY_EVENT_LINES_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

// Appends a line for each event to *text, after calling `before` with the
// event's index. A long trace is shown by its first 1,000 and last 10,000
// events; how many are in between is said. O(events).
void AppendEventLines(const ReplayTrace& trace,
                      absl::FunctionRef<void(uint64_t index)> before,
                      std::string* text);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_EVENT_LINES_H_
