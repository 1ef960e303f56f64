#ifndef ASUPERSYNC_TASK_TIMER_H_
#define ASUPERSYNC_TASK_TIMER_H_

#include <cstddef>
#include <cstdint>

#include "asupersync/base/ids.h"

namespace asupersync {

struct TimerEntry;

// A deadline that a runtime watches. Embedded in what waits for it.
//
// Runtime::ArmTimer() registers it, Runtime::DisarmTimer() takes it back; a
// runtime calls OnFire() at most once, with the timer already disarmed, when
// the clock has reached the deadline. A Timer must be disarmed before it dies.
class Timer {
 public:
  // `deadline_ns` is what deadline_ns() says until the timer is armed.
  explicit Timer(std::int64_t deadline_ns = 0) : deadline_ns_(deadline_ns) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return place_ != kNowhere; }
  std::int64_t deadline_ns() const { return deadline_ns_; }
  // The number of this timer in traces; 0 before it is armed.
  std::uint64_t id() const { return id_; }
  // Derives from the task or the region that waits. REQUIRES: armed, or was.
  virtual TimerId Identity() const = 0;

 protected:
  ~Timer() = default;

 private:
  friend class TimerBuckets;
  friend class TimerQueue;

  virtual void OnFire() = 0;

  // Where the timer is in its queue: at an index of the heap (odd), or in an
  // entry of a bucket (its address).
  static constexpr std::uintptr_t kNowhere = 0;
  bool InHeap() const { return (place_ & 1) != 0; }
  std::size_t heap_index() const { return place_ >> 1; }
  void SetHeapIndex(std::size_t index) { place_ = index << 1 | 1; }
  TimerEntry* entry() const { return reinterpret_cast<TimerEntry*>(place_); }
  void SetEntry(TimerEntry* entry) {
    place_ = reinterpret_cast<std::uintptr_t>(entry);
  }
  void SetNowhere() { place_ = kNowhere; }

  // First, so that what a move writes and what firing reads, the vtable
  // pointer, share a cache line.
  std::uintptr_t place_ = kNowhere;
  std::uint64_t id_ = 0;
  std::int64_t deadline_ns_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TIMER_H_
