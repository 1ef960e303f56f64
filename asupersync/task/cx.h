#ifndef ASUPERSYNC_TASK_CX_H_
#define ASUPERSYNC_TASK_CX_H_

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/ids.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/finalizer.h"
#include "asupersync/task/misuse.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/sleep.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/task_node.h"

// Cx: a task's context, through which all its effects go.
//
//   Task<absl::Status> Worker(Cx& cx) {
//     auto child = cx.Spawn("child", [](Cx& cx) { return Step(cx); });
//     co_await Try(cx.Sleep(absl::Milliseconds(10)));
//     cx.Trace("slept");
//     co_return (co_await child.Join(cx)).status();
//   }
//
// Each task gets a Cx& when it starts; it is valid for as long as the task
// runs and must not be used by another task. The Cx& of a Scope is valid for as
// long as the scope runs. Both are checked: a use by another task or after the
// scope ends the program with a message that names the places, until
// Runtime::kEndedRegionsMax other scopes have ended since; after that a Cx may
// stand for a later scope, but never for freed memory.
//
// Determinism: Now() is constant within a step. Random values come from a
// stream of the task's own, so they do not change when other tasks are
// scheduled differently. Everything else that differs between two runs of one
// program (a clock, std::random_device, a thread) must not be used beside it.

namespace asupersync {

// The random stream of a task, for <random> and absl/random distributions.
//
//   int die = absl::Uniform(absl::IntervalClosed, cx.Random(), 1, 6);
//
// A UniformRandomBitGenerator. Each value is one RngValue event.
class RandomStream {
 public:
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() {
    return std::numeric_limits<result_type>::max();
  }
  RandomStream(TaskNode& task, std::source_location site)
      : task_(&task), site_(site) {}
  result_type operator()() {
    if (execution_context.task != task_) [[unlikely]] {
      task_internal::CheckStreamUse(task_, site_);
    }
    return task_->runtime().DrawRandom(*task_, site_);
  }

 private:
  TaskNode* task_;
  std::source_location site_;  // of Cx::Random()
};

// What a task is spawned with beside its function.
struct SpawnOptions {
  // Shown in reports and traces; need not be unique.
  std::string name;
  // What the task may use, together with the limits of its region and of its
  // spawner. Past the deadline it is cancelled with kDeadline, after poll_quota
  // steps with kPollQuota, when Cx::Charge() exceeds cost_quota with
  // kCostBudget. Where the lane policy has an order, tasks with a deadline run
  // before those without, earliest first, and higher priorities first, at most
  // 16 in a row while lower ones are runnable.
  Budget budget;
};

class Cx {
 public:
  // Internal: runtimes and scopes make them.
  Cx(TaskNode& task, RegionNode& region) : task_(&task), grant_(region) {}
  // May do what `outer` may.
  Cx(const Cx& outer, RegionNode& region)
      : task_(outer.task_), grant_(region, outer.grant_) {}
  Cx(const Cx&) = delete;
  Cx& operator=(const Cx&) = delete;

  // Starts `f(cx)`, a Task, as a new task of this Cx's region. `f` and what it
  // captured live until the task ends; it is called in the task's first step.
  // The task's result is reached through the handle, which may be dropped.
  template <class F>
  auto Spawn(F&& f, std::source_location site =
                        std::source_location::current()) {
    return SpawnWith(SpawnOptions(), std::forward<F>(f), site);
  }
  template <class F>
  auto Spawn(absl::string_view name, F&& f,
             std::source_location site = std::source_location::current()) {
    SpawnOptions options;
    options.name = std::string(name);
    return SpawnWith(options, std::forward<F>(f), site);
  }
  template <class F>
  auto Spawn(const SpawnOptions& options, F&& f,
             std::source_location site = std::source_location::current()) {
    return SpawnWith(options, std::forward<F>(f), site);
  }

