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
#include "asupersync/base/ids.h"
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
// runs and must not be used by another task (that is checked).
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
  explicit RandomStream(TaskNode& task) : task_(&task) {}
  result_type operator()() { return task_->runtime->DrawRandom(*task_); }

 private:
  TaskNode* task_;
};

// What a task is spawned with beside its function.
struct SpawnOptions {
  // Shown in reports and traces; need not be unique.
  std::string name;
  // A task with such a deadline runs before those without, earliest first,
  // where the lane policy has an order. It only orders: nothing is cancelled
  // when it passes.
  absl::Time lane_deadline = absl::InfiniteFuture();
};

class Cx {
 public:
  // Internal: runtimes and scopes make them.
  Cx(TaskNode& task, RegionNode& region) : task_(&task), region_(&region) {}
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
    return SleepOperation(*task_, DeadlineAfter(duration), site);
  }
  // Waits until Now() >= time.
  SleepOperation SleepUntil(absl::Time time,
                            std::source_location site =
                                std::source_location::current()) {
    return SleepOperation(*task_, absl::ToUnixNanos(time), site);
  }

  // Lets other tasks run. co_await gives absl::Status as Sleep does.
  YieldOperation Yield(
      std::source_location site = std::source_location::current()) {
    return YieldOperation(*task_, site);
  }

  // CancelledError if this task was asked to end and no mask hides it, else
  // OkStatus. Does not wait.
  absl::Status Checkpoint() const {
    return task_->CancelVisible() ? task_->cancel->ToStatus()
                                  : absl::OkStatus();
  }

  // The runtime's time; in the lab virtual, from absl::UnixEpoch().
  absl::Time Now() const {
    return absl::FromUnixNanos(task_->runtime->NowNanos());
  }

  // The task's random stream.
  RandomStream Random() const { return RandomStream(*task_); }
  // A uniform value below `bound`, without bias. REQUIRES: bound > 0.
  std::uint64_t RandomBelow(std::uint64_t bound) const;

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
  TaskNode& node() const { return *task_; }
  RegionNode& region() const { return *region_; }

 private:
  template <class F>
  auto SpawnWith(const SpawnOptions& options, F&& f,
                 std::source_location site);

  std::int64_t DeadlineAfter(absl::Duration duration) const;

  TaskNode* task_;
  RegionNode* region_;
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
               const SpawnOptions& options, F&& f,
               std::source_location site) {
  using Function = std::decay_t<F>;
  static_assert(std::is_invocable_v<Function&, Cx&>,
                "Spawn(f): f must be callable with a Cx&");
  using T =
      typename TaskValue<std::invoke_result_t<Function&, Cx&>>::Type;
  auto* task = new SpawnedTask<T, Function, Cx>(runtime, region, site,
                                                std::forward<F>(f));
  TaskHandle<T> handle(task);
  if (!options.name.empty()) {
    task->Extras().name =
        std::make_shared<const std::string>(options.name);
  }
  if (options.lane_deadline != absl::InfiniteFuture()) {
    task->Extras().lane_deadline_ns = absl::ToUnixNanos(options.lane_deadline);
  }
  runtime.Adopt(*task, spawner, region);
  return handle;
}

}  // namespace task_internal

template <class F>
auto Cx::SpawnWith(const SpawnOptions& options, F&& f,
                   std::source_location site) {
  return task_internal::SpawnTask(*task_->runtime, task_, *region_, options,
                                  std::forward<F>(f), site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CX_H_
