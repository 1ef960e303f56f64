// Random events for tests: every kind, small and extreme field values.
#ifndef ASUPERSYNC_TRACE_RANDOM_EVENTS_H_
#define ASUPERSYNC_TRACE_RANDOM_EVENTS_H_

#include <cstdint>

#include "asupersync/base/prng.h"
#include "asupersync/trace/event.h"

namespace asupersync {

// An event of this kind that could follow at step `tick`: a TaskScheduled
// starts step `tick`, a TaskSpawned happens in it.
ReplayEvent RandomEvent(EventKind kind, uint64_t tick, Prng& prng);

// An event of any kind.
ReplayEvent RandomEvent(uint64_t tick, Prng& prng);

// A default event of this kind.
ReplayEvent DefaultEvent(EventKind kind);

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_RANDOM_EVENTS_H_
