#ifndef ASUPERSYNC_TASK_SCOPE_H_
#define ASUPERSYNC_TASK_SCOPE_H_

#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/finalizer.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/task.h"

// Scope(cx, body): runs body in a region of its own and returns when
// everything spawned there has ended.
//
//   co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
//     cx.Spawn(Left);
//     cx.Spawn(Right);
//     cx.AddFinalizer([&] { log.Flush(); });
//     co_return absl::OkStatus();
//   }));                                  // Left and Right are done here
//
//   Scope(cx, {.name = "workers", .policy = ScopePolicy::kCollectAll,
//              .budget = Budget::Unlimited().WithDeadline(soon)}, body)
//
// The result is the body's. If the body ends with an error or an exception the
// region is cancelled (kFailFast); the scope waits for its tasks all the same.
// Under kFailFast, the default, the first task of the region that ends with an
// error or an exception cancels the others and the body, and if the body then
// is Ok or cancelled, that failure is the result. A result type that cannot
// carry an error (Task<int>) has it thrown, as absl::BadStatusOrAccess.
//
// Cancelling the region, or the deadline of its budget, ends the body and the
// tasks, and nothing else of the task that runs the scope. Cancelling that task
// cancels the region. Quotas of the budget hold for each task spawned in it.
//
// Compilers: g++ 12 destroys the captures of a lambda twice if the lambda is
// written inside a co_await expression and a capture has a destructor. Give it
// a name: `auto body = [tx](Cx& cx) {...}; co_await Scope(cx, body);`. Captures
// by reference, which is what a scope's body wants, and of plain values are
// safe.
//
// Lifetime: the body may capture by reference what lives in the caller; tasks
// of the region may too, because none of them outlives the scope.
//
// Determinism: closing is a scheduling point. Events: RegionCreated,
// RegionNamed, RegionCancelled, RegionClosed.

namespace asupersync {

// How a scope differs from the usual one. Without destructor, so that g++ 12
// lets it be written inside a co_await.
struct ScopeOptions {
  absl::string_view name = {};  // shown in reports; copied by Scope()
  ScopePolicy policy = ScopePolicy::kFailFast;
  Budget budget = Budget::Unlimited();  // met with what is allowed around it
  // For combinators: guards and permits that were taken with the Cx of this
  // scope may outlive it, and then have to be resolved in the scope around.
  bool hands_on_obligations = false;
};

namespace task_internal {

// ScopeOptions that own their name.
struct ScopeSettings {
  explicit ScopeSettings(const ScopeOptions& options)
      : name(options.name),
        policy(options.policy),
        budget(options.budget),
        hands_on_obligations(options.hands_on_obligations) {}
  std::string name;
  ScopePolicy policy;
  Budget budget;
  bool hands_on_obligations;
};

// Waits until a region has no task and no child region, and closes it if it has
// no finalizer either. Never cancelled.
class [[nodiscard]] CloseRegionOperation final : public Operation {
 public:
  CloseRegionOperation(TaskNode& node, RegionNode& region,
                       std::source_location site)
      : Operation(node, site, /*cancellable=*/false), region_(region) {}
  ~CloseRegionOperation() {
    if (region_.closer == this) region_.closer = nullptr;
  }

  void await_resume() const {}
  WaitDescription Describe() const override;

 private:
  bool Poll() override;
  void Abandon() override { region_.closer = nullptr; }

  RegionNode& region_;
};

// A region with the Cx of its scope, which stays as long as the region does.
struct ScopeRegion final : RegionNode {
  explicit ScopeRegion(const Cx& outer) : cx(outer, *this) {}
  // In the memory of an ended one, unless that is null: what holds a pointer to
  // a Cx of a scope that is over then still points to a Cx.
  static std::unique_ptr<ScopeRegion> Make(const Cx& outer,
                                           std::unique_ptr<RegionNode> ended);
  Cx cx;
};

// The region of a scope that is running; frees it in every case.
class OpenScope {
 public:
  OpenScope(Cx& cx, ScopeSettings settings, std::source_location site);
  OpenScope(const OpenScope&) = delete;
  OpenScope& operator=(const OpenScope&) = delete;
  ~OpenScope();

  Cx& cx() { return region_->cx; }
  const RegionNode& region() const { return *region_; }
  void Cancel(const CancelReason& reason);
  CloseRegionOperation Close() {
    return CloseRegionOperation(cx().node(), *region_, site_);
  }
  // The failure that is the scope's result if the body's is of this kind;
  // null: none. It counts as seen.
  const Outcome<void>* TakeFailure(OutcomeKind body);

 private:
  ScopeRegion* region_;
  std::source_location site_;
};

// Runs the finalizer of the Cx's region that was added last, masked. What it
// spawns is to be waited for before the next one.
Task<absl::Status> RunFinalizer(Cx& cx);

// Waits for the region's tasks and runs its finalizers, until it is closed.
Task<absl::Status> CloseScope(OpenScope& scope);

// A failed result of type T, or, where T has none, an exception.
template <class T>
T FailedResult(const Outcome<void>& failure) {
  if (failure.kind() == OutcomeKind::kPanicked && failure.panic().exception) {
    std::rethrow_exception(failure.panic().exception);
  }
  if constexpr (kCarriesErrors<T>) {
    return T(failure.status());
  } else {
    throw absl::BadStatusOrAccess(failure.status());
  }
}

template <class T, class F>
Task<T> RunScope(Cx& cx, ScopeSettings settings, F body,
                 std::source_location site) {
  if (absl::Status allowed =
          cx.Allow(Capability::kSpawn, "open a scope", site);
      !allowed.ok()) {
    co_return FailedResult<T>(allowed);
  }
  OpenScope scope(cx, std::move(settings), site);
  std::optional<typename ResultSlot<T>::Value> result;
  std::exception_ptr exception;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await body(scope.cx());
      result.emplace();
    } else {
      result.emplace(co_await body(scope.cx()));
    }
  } catch (...) {
    exception = std::current_exception();
  }
  // What ended the body by way of the region has reached the tasks, too.
  if ((exception || KindOfResult(*result) != OutcomeKind::kOk) &&
      scope.region().cancel == nullptr) {
    scope.Cancel(CancelReason(CancelKind::kFailFast, "the scope's body failed",
                              cx.id(), site));
  }
  absl::Status finalized;
  std::exception_ptr finalizers_exception;
  try {
    finalized = co_await CloseScope(scope);
  } catch (...) {
    finalizers_exception = std::current_exception();
  }
  if (exception) std::rethrow_exception(exception);
  const OutcomeKind kind = KindOfResult(*result);
  if (const Outcome<void>* failure = scope.TakeFailure(kind)) {
    co_return FailedResult<T>(*failure);
  }
  if (kind == OutcomeKind::kOk && finalizers_exception) {
    std::rethrow_exception(finalizers_exception);
  }
  if (kind == OutcomeKind::kOk && !finalized.ok()) {
    co_return FailedResult<T>(finalized);
  }
  if constexpr (!std::is_void_v<T>) co_return *std::move(result);
}

}  // namespace task_internal

template <class F>
auto Scope(Cx& cx, const ScopeOptions& options, F body,
           std::source_location site = std::source_location::current()) {
  using T = typename task_internal::TaskValue<
      std::invoke_result_t<F&, Cx&>>::Type;
  return task_internal::RunScope<T, F>(
      cx, task_internal::ScopeSettings(options), std::move(body), site);
}

template <class F>
auto Scope(Cx& cx, F body,
           std::source_location site = std::source_location::current()) {
  return Scope(cx, ScopeOptions(), std::move(body), site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_SCOPE_H_
