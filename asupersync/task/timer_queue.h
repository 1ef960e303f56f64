#ifndef ASUPERSYNC_TASK_TIMER_QUEUE_H_
#define ASUPERSYNC_TASK_TIMER_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "asupersync/task/timer.h"

namespace asupersync {

// The armed timers of a runtime, by deadline: a 4-ary heap whose entries know
// their place, so that taking a timer back costs O(log n) too.
//
// Determinism: timers with one deadline come out together and in the order in
// which they were armed; who fires first among them is the runtime's choice.
class TimerQueue {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  // REQUIRES: !empty().
  std::int64_t next_deadline_ns() const { return heap_.front().deadline_ns; }

  // REQUIRES: !timer.armed().
  void Arm(Timer& timer, std::int64_t deadline_ns, TimerId identity);
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
  struct Entry {
    std::int64_t deadline_ns;  // a copy, so that most comparisons stay here
    Timer* timer;

    // By deadline, then in the order of arming.
    bool Before(const Entry& other) const {
      if (deadline_ns != other.deadline_ns) {
        return deadline_ns < other.deadline_ns;
      }
      return timer->id_ < other.timer->id_;
    }
  };
  static constexpr std::size_t kArity = 4;

  void Place(std::size_t position, const Entry& entry);
  void SiftUp(std::size_t position, const Entry& entry);
  void SiftDown(std::size_t position, const Entry& entry);
  void RemoveAt(std::size_t position);

  std::vector<Entry> heap_;
  std::uint64_t next_id_ = 1;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TIMER_QUEUE_H_