  // Waits for `duration` of the runtime's time. co_await gives absl::Status:
  // OkStatus, or a CancelledError if the task is cancelled meanwhile.
  SleepOperation Sleep(absl::Duration duration,
                       std::source_location site =
                           std::source_location::current()) {
    return SleepOperation(node(site), DeadlineAfter(duration), site,
                          Allow(Capability::kTime, "sleep", site));
  }
  // Waits until Now() >= time.
  SleepOperation SleepUntil(absl::Time time,
                            std::source_location site =
                                std::source_location::current()) {
    return SleepOperation(node(site), absl::ToUnixNanos(time), site,
                          Allow(Capability::kTime, "sleep", site));
  }

  // Lets other tasks run. co_await gives absl::Status as Sleep does.
  YieldOperation Yield(
      std::source_location site = std::source_location::current()) {
    return YieldOperation(node(site), site);
  }

  // CancelledError if this task was asked to end and no mask hides it, else
  // OkStatus. Does not wait.
  absl::Status Checkpoint(
      std::source_location site = std::source_location::current()) const {
    return node(site).CancelVisible() ? SeenCancel() : absl::OkStatus();
  }

  // Uses up `cost` of the budget's cost quota, in the program's own units, and
  // gives Checkpoint(): a CancelledError if that was too much.
  absl::Status Charge(std::uint64_t cost,
                      std::source_location site =
                          std::source_location::current()) const {
    TaskNode& task = node(site);
    task.runtime().ChargeCost(task, cost, site);
    return Checkpoint(site);
  }
  // What the task may still use; a quota that was exceeded is 0.
  Budget budget(
      std::source_location site = std::source_location::current()) const {
    const TaskNode& task = node(site);
    return task.extras == nullptr ? Budget() : task.extras->budget;
  }

  // Runs `f` when the region of this Cx ends, after its tasks, in reverse order
  // of registration, with cancellation masked: a function of a Cx& or of
  // nothing that returns void, absl::Status, Task<> or Task<absl::Status>. It
  // may do what this Cx may. An error or exception becomes the scope's result
  // if that was Ok. After `steps_max` steps, its own and those of each task
  // that it spawns, the mask ends and the finalizer's operations give
  // CancelledErrors (kPollQuota), so that no finalizer holds a region open for
  // ever.
  template <class F>
  void AddFinalizer(F f, std::uint32_t steps_max = kFinalizerStepsMax,
                    std::source_location site =
                        std::source_location::current()) {
    node(site).runtime().AddFinalizer(
        region(),
        std::make_unique<task_internal::FinalizerOf<F, Cx>>(
            std::move(f), steps_max, site, capabilities(), grant_.where()));
  }
  static constexpr std::uint32_t kFinalizerStepsMax = 1000;

  // The same task with less: only what this Cx may do and `capabilities` has.
  // Tasks spawned and scopes opened with it have no more.
  //
  //   Cx quiet = cx.Restrict(Capability::kTime | Capability::kIo);
  //
  // Without kSpawn, joining what was spawned and the result of a scope give
  // PermissionDenied; so does a sleep without kTime. A random value without
  // kRandom aborts, because it has no way to say no. The result must not
  // outlive this Cx.
  Cx Restrict(Capabilities capabilities,
              std::source_location site =
                  std::source_location::current()) const {
    return Cx(node(site), region(), this->capabilities() & capabilities, site);
  }
  Capabilities capabilities() const { return grant_.allowed(); }
  // OkStatus, or PermissionDenied naming `what`, this place and the one of the
  // Restrict(). For primitives.
  absl::Status Allow(Capability needed, const char* what,
                     std::source_location site) const {
    if (capabilities().Has(needed)) return absl::OkStatus();
    return Denied(what, site);
  }

  // The runtime's time; in the lab virtual, from absl::UnixEpoch().
  absl::Time Now(
      std::source_location site = std::source_location::current()) const {
    return absl::FromUnixNanos(node(site).runtime().NowNanos());
  }

