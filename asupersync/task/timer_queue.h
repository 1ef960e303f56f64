#ifndef ASUPERSYNC_TASK_TIMER_QUEUE_H_
#define ASUPERSYNC_TASK_TIMER_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "asupersync/task/timer.h"
#include "asupersync/task/timer_buckets.h"

namespace asupersync {

// The armed timers of a runtime, by deadline: the near ones in a 4-ary heap
// whose entries know their place, the far ones in buckets.
//
// Cost: O(log(near)) for each operation, amortised over the moves from far to
// near and back. Up to 2048 timers are all near; of more usually less than a
// hundred are, at worst an eighth or those that share a deadline.
//
// Determinism: timers with one deadline come out together and in the order in
// which they were armed; who fires first among them is the runtime's choice.
//
// Invariants
//   1. While there are far timers there is a near one, and every near timer is
//      due at or before the floor of the far ones.
//   2. While there are none, new timers are near.
class TimerQueue {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  bool empty() const { return near_.empty(); }
  std::size_t size() const { return near_.size() + far_.size(); }
  // REQUIRES: !empty().
  std::int64_t next_deadline_ns() const { return near_.front().deadline_ns; }

  // REQUIRES: !timer.armed().
  void Arm(Timer& timer, std::int64_t deadline_ns);
  // REQUIRES: timer.armed().
  void Disarm(Timer& timer);

  // Disarms every timer that shares the earliest deadline and replaces `due`
  // by them, in the order in which they were armed. REQUIRES: !empty().
  void TakeDue(std::vector<Timer*>* due);

  // Calls the timer's OnFire(). REQUIRES: it came from TakeDue().
  static void Fire(Timer& timer) { timer.OnFire(); }

  // Starts numbering again. REQUIRES: empty().
  void Reset() { next_id_ = 1; }

 private:
  static constexpr std::size_t kArity = 4;
  // Near timers beyond which most of them move to the far ones.
  static constexpr std::size_t kNearMax = 2048;

  // By deadline, then in the order of arming.
  static bool Before(const TimerEntry& a, const TimerEntry& b) {
    if (a.deadline_ns != b.deadline_ns) return a.deadline_ns < b.deadline_ns;
    return a.timer->id_ < b.timer->id_;
  }

  void Place(std::size_t position, const TimerEntry& entry) {
    near_[position] = entry;
    entry.timer->SetHeapIndex(position);
  }
  void SiftUp(std::size_t position, const TimerEntry& entry);
  void SiftDown(std::size_t position, const TimerEntry& entry);
  void RemoveAt(std::size_t position);
  void SortNear();
  void TakeManyDue(std::int64_t deadline_ns, std::vector<Timer*>* due);
  void MoveMostAway();
  void Refill();

  std::vector<TimerEntry> near_;
  std::size_t near_max_ = kNearMax;
  TimerBuckets far_;
  std::uint64_t next_id_ = 1;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TIMER_QUEUE_H_
