#ifndef ASUPERSYNC_COMBINATOR_FIRST_OK_H_
#define ASUPERSYNC_COMBINATOR_FIRST_OK_H_

#include <cstddef>
#include <optional>
#include <source_location>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"
#include "asupersync/combinator/branches.h"
#include "asupersync/combinator/failures.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/fallible.h"
#include "asupersync/task/located_cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"

// FirstOk(cx, a, b, ...): runs all branches at the same time and gives the
// value of the first one that succeeds; the others are asked to end and waited
// for.
//
//   Page page = co_await Try(FirstOk(cx, FromMirror1, FromMirror2));
//
// All branches must be the same Task<T>; the result is a FallibleOf<T>:
// absl::Status or absl::StatusOr<U>. If no branch succeeds it lists every
// error, with the code of the first branch (in order of the list) that was not
// cancelled, kAborted if each was; InvalidArgument for an empty vector;
// CancelledError if the caller was cancelled before a branch had succeeded. A
// branch that throws decides at once: the exception is thrown from FirstOk
// after the others have ended.
//
// Determinism: as Race; of several that have succeeded the first in time.
//
// Lifetime and cancellation: as Race.

namespace asupersync {
namespace combinator_internal {

template <class Entrants>
Task<FallibleOf<typename Entrants::T>> RunFirstOk(Cx& cx, Entrants entrants,
                                                  std::source_location site) {
  using T = typename Entrants::T;
  Branches<T> branches(cx, "FirstOk", site);
  std::optional<OutcomeOf<T>> decided;
  Failures failures;
  absl::Status scope = co_await Scope(
      cx, CollectAllScope("FirstOk"),
      [&](Cx& cx) -> Task<absl::Status> {
        entrants.Spawn(cx, branches);
        while (!decided.has_value()) {
          const absl::StatusOr<std::size_t> next = co_await branches.Next(cx);
          if (!next.ok()) break;  // none is left, or the caller is cancelled
          OutcomeOf<T> outcome = branches.Take(*next);
          if (outcome.ok() || outcome.kind() == OutcomeKind::kPanicked) {
            decided.emplace(std::move(outcome));
          } else {
            failures.Add(*next, outcome.status());
          }
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
  if (failures.size() == 0) {
    co_return absl::InvalidArgumentError(absl::StrCat(
        PlaceOf(site), ": FirstOk without branches has no result"));
  }
  co_return failures.ToStatus(
      absl::StrCat("none of ", failures.size(), " branches succeeded"), site);
}

}  // namespace combinator_internal

template <combinator_internal::Branch... F>
  requires(sizeof...(F) > 0)
auto FirstOk(LocatedCx at, F... branches) {
  using Entrants = combinator_internal::ArgumentBranches<F...>;
  return combinator_internal::RunFirstOk<Entrants>(
      at.cx, Entrants(std::move(branches)...), at.site);
}
template <combinator_internal::Branch F>
auto FirstOk(LocatedCx at, std::vector<F> branches) {
  using Entrants = combinator_internal::VectorBranches<F>;
  return combinator_internal::RunFirstOk<Entrants>(
      at.cx, Entrants(std::move(branches)), at.site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_FIRST_OK_H_