  // The task's random stream.
  RandomStream Random(std::source_location site =
                          std::source_location::current()) const {
    if (!capabilities().Has(Capability::kRandom)) FailRandom(site);
    return RandomStream(node(site), site);
  }
  // A uniform value below `bound`, without bias. REQUIRES: bound > 0.
  std::uint64_t RandomBelow(
      std::uint64_t bound,
      std::source_location site = std::source_location::current()) const;

  // Puts a line of the program's own into the trace and the event log.
  void Trace(absl::string_view text,
             std::source_location site =
                 std::source_location::current()) const;

  CompactTaskId id() const { return CompactTaskId(task_->compact); }
  // "T7", or "T7 'name'".
  std::string DisplayName() const { return task_->DisplayName(); }
  // "Cx of T7 'name'".
  friend std::ostream& operator<<(std::ostream& os, const Cx& cx) {
    return os << "Cx of " << cx.DisplayName();
  }

  // --- For primitives.
  void Inherit(const Cx& spawner) { grant_.Inherit(spawner.grant_); }
  // The task that uses this Cx at `site`. Aborts with both places if the step
  // that runs is another task's, or if the scope of this Cx is over.
  TaskNode& node(std::source_location site) const {
    if (execution_context.task != task_ ||
        region().state == RegionNode::State::kClosed) [[unlikely]] {
      Runtime::CheckUse(task_, region(), site);
    }
    return *task_;
  }
  // The same without a check, for what is done when the scope is over.
  TaskNode& node() const { return *task_; }
  RegionNode& region() const { return grant_.region(); }

 private:
  Cx(TaskNode& task, RegionNode& region, Capabilities allowed,
     std::source_location where)
      : task_(&task), grant_(region, allowed, where) {}

  absl::Status SeenCancel() const;
  absl::Status Denied(const char* what, std::source_location site) const;
  [[noreturn]] void FailRandom(std::source_location site) const;

  template <class F>
  auto SpawnWith(const SpawnOptions& options, F&& f,
                 std::source_location site);

  std::int64_t DeadlineAfter(absl::Duration duration) const;

  TaskNode* task_;
  RegionGrant grant_;
};

namespace task_internal {

template <class R>
struct TaskValue {
  static_assert(!std::is_same_v<R, R>,
                "Spawn(f): f(cx) must return an asupersync::Task<T>");
};
template <class T>
struct TaskValue<Task<T>> {
  using Type = T;
};

// Makes and registers a task; `spawner` is null outside the runtime.
template <class F>
auto SpawnTask(Runtime& runtime, TaskNode* spawner, RegionNode& region,
               const SpawnOptions& options, F&& f, std::source_location site,
               const Cx* spawner_cx = nullptr) {
  using Function = std::decay_t<F>;
  static_assert(std::is_invocable_v<Function&, Cx&>,
                "Spawn(f): f must be callable with a Cx&");
  using T =
      typename TaskValue<std::invoke_result_t<Function&, Cx&>>::Type;
  using Node = SpawnedTask<T, Function, Cx>;
  Node* const task = [&] {
    const HandOverScope scope;
    return new Node(region, site, std::forward<F>(f));
  }();
  TaskHandle<T> handle(task);
  if (!options.name.empty()) {
    task->Extras().name =
        std::make_shared<const std::string>(options.name);
  }
  if (options.budget != Budget()) task->Extras().budget = options.budget;
  if (spawner_cx != nullptr) {
    if (absl::Status allowed =
            spawner_cx->Allow(Capability::kSpawn, "spawn a task", site);
        !allowed.ok()) {
      task->Refuse(std::move(allowed));
      return handle;
    }
    task->cx.Inherit(*spawner_cx);
  }
  runtime.Adopt(*task, spawner, region);
  return handle;
}

}  // namespace task_internal

template <class F>
auto Cx::SpawnWith(const SpawnOptions& options, F&& f,
                   std::source_location site) {
  TaskNode& task = node(site);
  return task_internal::SpawnTask(task.runtime(), &task, region(), options,
                                  std::forward<F>(f), site, this);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CX_H_
