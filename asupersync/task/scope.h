#ifndef ASUPERSYNC_TASK_SCOPE_H_
#define ASUPERSYNC_TASK_SCOPE_H_

#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/task.h"

// Scope(cx, body): runs body in a region of its own and returns when
// everything spawned there has ended.
//
//   co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
//     cx.Spawn(Left);
//     cx.Spawn(Right);
//     co_return absl::OkStatus();
//   }));                                  // Left and Right are done here
//
// The result is the body's. If the body ends with an error or an exception the
// region is cancelled (kFailFast) first; the scope waits for its tasks all the
// same. Cancelling the task that runs the scope cancels the region.
//
// Lifetime: the body may capture by reference what lives in the caller; tasks
// of the region may too, because none of them outlives the scope.
//
// Determinism: closing is a scheduling point. Events: RegionCreated,
// RegionCancelled, RegionClosed.

namespace asupersync {
namespace task_internal {

// Waits until a region is quiescent and closes it. Never cancelled: the
// caller masks it.
class [[nodiscard]] CloseRegionOperation final : public Operation {
 public:
  CloseRegionOperation(TaskNode& node, RegionNode& region,
                       std::source_location site)
      : Operation(node, site), region_(region) {}
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

// The region of a scope that is running; frees it in every case.
class OpenScope {
 public:
  OpenScope(Cx& cx, std::source_location site)
      : region_(cx.node().runtime->OpenRegion(cx.node(), cx.region(), site)),
        cx_(cx.node(), region_),
        site_(site) {}
  OpenScope(const OpenScope&) = delete;
  OpenScope& operator=(const OpenScope&) = delete;
  ~OpenScope() { cx_.node().runtime->FreeRegion(region_); }

  Cx& cx() { return cx_; }
  void Cancel(const CancelReason& reason) {
    cx_.node().runtime->CancelRegion(region_, reason, site_);
  }
  CloseRegionOperation Close() {
    return CloseRegionOperation(cx_.node(), region_, site_);
  }

 private:
  RegionNode& region_;
  Cx cx_;
  std::source_location site_;
};

template <class T, class F>
Task<T> RunScope(Cx& cx, F body, std::source_location site) {
  OpenScope scope(cx, site);
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
  if (exception || KindOfResult(*result) != OutcomeKind::kOk) {
    scope.Cancel(CancelReason(CancelKind::kFailFast, "the scope's body failed",
                              cx.id(), site));
  }
  {
    CancelMask mask(cx);
    co_await scope.Close();
  }
  if (exception) std::rethrow_exception(exception);
  if constexpr (!std::is_void_v<T>) co_return *std::move(result);
}

}  // namespace task_internal

template <class F>
auto Scope(Cx& cx, F body,
           std::source_location site = std::source_location::current()) {
  using T = typename task_internal::TaskValue<
      std::invoke_result_t<F&, Cx&>>::Type;
  return task_internal::RunScope<T, F>(cx, std::move(body), site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_SCOPE_H_
