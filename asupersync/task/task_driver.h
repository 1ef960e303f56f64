#ifndef ASUPERSYNC_TASK_TASK_DRIVER_H_
#define ASUPERSYNC_TASK_TASK_DRIVER_H_

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <utility>

#include "asupersync/task/call_chain.h"
#include "asupersync/task/task.h"

namespace asupersync {

// Runs one Task without a runtime, for tests.
//
//   TaskDriver<int> driver(Add(1, 2));
//   EXPECT_FALSE(driver.Resume());
//   EXPECT_EQ(driver.slot().Take(), 3);
template <class T>
class TaskDriver {
 public:
  explicit TaskDriver(Task<T> task) {
    auto& first = std::move(task).Release();
    first.slot = &slot_;
    chain_.Start(first);
  }

  // As CallChain::Resume(): true if the task waits, false if it has ended.
  bool Resume() { return chain_.Resume(); }
  void Destroy() { chain_.Destroy(); }

  ResultSlot<T>& slot() { return slot_; }
  CallChain& chain() { return chain_; }

 private:
  ResultSlot<T> slot_;
  CallChain chain_;
};

// An awaitable that waits for one Resume().
struct Pause {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> awaiting) const {
    awaiting.promise().chain->Suspend();
  }
  void await_resume() const {}
};

// How far apart the machine stack was where Sample() was called.
class StackSpan {
 public:
  void Sample() {
    const auto here =
        reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    lowest_ = std::min(lowest_, here);
    highest_ = std::max(highest_, here);
  }
  std::uintptr_t bytes() const { return highest_ - lowest_; }

 private:
  std::uintptr_t lowest_ = ~std::uintptr_t{0};
  std::uintptr_t highest_ = 0;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TASK_DRIVER_H_
