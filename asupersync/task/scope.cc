#include "asupersync/task/scope.h"

#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

namespace asupersync {
namespace task_internal {

bool CloseRegionOperation::Poll() {
  region_.closer = this;
  return node().runtime().TryClose(region_);
}

WaitDescription CloseRegionOperation::Describe() const {
  std::string what = absl::StrCat("close region ", region_.DisplayName());
  if (region_.tasks.empty()) return {std::move(what)};
  RunningTasks tasks;
  for (const TaskNode* task = region_.tasks.front();
       task != nullptr && !tasks.full(); task = region_.tasks.Next(*task)) {
    tasks.Add(task->Label());
  }
  absl::StrAppend(&what, " (", tasks.ToString(), ")");
  // Each of them holds it up.
  return {.what = std::move(what), .holder = region_.tasks.front()->Label()};
}

std::unique_ptr<ScopeRegion> ScopeRegion::Make(
    const Cx& outer, std::unique_ptr<RegionNode> ended) {
  if (ended == nullptr) return std::make_unique<ScopeRegion>(outer);
  // Only scopes end regions.
  auto* place = static_cast<ScopeRegion*>(ended.release());
  place->~ScopeRegion();
  return std::unique_ptr<ScopeRegion>(new (place) ScopeRegion(outer));
}

OpenScope::OpenScope(Cx& cx, ScopeSettings settings,
                     std::source_location site)
    : site_(site) {
  Runtime& runtime = cx.node(site).runtime();
  auto region = ScopeRegion::Make(cx, runtime.TakeEndedRegion());
  region_ = region.get();
  region->name = std::move(settings.name);
  region->policy = settings.policy;
  region->budget = settings.budget;
  region->hands_on = settings.hands_on_obligations;
  runtime.OpenRegion(std::move(region), cx.node(), cx.region(), site);
}

OpenScope::~OpenScope() { cx().node().runtime().FreeRegion(*region_); }

void OpenScope::Cancel(const CancelReason& reason) {
  cx().node().runtime().CancelRegion(*region_, reason, site_);
}

const Outcome<void>* OpenScope::TakeFailure(OutcomeKind body) {
  const RegionNode::FirstFailure* failure = region_->failure.get();
  if (failure == nullptr) return nullptr;
  // The scope fails in any case; who gets another error than this has more to
  // look for.
  const bool is_error = failure->outcome.kind() == OutcomeKind::kErr;
  if (is_error && failure->seen != nullptr) *failure->seen = true;
  // A body that failed by itself has more to say; so has a request to the
  // whole task.
  if (body != OutcomeKind::kOk && (body != OutcomeKind::kCancelled ||
                                   cx().node().cancel != nullptr)) {
    return nullptr;
  }
  if (failure->seen != nullptr) *failure->seen = true;
  return &failure->outcome;
}

Task<absl::Status> RunFinalizer(Cx& cx) {
  Runtime& runtime = cx.node().runtime();
  const FinalizerRun run = runtime.StartFinalizer(cx.region(), cx.node());
  if (run.finalizer == nullptr) co_return absl::OkStatus();
  CancelMask mask(cx);
  absl::Status status;
  std::exception_ptr exception;
  try {
    status = co_await run.finalizer->Run(cx);
  } catch (...) {
    exception = std::current_exception();
  }
  runtime.EndFinalizer(cx.region(), cx.node(), run);
  if (exception) std::rethrow_exception(exception);
  co_return status;
}

Task<absl::Status> CloseScope(OpenScope& scope) {
  absl::Status first;
  std::exception_ptr exception;
  for (;;) {
    {
      CancelMask mask(scope.cx());
      co_await scope.Close();
    }
    if (scope.region().state == RegionNode::State::kClosed) break;
    // What it spawns is waited for in the next round.
    try {
      first.Update(co_await RunFinalizer(scope.cx()));
    } catch (...) {
      if (!exception) exception = std::current_exception();
    }
  }
  if (exception) std::rethrow_exception(exception);
  co_return first;
}

}  // namespace task_internal
}  // namespace asupersync
