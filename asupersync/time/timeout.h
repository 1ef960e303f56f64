#ifndef ASUPERSYNC_TIME_TIMEOUT_H_
#define ASUPERSYNC_TIME_TIMEOUT_H_

#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/fallible.h"
#include "asupersync/task/race_group.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

// Timeout(cx, duration, body): runs body, and asks it to end when it takes too
// long.
//
//   Page page = co_await Try(Timeout(cx, absl::Seconds(1), [&](Cx& cx) {
//     return Fetch(cx, url);                    // Task<absl::StatusOr<Page>>
//   }));
//
// Gives absl::Status or absl::StatusOr<U> (FallibleOf<T>) for a body that is a
// Task<T>:
//
//   the body ended with          and the time    the result
//   a value or an error          either way      that
//   an exception                 either way      it is thrown
//   Cancelled                    ran out         DeadlineExceeded: file, line
//   Cancelled                    did not         that CancelledError
//   Cancelled, as the caller is  either way      the caller's CancelledError
//
// So a body that notices too late, or ends Ok all the same, loses nothing; its
// result is the result. A body that is not done when the time runs out sees a
// cancellation of kind kTimeout; Timeout returns when it has cleaned up, which
// a masked section may put off. If the time has passed before (a duration of 0
// or less), the body is not started: the result is DeadlineExceeded, or the
// caller's CancelledError, at once.
//
// Determinism: the body is a task of its own in a region of its own, so that
// starting it and its end are scheduling points. If the body's last sleep and
// the time end at the same instant the time has run out.
//
// Lifetime and cancellation: the body may capture by reference what lives in
// the caller. Cancelling the caller cancels the body and waits for it. What the
// body spawns with its own Cx belongs to the Timeout's region: it is asked to
// end and waited for when the time runs out (kTimeout), and also when the body
// has ended (kRaceLost). A body whose helpers shall finish opens a Scope.

namespace asupersync {
namespace timeout_internal {

// What to say of a limit that was reached. An infinite `duration`: a deadline.
absl::Status ExceededStatus(absl::Duration duration, absl::Time deadline,
                            std::source_location site);
CancelReason ExceededReason(absl::Duration duration, absl::Time deadline,
                            CompactTaskId caller, std::source_location site);
// What to say to tasks that the body has left behind.
CancelReason EndedReason(CompactTaskId caller, std::source_location site);

template <class T, class F>
Task<FallibleOf<T>> Run(Cx& cx, absl::Duration duration, absl::Time deadline,
                        F body, std::source_location site) {
  absl::Status allowed = cx.Allow(Capability::kTime, "limit a time", site);
  if (!allowed.ok()) co_return allowed;
  if (deadline <= cx.Now()) {
    absl::Status caller = cx.Checkpoint();
    if (!caller.ok()) co_return caller;
    co_return ExceededStatus(duration, deadline, site);
  }
  CompletionQueue queue("Timeout");
  RaceGroup race(cx.node(site), "Timeout", site);
  std::optional<TaskHandle<T>> handle;
  bool expired = false;
  absl::Status scope = co_await Scope(
      cx, CollectAllScope("Timeout"),
      [&](Cx& cx) -> Task<absl::Status> {
        handle.emplace(queue.Spawn(cx, std::move(body), site));
        race.Add(*handle);
        const absl::StatusOr<std::size_t> ended =
            co_await queue.Next(cx, deadline, site);
        expired = absl::IsDeadlineExceeded(ended.status());
        queue.CancelRest(cx,
                         expired ? ExceededReason(duration, deadline, cx.id(),
                                                  site)
                                 : EndedReason(cx.id(), site),
                         site);
        co_return absl::OkStatus();
      },
      site);
  // Not allowed, or a finalizer that a branch added failed.
  if (!scope.ok()) co_return scope;
  OutcomeOf<T> outcome = handle->TakeOutcome();
  if (outcome.kind() == OutcomeKind::kCancelled) {
    absl::Status caller = cx.Checkpoint();
    if (!caller.ok()) co_return caller;
    if (expired) co_return ExceededStatus(duration, deadline, site);
  }
  co_return ToFallible(std::move(outcome));
}

}  // namespace timeout_internal

// At most `duration` of the runtime's time from now.
template <class F>
auto Timeout(Cx& cx, absl::Duration duration, F body,
             std::source_location site = std::source_location::current()) {
  using T = typename task_internal::TaskValue<
      std::invoke_result_t<F&, Cx&>>::Type;
  return timeout_internal::Run<T, F>(cx, duration, cx.Now() + duration,
                                     std::move(body), site);
}

// At most until the runtime's clock says `deadline`.
template <class F>
auto TimeoutAt(Cx& cx, absl::Time deadline, F body,
               std::source_location site = std::source_location::current()) {
  using T = typename task_internal::TaskValue<
      std::invoke_result_t<F&, Cx&>>::Type;
  return timeout_internal::Run<T, F>(cx, absl::InfiniteDuration(), deadline,
                                     std::move(body), site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TIME_TIMEOUT_H_
