#ifndef ASUPERSYNC_COMBINATOR_BRANCHES_H_
#define ASUPERSYNC_COMBINATOR_BRANCHES_H_

#include <concepts>
#include <cstddef>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/race_group.h"
#include "asupersync/task/task_handle.h"

// What combinators of branches with one result type share. Internal.

namespace asupersync {
namespace combinator_internal {

// What can be a branch: callable with a Cx&, giving a Task.
template <class F>
concept Branch = std::invocable<F&, Cx&>;

// The T of the Task<T> that F makes.
template <class F>
using BranchValue = typename task_internal::TaskValue<
    std::invoke_result_t<F&, Cx&>>::Type;

// Tasks of one result type, in the region of a Scope that ends before this
// does.
template <class T>
class Branches {
 public:
  Branches(Cx& owner, const char* what, std::source_location site)
      : queue_(what), race_(owner.node(), what, site), site_(site) {}

  template <class F>
  void Spawn(Cx& cx, F&& f) {
    handles_.push_back(queue_.Spawn(cx, std::forward<F>(f), site_));
    race_.Add(handles_.back());
  }
  NextCompletion Next(Cx& cx, absl::Time deadline = absl::InfiniteFuture()) {
    return queue_.Next(cx, deadline, site_);
  }
  // The outcome of a branch that Next gave. Once per branch.
  OutcomeOf<T> Take(std::size_t number) {
    return handles_[number].TakeOutcome();
  }
  // Asks all that is left in the scope to end, which waits for it.
  void CancelRest(Cx& cx) {
    queue_.CancelRest(
        cx,
        CancelReason(CancelKind::kRaceLost,
                     absl::StrCat(race_.what(), " was decided"), cx.id(),
                     site_),
        site_);
  }
  std::size_t spawned() const { return handles_.size(); }

 private:
  CompletionQueue queue_;
  std::vector<TaskHandle<T>> handles_;
  RaceGroup race_;
  std::source_location site_;
};

// Branches that were given as arguments, or in a vector: Spawn(cx, branches)
// starts them in order.
template <class... F>
class ArgumentBranches {
 public:
  using T = BranchValue<std::tuple_element_t<0, std::tuple<F...>>>;
  static_assert((std::is_same_v<BranchValue<F>, T> && ...),
                "all branches must return the same Task<T>");

  explicit ArgumentBranches(F... branches)
      : functions_(std::move(branches)...) {}
  static constexpr std::size_t size() { return sizeof...(F); }
  void Spawn(Cx& cx, Branches<T>& branches) {
    std::apply([&](F&... f) { (branches.Spawn(cx, std::move(f)), ...); },
               functions_);
  }

 private:
  std::tuple<F...> functions_;
};
template <class F>
class VectorBranches {
 public:
  using T = BranchValue<F>;

  explicit VectorBranches(std::vector<F> branches)
      : functions_(std::move(branches)) {}
  std::size_t size() const { return functions_.size(); }
  void Spawn(Cx& cx, Branches<T>& branches) {
    for (F& f : functions_) branches.Spawn(cx, std::move(f));
  }

 private:
  std::vector<F> functions_;
};

}  // namespace combinator_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_BRANCHES_H_
