#ifndef ASUPERSYNC_TASK_EXECUTION_CONTEXT_H_
#define ASUPERSYNC_TASK_EXECUTION_CONTEXT_H_

#include <cstdint>

namespace asupersync {

class FoataFingerprint;
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
  // Objects made on this thread outside any step, in the current scope.
  std::uint64_t outside_objects = 0;
  bool in_identity_scope = false;
};

inline constinit thread_local ExecutionContext execution_context = {};

// Numbers the objects that are made outside any step, from 0, for as long as
// it lives: a test, or one execution. Without it the second execution in a
// process would give its channels other identities than the first.
//
// Scopes nest; the outer numbering goes on when the inner one ends.
class IdentityScope {
 public:
  enum class Policy {
    kFresh,   // count from 0 now
    kAdopt,   // go on in the scope around this one, if there is one
  };
  explicit IdentityScope(Policy policy)
      : saved_objects_(execution_context.outside_objects),
        saved_in_scope_(execution_context.in_identity_scope),
        owner_(policy == Policy::kFresh || !saved_in_scope_) {
    if (!owner_) return;
    execution_context.outside_objects = 0;
    execution_context.in_identity_scope = true;
  }
  IdentityScope(const IdentityScope&) = delete;
  IdentityScope& operator=(const IdentityScope&) = delete;
  ~IdentityScope() {
    if (!owner_) return;
    execution_context.outside_objects = saved_objects_;
    execution_context.in_identity_scope = saved_in_scope_;
  }

  // Counts from 0 again. No effect in a scope that adopted another.
  void Restart() {
    if (owner_) execution_context.outside_objects = 0;
  }

 private:
  std::uint64_t saved_objects_;
  bool saved_in_scope_;
  bool owner_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_EXECUTION_CONTEXT_H_
