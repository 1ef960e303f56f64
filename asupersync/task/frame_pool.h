#ifndef ASUPERSYNC_TASK_FRAME_POOL_H_
#define ASUPERSYNC_TASK_FRAME_POOL_H_

#include <cstddef>

namespace asupersync {

// Memory for coroutine frames and task nodes: one free list per size class and
// thread, refilled from chunks.
//
// A test creates and destroys the same few frame sizes millions of times; this
// serves each in a handful of instructions and hands the same memory out again
// for the next execution, so that a reset runtime allocates nothing.
//
// The first megabytes of a thread come from operator new; more are mapped in
// pieces that ask for huge pages.
//
// Determinism: addresses differ from run to run and must not be observed; the
// pool itself makes no decision that a program can see.
//
// Lifetime: a block may be freed on another thread than the one that allocated
// it and then belongs to that thread's lists. Chunks stay with the process:
// frames may outlive the thread or the runtime that made them.
//
// Under AddressSanitizer every call goes to operator new and delete, so that
// a use of a dead frame is seen.
class FramePool {
 public:
  FramePool() = delete;

  // Blocks above this size come from operator new.
  static constexpr std::size_t kLargestPooled = 2048;

  // Returns `bytes` of memory aligned for any fundamental type.
  // Throws std::bad_alloc when the process has no more.
  static void* Allocate(std::size_t bytes);

  // Returns a block. REQUIRES: `block` came from Allocate(bytes).
  static void Free(void* block, std::size_t bytes) noexcept;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_FRAME_POOL_H_
