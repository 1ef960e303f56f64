#include "asupersync/task/timer_queue.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asupersync {

void TimerQueue::Arm(Timer& timer, std::int64_t deadline_ns,
                     TimerId identity) {
  timer.deadline_ns_ = deadline_ns;
  timer.id_ = next_id_++;
  timer.identity_ = identity;
  const Entry entry{deadline_ns, &timer};
  heap_.push_back(entry);
  SiftUp(heap_.size() - 1, entry);
}

void TimerQueue::Disarm(Timer& timer) {
  const std::size_t position = timer.position_;
  timer.position_ = Timer::kNowhere;
  RemoveAt(position);
}

void TimerQueue::TakeDue(std::vector<Timer*>* due) {
  due->clear();
  const std::int64_t deadline_ns = next_deadline_ns();
  while (!heap_.empty() && heap_.front().deadline_ns == deadline_ns) {
    Timer* timer = heap_.front().timer;
    timer->position_ = Timer::kNowhere;
    due->push_back(timer);
    RemoveAt(0);
  }
}

void TimerQueue::Place(std::size_t position, const Entry& entry) {
  heap_[position] = entry;
  entry.timer->position_ = static_cast<std::uint32_t>(position);
}

void TimerQueue::SiftUp(std::size_t position, const Entry& entry) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / kArity;
    if (!entry.Before(heap_[parent])) break;
    Place(position, heap_[parent]);
    position = parent;
  }
  Place(position, entry);
}

void TimerQueue::SiftDown(std::size_t position, const Entry& entry) {
  for (;;) {
    const std::size_t first = position * kArity + 1;
    if (first >= heap_.size()) break;
    const std::size_t last = std::min(first + kArity, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child].Before(heap_[least])) least = child;
    }
    if (!heap_[least].Before(entry)) break;
    Place(position, heap_[least]);
    position = least;
  }
  Place(position, entry);
}

void TimerQueue::RemoveAt(std::size_t position) {
  const Entry moved = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  if (position > 0 && moved.Before(heap_[(position - 1) / kArity])) {
    SiftUp(position, moved);
  } else {
    SiftDown(position, moved);
  }
}

}  // namespace asupersync
