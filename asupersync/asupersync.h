// All of asupersync's public headers but those of testing/: for programs that
// would rather not list them.
//
//   #include "asupersync/asupersync.h"
//   #include "asupersync/testing/lab_test.h"   // in tests
//
// Re-exports only.
#ifndef ASUPERSYNC_ASUPERSYNC_H_
#define ASUPERSYNC_ASUPERSYNC_H_

// IWYU pragma: begin_exports
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/seed.h"
#include "asupersync/channel/broadcast.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/oneshot.h"
#include "asupersync/channel/pipeline.h"
#include "asupersync/channel/watch.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/pct_source.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/choice/round_robin_source.h"
#include "asupersync/combinator/first_ok.h"
#include "asupersync/combinator/hedge.h"
#include "asupersync/combinator/join.h"
#include "asupersync/combinator/join_all.h"
#include "asupersync/combinator/join_set.h"
#include "asupersync/combinator/quorum.h"
#include "asupersync/combinator/race.h"
#include "asupersync/combinator/retry.h"
#include "asupersync/combinator/select.h"
#include "asupersync/lab/ambient_guard.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/replay/divergence.h"
#include "asupersync/replay/replay_source.h"
#include "asupersync/replay/replayer.h"
#include "asupersync/replay/trace_file.h"
#include "asupersync/sync/barrier.h"
#include "asupersync/sync/latch.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/sync/once_cell.h"
#include "asupersync/sync/rw_lock.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/sync/shared.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/fallible.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/time/interval.h"
#include "asupersync/time/timeout.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
// IWYU pragma: end_exports

#endif  // ASUPERSYNC_ASUPERSYNC_H_
