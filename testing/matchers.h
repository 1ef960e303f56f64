// The matchers and actions for tests of coroutine code: all of them.
//
//   #include "asupersync/testing/matchers.h"
//
//   outcome_matchers.h  IsOk, IsOkAndHolds, IsErr, IsCancelled, IsPanicked,
//                       IsQuiescent, IsDeadlock, HasVerdict
//   trace_matchers.h    HasEvent, EventsInOrder, EventCount; AnEvent, ByTask
//                       and other conditions
//   co_actions.h        CoReturn, CoReturnError, CoInvoke, CoSleepThenReturn,
//                       CoThrow
//
// Re-exports only.
#ifndef ASUPERSYNC_TESTING_MATCHERS_H_
#define ASUPERSYNC_TESTING_MATCHERS_H_

// IWYU pragma: begin_exports
#include "asupersync/testing/co_actions.h"
#include "asupersync/testing/outcome_matchers.h"
#include "asupersync/testing/trace_matchers.h"
// IWYU pragma: end_exports

#endif  // ASUPERSYNC_TESTING_MATCHERS_H_
