#ifndef ASUPERSYNC_COMBINATOR_HEDGE_H_
#define ASUPERSYNC_COMBINATOR_HEDGE_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"
#include "asupersync/combinator/branches.h"
#include "asupersync/combinator/failures.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/fallible.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"

// Hedge(cx, delay, f, attempts_max): runs f(cx), and once more beside it each
// time that no attempt has succeeded for `delay`; the first success wins, the
// other attempts are asked to end and waited for.
//
//   Page page = co_await Try(Hedge(cx, absl::Milliseconds(50),
//                                  [&](Cx& cx) { return Fetch(cx, url); }));
//
// f is called once per attempt, at most attempts_max times; its coroutines run
// at the same time and share what f captured. An attempt that fails is replaced
// at once. Gives a FallibleOf<T>: absl::Status or absl::StatusOr<U>. If every
// attempt failed it lists every error, with a code as FirstOk chooses it;
// CancelledError if the caller was cancelled before a success. An attempt that
// throws decides at once: the exception is thrown from Hedge after the others
// have ended.
//
// Determinism: as Race. An attempt whose last sleep ends at the very instant at
// which the delay does may be hedged all the same.
//
// Lifetime and cancellation: as Race.

namespace asupersync {
namespace combinator_internal {

template <class F>
Task<FallibleOf<BranchValue<F>>> RunHedge(Cx& cx, absl::Duration delay, F f,
                                          std::size_t attempts_max,
                                          std::source_location site) {
  using T = BranchValue<F>;
  absl::Status allowed = cx.Allow(Capability::kTime, "hedge", site);
  if (!allowed.ok()) co_return allowed;
  Branches<T> branches(cx, "Hedge", site);
  std::optional<OutcomeOf<T>> decided;
  Failures failures;
  absl::Status scope = co_await Scope(
      cx, CollectAllScope("Hedge"),
      [&](Cx& cx) -> Task<absl::Status> {
        absl::Time hedge_at = absl::InfiniteFuture();
        const auto start = [&] {
          branches.Spawn(cx, [&f](Cx& cx) { return std::invoke(f, cx); });
          hedge_at = branches.spawned() < attempts_max
                         ? cx.Now() + delay
                         : absl::InfiniteFuture();
        };
        start();
        while (!decided.has_value()) {
          const absl::StatusOr<std::size_t> next =
              co_await branches.Next(cx, hedge_at);
          if (absl::IsDeadlineExceeded(next.status())) {
            start();
            continue;
          }
          if (!next.ok()) break;  // none is left, or the caller is cancelled
          OutcomeOf<T> outcome = branches.Take(*next);
          if (outcome.ok() || outcome.kind() == OutcomeKind::kPanicked) {
            decided.emplace(std::move(outcome));
            break;
          }
          failures.Add(*next, outcome.status());
          if (branches.spawned() < attempts_max) start();
        }
        branches.CancelRest(cx);
        co_return absl::OkStatus();
      },
      site);
  // Not allowed, or a finalizer that a branch added failed.
  if (!scope.ok()) co_return scope;
  if (decided.has_value()) co_return ToFallible(*std::move(decided));
  absl::Status caller = cx.Checkpoint();
  if (!caller.ok()) co_return caller;
  co_return failures.ToStatus(
      absl::StrCat("none of ", failures.size(), " hedged attempts succeeded"),
      site);
}

}  // namespace combinator_internal

// REQUIRES: attempts_max > 0, else aborts.
template <combinator_internal::Branch F>
auto Hedge(Cx& cx, absl::Duration delay, F f, std::size_t attempts_max = 2,
           std::source_location site = std::source_location::current()) {
  if (attempts_max == 0) {
    Fatal(absl::StrCat(PlaceOf(site), ": Hedge needs at least 1 attempt"));
  }
  return combinator_internal::RunHedge<F>(cx, delay, std::move(f), attempts_max,
                                          site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_HEDGE_H_
