#ifndef ASUPERSYNC_COMBINATOR_RACE_H_
#define ASUPERSYNC_COMBINATOR_RACE_H_

#include <cstddef>
#include <optional>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"
#include "asupersync/combinator/branches.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/located_cx.h"
#include "asupersync/task/race_group.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

// Race(cx, a, b, ...): runs all branches at the same time; the first one to end
// wins, the others are asked to end and waited for.
//
//   auto winner = co_await Try(Race(cx, FromCache, FromOrigin));
//   if (winner.index == 0) ...
//   Page page = co_await Try(std::move(winner.outcome));
//
// The first to end wins however it ends; for the first to succeed see FirstOk.
// Gives absl::StatusOr<RaceWinner<O>>. O is OutcomeOf<T> if that is the same
// for all branches, else std::variant<OutcomeOf<T>...> with the winner's index.
// CancelledError if the caller was cancelled before a branch had ended;
// InvalidArgument for an empty vector.
//
// Determinism: each branch is a task of its own in a region of its own. Which
// one ends first is the schedule's answer, hence the seed's; if several have
// ended when the caller resumes, the first of them in time has won, not the
// first in the list.
//
// Lifetime and cancellation: branches may capture by reference what lives in
// the caller. Losers see a cancellation of kind kRaceLost; Race returns when
// they have cleaned up. A loser that ends Ok all the same has done its work:
// its result is destroyed. So a branch must not take what it cannot give back;
// to wait for one of several operations without effects of the others use
// Select. A loser's exception fails the test as that of any task that nobody
// joined. Cancelling the caller cancels the branches and waits for them.
// What a branch spawns with its own Cx belongs to the Race's region, not to the
// branch: when the Race is decided all that is left there is asked to end
// (kRaceLost) and waited for, what the winner has left behind, too. A branch
// whose helpers shall finish opens a Scope.

namespace asupersync {

template <class O>
struct RaceWinner {
  std::size_t index;  // of the branch, in order of the arguments
  O outcome;
};

namespace combinator_internal {

// Outcomes of one type, or a std::variant of different ones.
template <class O, class... More>
struct OneOf {
  using Type = std::conditional_t<(std::is_same_v<O, More> && ...), O,
                                  std::variant<O, More...>>;
};

template <class... F>
class RaceBranches {
 public:
  using Result = typename OneOf<OutcomeOf<BranchValue<F>>...>::Type;

  explicit RaceBranches(F... branches) : functions_(std::move(branches)...) {}

  void Spawn(Cx& cx, CompletionQueue& queue, RaceGroup& race) {
    SpawnEach(cx, queue, race, std::index_sequence_for<F...>());
  }
  RaceWinner<Result> Take(std::size_t index) {
    return TakeOne(index, std::index_sequence_for<F...>());
  }

 private:
  template <std::size_t... I>
  void SpawnEach(Cx& cx, CompletionQueue& queue, RaceGroup& race,
                 std::index_sequence<I...>) {
    (SpawnOne(cx, queue, race, std::get<I>(functions_), std::get<I>(handles_)),
     ...);
  }
  template <class G, class Handle>
  void SpawnOne(Cx& cx, CompletionQueue& queue, RaceGroup& race, G& function,
                Handle& handle) {
    handle.emplace(queue.Spawn(cx, std::move(function), race.site()));
    race.Add(*handle);
  }
  template <std::size_t... I>
  RaceWinner<Result> TakeOne(std::size_t index, std::index_sequence<I...>) {
    std::optional<RaceWinner<Result>> winner;
    (TakeIf<I>(index, winner), ...);
    return *std::move(winner);
  }
  template <std::size_t I>
  void TakeIf(std::size_t index, std::optional<RaceWinner<Result>>& winner) {
    if (index != I) return;
    if constexpr (std::is_same_v<
                      Result,
                      std::variant<OutcomeOf<BranchValue<F>>...>>) {
      winner.emplace(RaceWinner<Result>{
          I, Result(std::in_place_index<I>,
                    std::get<I>(handles_)->TakeOutcome())});
    } else {
      winner.emplace(
          RaceWinner<Result>{I, std::get<I>(handles_)->TakeOutcome()});
    }
  }

  std::tuple<F...> functions_;
  std::tuple<std::optional<TaskHandle<BranchValue<F>>>...> handles_;
};

template <class F>
class RaceVector {
 public:
  using Result = OutcomeOf<BranchValue<F>>;

  explicit RaceVector(std::vector<F> branches)
      : functions_(std::move(branches)) {}

  void Spawn(Cx& cx, CompletionQueue& queue, RaceGroup& race) {
    for (F& function : functions_) {
      handles_.push_back(queue.Spawn(cx, std::move(function), race.site()));
      race.Add(handles_.back());
    }
  }
  RaceWinner<Result> Take(std::size_t index) {
    return RaceWinner<Result>{index, handles_[index].TakeOutcome()};
  }

 private:
  std::vector<F> functions_;
  std::vector<TaskHandle<BranchValue<F>>> handles_;
};

template <class Entrants>
Task<absl::StatusOr<RaceWinner<typename Entrants::Result>>> RunRace(
    Cx& cx, Entrants entrants, std::source_location site) {
  CompletionQueue queue("Race");
  RaceGroup race(cx.node(site), "Race", site);
  absl::StatusOr<std::size_t> first = absl::UnknownError("");
  absl::Status scope = co_await Scope(
      cx, CollectAllScope("Race"),
      [&](Cx& cx) -> Task<absl::Status> {
        entrants.Spawn(cx, queue, race);
        first = co_await queue.Next(cx, absl::InfiniteFuture(), site);
        if (!first.ok()) co_return absl::OkStatus();
        queue.CancelRest(
            cx,
            CancelReason(CancelKind::kRaceLost,
                         absl::StrCat("branch ", *first, " won the Race"),
                         cx.id(), site),
            site);
        co_return absl::OkStatus();
      },
      site);
  // Not allowed, or a finalizer that a branch added failed.
  if (!scope.ok()) co_return scope;
  if (absl::IsOutOfRange(first.status())) {
    co_return absl::InvalidArgumentError(
        absl::StrCat(PlaceOf(site), ": a Race without branches has no winner"));
  }
  if (!first.ok()) co_return first.status();
  co_return entrants.Take(*first);
}

}  // namespace combinator_internal

template <combinator_internal::Branch... F>
  requires(sizeof...(F) > 0)
auto Race(LocatedCx at, F... branches) {
  using Entrants = combinator_internal::RaceBranches<F...>;
  return combinator_internal::RunRace<Entrants>(
      at.cx, Entrants(std::move(branches)...), at.site);
}
template <combinator_internal::Branch F>
auto Race(LocatedCx at, std::vector<F> branches) {
  using Entrants = combinator_internal::RaceVector<F>;
  return combinator_internal::RunRace<Entrants>(
      at.cx, Entrants(std::move(branches)), at.site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_RACE_H_
