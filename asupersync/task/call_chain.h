#ifndef ASUPERSYNC_TASK_CALL_CHAIN_H_
#define ASUPERSYNC_TASK_CALL_CHAIN_H_

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "asupersync/task/frame_pool.h"

namespace asupersync {

class CallChain;
class PromiseBase;

namespace call_chain_internal {
// A coroutine suspended without a word to its chain.
[[noreturn]] void ReportForeignAwait();
// A compiler that does not put the promise where PromiseBase needs it.
[[noreturn]] void ReportPromiseLayout();
}  // namespace call_chain_internal

// What stands between the end of an awaited thing and the coroutine that
// awaits it. `co_await Try(x)` is one: it lets the coroutine go on only when x
// succeeded.
class Completion {
 public:
  // Returns true when `awaiting` may be resumed. Otherwise it has stored an
  // error where awaiting's caller expects the result, and the caller of this
  // destroys the frame, which may hold *this.
  virtual bool Deliver(PromiseBase& awaiting) noexcept = 0;

 protected:
  ~Completion() = default;
};

// The part of a coroutine's promise that does not depend on its result type.
class PromiseBase {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }

  static void* operator new(std::size_t bytes) {
    return FramePool::Allocate(bytes);
  }
  static void operator delete(void* frame, std::size_t bytes) noexcept {
    FramePool::Free(frame, bytes);
  }

  // The coroutine whose promise this is.
  std::coroutine_handle<PromiseBase> handle() {
    return std::coroutine_handle<PromiseBase>::from_promise(*this);
  }

  // Written by CallChain and by the awaiters, read by both.
  PromiseBase* caller = nullptr;     // null: this is the task's first frame
  CallChain* chain = nullptr;        // null: not started
  Completion* completion = nullptr;  // consulted before the next resumption

 protected:
  PromiseBase() = default;
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;

  // To be called by the constructor of the promise type P: handle() finds the
  // frame from the address of the base class, which must be where and as
  // aligned as that of P. Folded away.
  template <class P>
  void CheckHandle() {
    static_assert(alignof(P) == alignof(PromiseBase));
    auto& promise = static_cast<P&>(*this);
    if (std::coroutine_handle<P>::from_promise(promise).address() !=
        handle().address()) {
      call_chain_internal::ReportPromiseLayout();
    }
  }
};

// What may await tasks and operations: a coroutine that is a Task, and so
// belongs to a task of a runtime. Any other coroutine does not compile.
template <class Promise>
concept AwaitsInsideATask = std::derived_from<Promise, PromiseBase>;

// The stack of coroutine frames of one task, and the loop that runs it.
//
// Frames never resume each other. A coroutine that calls another, waits or
// returns says so with the functions below and then suspends; Resume(), an
// ordinary function, decides what runs next. So the machine stack never grows
// with the chain (g++ 12 does not turn symmetric transfer into a jump at -O0
// or under a sanitizer), a frame is only ever destroyed while nothing in it
// runs, and `co_await Try(...)` needs neither exceptions nor a resumption to
// end a coroutine early.
//
// Invariants
//   1. leaf() is null before Start() and after the last frame has ended.
//   2. Frames are linked leaf -> caller -> ... -> first frame by
//      PromiseBase::caller; the chain owns each of them.
//   3. A caller is not resumed before its callee's frame is destroyed.
class CallChain {
 public:
  CallChain() = default;
  CallChain(const CallChain&) = delete;
  CallChain& operator=(const CallChain&) = delete;
  // Destroys what is left of the chain.
  ~CallChain() { Destroy(); }

  PromiseBase* leaf() const { return leaf_; }

  // Makes `first` the first frame. REQUIRES: leaf() is null.
  void Start(PromiseBase& first) {
    first.chain = this;
    leaf_ = &first;
  }

  // Runs until a coroutine waits (true) or the first frame has ended (false).
  // An exception of user code is stored by the promise and never passes here.
  bool Resume();

  // Destroys the frames, innermost first, without resuming them.
  void Destroy() noexcept;

  // Said by awaiters, from await_suspend, in a coroutine of this chain:
  void Suspend() { action_ = Action::kSuspend; }
  void Call(PromiseBase& callee, PromiseBase& caller) {
    callee.caller = &caller;
    callee.chain = this;
    leaf_ = &callee;
    action_ = Action::kContinue;
  }
  // Consults the leaf's completion, then resumes it or unwinds.
  void Reconsider() { action_ = Action::kContinue; }
  void Return() { action_ = Action::kReturn; }

 private:
  enum class Action : std::uint8_t { kNone, kSuspend, kContinue, kReturn };

  void PopLeaf() noexcept {
    const std::coroutine_handle<> ended = leaf_->handle();
    leaf_ = leaf_->caller;
    ended.destroy();
  }

  PromiseBase* leaf_ = nullptr;
  Action action_ = Action::kSuspend;
};

// In the header because every step goes through it.
inline bool CallChain::Resume() {
  while (leaf_ != nullptr) {
    PromiseBase& leaf = *leaf_;
    if (leaf.completion != nullptr) {
      Completion* completion = std::exchange(leaf.completion, nullptr);
      if (!completion->Deliver(leaf)) {
        // The error is already where the caller expects it.
        PopLeaf();
        continue;
      }
    }
    action_ = Action::kNone;
    leaf.handle().resume();
    switch (action_) {
      case Action::kNone:
        call_chain_internal::ReportForeignAwait();
      case Action::kSuspend:
        return true;
      case Action::kContinue:
        break;
      case Action::kReturn:
        PopLeaf();
        break;
    }
  }
  return false;
}

inline void CallChain::Destroy() noexcept {
  while (leaf_ != nullptr) PopLeaf();
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CALL_CHAIN_H_
