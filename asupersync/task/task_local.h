#ifndef ASUPERSYNC_TASK_TASK_LOCAL_H_
#define ASUPERSYNC_TASK_TASK_LOCAL_H_

#include <memory>
#include <utility>

#include "asupersync/task/cx.h"
#include "asupersync/task/task_node.h"

// TaskLocal<T>: a value that a task and those it spawns see without passing it
// along: a request's id, a tenant, a logger.
//
//   inline const TaskLocal<std::string> kRequest("none");
//   ...
//   TaskLocal<std::string>::Binding request(cx, kRequest, "GET /");
//   cx.Spawn(Serve);                       // kRequest.Get(cx) is "GET /" there
//
// A task starts with the bindings that its spawner had at that moment; later
// ones of either do not reach the other.
//
// Determinism: no scheduling point, no event, no footprint: a binding belongs
// to one task, and values are immutable while bound.
//
// Lifetime: a TaskLocal must outlive its bindings. Bindings of one task end in
// the reverse order of their making, as locals of a coroutine do.

namespace asupersync {

// One binding. Internal.
class TaskLocalValue {
 public:
  TaskLocalValue(const void* key, std::shared_ptr<const TaskLocalValue> outer)
      : key_(key), outer_(std::move(outer)) {}
  TaskLocalValue(const TaskLocalValue&) = delete;
  TaskLocalValue& operator=(const TaskLocalValue&) = delete;
  virtual ~TaskLocalValue() = default;

  // Compared for equality only.
  const void* key() const { return key_; }
  const std::shared_ptr<const TaskLocalValue>& outer() const { return outer_; }

 private:
  const void* key_;
  std::shared_ptr<const TaskLocalValue> outer_;
};

template <class T>
class TaskLocal {
 public:
  // `fallback` is the value where nothing is bound.
  explicit TaskLocal(T fallback) : fallback_(std::move(fallback)) {}
  TaskLocal(const TaskLocal&) = delete;
  TaskLocal& operator=(const TaskLocal&) = delete;

  // The innermost binding of the task, or the fallback. Valid while it is
  // bound. Cost: O(bindings of the task).
  const T& Get(const Cx& cx, std::source_location site =
                                 std::source_location::current()) const {
    const TaskNode& task = cx.node(site);
    if (task.extras == nullptr) return fallback_;
    for (const TaskLocalValue* at = task.extras->locals.get(); at != nullptr;
         at = at->outer().get()) {
      if (at->key() == this) return static_cast<const Value*>(at)->value;
    }
    return fallback_;
  }

  // Binds `local` to a value in this task for as long as it lives.
  class [[nodiscard]] Binding {
   public:
    Binding(Cx& cx, const TaskLocal& local, T value,
            std::source_location site = std::source_location::current())
        : task_(cx.node(site)) {
      std::shared_ptr<const TaskLocalValue>& locals = task_.Extras().locals;
      outer_ = locals;
      locals = std::make_shared<const Value>(&local, outer_, std::move(value));
    }
    Binding(const Binding&) = delete;
    Binding& operator=(const Binding&) = delete;
    ~Binding() { task_.extras->locals = std::move(outer_); }

   private:
    TaskNode& task_;
    std::shared_ptr<const TaskLocalValue> outer_;
  };

 private:
  struct Value final : TaskLocalValue {
    Value(const void* key, std::shared_ptr<const TaskLocalValue> outer,
          T bound)
        : TaskLocalValue(key, std::move(outer)), value(std::move(bound)) {}
    T value;
  };

  T fallback_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TASK_LOCAL_H_
