#ifndef ASUPERSYNC_TASK_EXECUTION_CONTEXT_H_
#define ASUPERSYNC_TASK_EXECUTION_CONTEXT_H_

#include <cstdint>

namespace asupersync {

class FoataFingerprint;
class IdentityScope;
class Runtime;
struct TaskNode;

// Which runtime and which task this thread is running a step of.
//
// Code that has no Cx at hand (a guard's destructor, the constructor of a
// channel) reads it. Only runtimes write it.
struct ExecutionContext {
  Runtime* runtime = nullptr;  // null: no step is running on this thread
  TaskNode* task = nullptr;    // null: likewise
  FoataFingerprint* fingerprint = nullptr;  // of that runtime
  IdentityScope* scope = nullptr;           // innermost on this thread
  // What is moved now goes into a new task.
  bool hands_over = false;
  // Objects made on this thread outside any step and any scope.
  std::uint64_t unscoped_objects = 0;
};

inline constinit thread_local ExecutionContext execution_context = {};

// While a function is moved into the task that will run it: what it captured is
// in that task's hands from then on.
class HandOverScope {
 public:
  HandOverScope() { execution_context.hands_over = true; }
  HandOverScope(const HandOverScope&) = delete;
  HandOverScope& operator=(const HandOverScope&) = delete;
  ~HandOverScope() { execution_context.hands_over = outer_; }

 private:
  const bool outer_ = execution_context.hands_over;
};

// Numbers the objects that are made outside any step, from 0, for as long as
// it lives: a test, or one execution. Without it the second execution in a
// process would give its channels other identities than the first.
//
// Scopes nest; the outer numbering goes on when the inner one ends. They may
// end in any order, so that `runtime = std::make_unique<LabRuntime>()` may
// replace one runtime by the next.
class IdentityScope {
 public:
  enum class Policy {
    kFresh,  // of a test or an execution: count from 0
    kAdopt,  // of a runtime: go on in the kFresh scope around it, if the
             // innermost one is that; else count from 0
  };
  explicit IdentityScope(Policy policy)
      : policy_(policy), outer_(execution_context.scope) {
    adopted_ = policy == Policy::kAdopt && outer_ != nullptr &&
               outer_->policy_ == Policy::kFresh;
    if (!adopted_) execution_context.scope = this;
  }
  IdentityScope(const IdentityScope&) = delete;
  IdentityScope& operator=(const IdentityScope&) = delete;
  ~IdentityScope() {
    if (adopted_) return;
    IdentityScope** link = &execution_context.scope;
    while (*link != nullptr && *link != this) link = &(*link)->outer_;
    if (*link == this) *link = outer_;
  }

  // Counts from 0 again. No effect in a scope that adopted another.
  void Restart() { objects_ = 0; }

  // The number of the next object.
  std::uint64_t NextObject() { return objects_++; }

 private:
  const Policy policy_;
  bool adopted_ = false;
  IdentityScope* outer_;
  std::uint64_t objects_ = 0;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_EXECUTION_CONTEXT_H_
