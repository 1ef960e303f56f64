#ifndef ASUPERSYNC_COMBINATOR_QUORUM_H_
#define ASUPERSYNC_COMBINATOR_QUORUM_H_

#include <cstddef>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <variant>
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
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"

// Quorum(cx, n, branches): runs every branch of a vector at the same time until
// n of them have succeeded; the others are asked to end and waited for.
//
//   std::vector<Vote<Ack>> acks =
//       co_await Try(Quorum(cx, 2, std::move(writes)));
//
// Gives absl::StatusOr<std::vector<Vote<U>>>: n votes in the order in which
// they came. As soon as n successes are out of reach the rest is cancelled and
// the result lists every error so far, with a code as FirstOk chooses it.
// InvalidArgument if there are fewer than n branches (none is started);
// CancelledError if the caller was cancelled before the n-th success. A branch
// that throws decides at once: the exception is thrown from Quorum after the
// others have ended (one that ends with a PanicInfo that holds none gives its
// Internal error).
//
// Determinism: as Race; of more than n successes the first n in time.
//
// Lifetime and cancellation: as Race.

namespace asupersync {

// A branch that succeeded; `value` is std::monostate for branches without one.
template <class U>
struct Vote {
  std::size_t index;  // in the vector
  std::conditional_t<std::is_void_v<U>, std::monostate, U> value;
};

namespace combinator_internal {

template <class F>
using VoteOf = Vote<typename OutcomeOf<BranchValue<F>>::ValueType>;

template <class F>
Task<absl::StatusOr<std::vector<VoteOf<F>>>> RunQuorum(
    Cx& cx, std::size_t needed, std::vector<F> functions,
    std::source_location site) {
  using T = BranchValue<F>;
  const std::size_t count = functions.size();
  if (needed > count) {
    co_return absl::InvalidArgumentError(
        absl::StrCat(PlaceOf(site), ": a Quorum of ", needed, " among ", count,
                     " branches"));
  }
  VectorBranches<F> entrants(std::move(functions));
  Branches<T> branches(cx, "Quorum", site);
  std::vector<VoteOf<F>> votes;
  Failures failures;
  std::optional<OutcomeOf<T>> panicked;
  absl::Status scope = co_await Scope(
      cx, CollectAllScope("Quorum"),
      [&](Cx& cx) -> Task<absl::Status> {
        if (needed > 0) entrants.Spawn(cx, branches);
        while (votes.size() < needed && failures.size() <= count - needed &&
               !panicked.has_value()) {
          const absl::StatusOr<std::size_t> next = co_await branches.Next(cx);
          if (!next.ok()) break;  // the caller is cancelled
          OutcomeOf<T> outcome = branches.Take(*next);
          if (outcome.kind() == OutcomeKind::kPanicked) {
            panicked.emplace(std::move(outcome));
          } else if (!outcome.ok()) {
            failures.Add(*next, outcome.status());
          } else if constexpr (std::is_void_v<
                                   typename OutcomeOf<T>::ValueType>) {
            votes.push_back({*next, std::monostate()});
          } else {
            votes.push_back({*next, std::move(outcome).value()});
          }
        }
        branches.CancelRest(cx);
        co_return absl::OkStatus();
      },
      site);
  // Not allowed, or a finalizer that a branch added failed.
  if (!scope.ok()) co_return scope;
  if (panicked.has_value()) {
    absl::Status status = panicked->status();
    (void)ToFallible(*std::move(panicked));  // throws, if it has what to throw
    co_return status;
  }
  if (votes.size() == needed) co_return votes;
  absl::Status caller = cx.Checkpoint();
  if (!caller.ok()) co_return caller;
  co_return failures.ToStatus(
      absl::StrCat("no quorum of ", needed, " among ", count, " branches"),
      site);
}

}  // namespace combinator_internal

template <combinator_internal::Branch F>
auto Quorum(Cx& cx, std::size_t needed, std::vector<F> branches,
            std::source_location site = std::source_location::current()) {
  return combinator_internal::RunQuorum<F>(cx, needed, std::move(branches),
                                           site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_QUORUM_H_
