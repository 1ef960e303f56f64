#ifndef ASUPERSYNC_COMBINATOR_JOIN_ALL_H_
#define ASUPERSYNC_COMBINATOR_JOIN_ALL_H_

#include <cstddef>
#include <limits>
#include <source_location>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"
#include "asupersync/combinator/branches.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

// JoinAll(cx, branches): runs every branch of a vector and waits for all.
//
//   std::vector<Outcome<Page>> pages = co_await JoinAll(
//       cx, std::move(fetches), /*concurrency_max=*/8);
//
// Gives std::vector<OutcomeOf<T>> in order of the branches, always whole: a
// branch that fails or throws cancels nothing. At most `concurrency_max` run
// at the same time; the next one starts when one has ended.
//
// Determinism: as Join. With a limit below the number of branches the order of
// the ends decides when the next ones start, so it is part of the execution.
//
// Lifetime and cancellation: branches may capture by reference what lives in
// the caller. Cancelling the caller cancels the branches and waits for them;
// those that were not started have the caller's Cancelled outcome.

namespace asupersync {

inline constexpr std::size_t kNoConcurrencyLimit =
    std::numeric_limits<std::size_t>::max();

namespace combinator_internal {

// Starts as many as may run, then one more for each that ends, until all are
// started or the caller is cancelled.
template <class F>
Task<> JoinFew(Cx& cx, std::vector<F>& branches, std::size_t concurrency_max,
               std::vector<TaskHandle<BranchValue<F>>>& handles,
               std::source_location site) {
  CompletionQueue queue("JoinAll");
  std::size_t ended = 0;
  while (ended < branches.size()) {
    while (handles.size() < branches.size() &&
           handles.size() - ended < concurrency_max) {
      F& branch = branches[handles.size()];
      handles.push_back(queue.Spawn(cx, std::move(branch), site));
    }
    const absl::StatusOr<std::size_t> next =
        co_await queue.Next(cx, absl::InfiniteFuture(), site);
    if (!next.ok()) co_return;  // cancelled; the scope waits
    ++ended;
  }
}

template <class F>
Task<std::vector<OutcomeOf<BranchValue<F>>>> RunJoinAll(
    Cx& cx, std::vector<F> branches, std::size_t concurrency_max,
    std::source_location site) {
  std::vector<TaskHandle<BranchValue<F>>> handles;
  co_await Scope(
      cx, CollectAllScope("JoinAll"),
      [&](Cx& cx) -> Task<> {
        handles.reserve(branches.size());
        if (concurrency_max < branches.size()) {
          co_await JoinFew(cx, branches, concurrency_max, handles, site);
          co_return;
        }
        for (F& branch : branches) {
          handles.push_back(cx.Spawn(std::move(branch), site));
        }
        // The scope waits.
      },
      site);
  std::vector<OutcomeOf<BranchValue<F>>> outcomes;
  outcomes.reserve(branches.size());
  for (const auto& handle : handles) outcomes.push_back(handle.TakeOutcome());
  while (outcomes.size() < branches.size()) {
    outcomes.push_back(cx.Checkpoint());
  }
  co_return outcomes;
}

}  // namespace combinator_internal

// REQUIRES: concurrency_max > 0, else aborts.
template <combinator_internal::Branch F>
auto JoinAll(Cx& cx, std::vector<F> branches,
             std::size_t concurrency_max = kNoConcurrencyLimit,
             std::source_location site = std::source_location::current()) {
  if (concurrency_max == 0) {
    Fatal(absl::StrCat(PlaceOf(site),
                       ": JoinAll with a concurrency of 0 would never start"));
  }
  return combinator_internal::RunJoinAll<F>(cx, std::move(branches),
                                            concurrency_max, site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_JOIN_ALL_H_
