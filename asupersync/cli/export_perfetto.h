// Chrome's Trace Event Format as JSON, which ui.perfetto.dev and
// chrome://tracing open.
//
//   processes ("pid")  the regions, and the lab itself (clock and timers)
//   threads ("tid")    the tasks
//   slices (B, E)      steps, named after the source line at which the task
//                      goes on, from the step's begin to the next one's; the
//                      waits of tasks, named after the line that waits
//   instants (i)       all other events, with their fields as args
//   flows (s, f)       spawn or wake -> the step that follows from it; a write
//                      -> the next access by another task, if accesses were
//                      recorded: this is how a message gets through a channel
//   async (b, e)       regions, obligations and timers, while they are open
//   counter (C)        virtual time
//
// Times ("ts", microseconds): with PerfettoTime::kStep, step n is from n to
// n + 1 and its events are 10 ns apart, as far as there is room. With kVirtual,
// virtual time; events at the same instant are set 1 ns apart, so that their
// order can be seen.
//
// A step that is cut off by the range's begin is drawn from there on; a wait or
// a flow is not. What is open in the end is closed there.
#ifndef ASUPERSYNC_CLI_EXPORT_PERFETTO_H_
#define ASUPERSYNC_CLI_EXPORT_PERFETTO_H_

#include <memory>
#include <ostream>

#include "asupersync/cli/export_sink.h"

namespace asupersync::cli {

enum class PerfettoTime { kStep, kVirtual };

// `out` must outlive the sink. Memory: the live tasks, open regions,
// obligations and timers, and the objects accessed.
std::unique_ptr<ExportSink> MakePerfettoSink(std::ostream& out,
                                             PerfettoTime time);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EXPORT_PERFETTO_H_
