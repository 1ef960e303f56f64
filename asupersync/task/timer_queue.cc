#include "asupersync/task/timer_queue.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asupersync {

void TimerQueue::Arm(Timer& timer, std::int64_t deadline_ns) {
  timer.deadline_ns_ = deadline_ns;
  timer.id_ = next_id_++;
  const TimerEntry entry{deadline_ns, &timer};
  if (!far_.empty() && far_.AboveFloor(deadline_ns)) {
    far_.Add(entry);
    return;
  }
  near_.push_back(entry);
  SiftUp(near_.size() - 1, entry);
  if (near_.size() > near_max_) MoveMostAway();
}

void TimerQueue::Disarm(Timer& timer) {
  if (!timer.InHeap()) {
    far_.Remove(timer);
    return;
  }
  const std::size_t position = timer.heap_index();
  timer.SetNowhere();
  RemoveAt(position);
  if (near_.empty() && !far_.empty()) Refill();
}

void TimerQueue::TakeDue(std::vector<Timer*>* due) {
  due->clear();
  const std::int64_t deadline_ns = next_deadline_ns();
  while (!near_.empty() && near_.front().deadline_ns == deadline_ns) {
    // What a look at all of them costs is paid for by those taken before.
    if (due->size() > near_.size() / 8 + kArity) {
      TakeManyDue(deadline_ns, due);
      break;
    }
    Timer* timer = near_.front().timer;
    timer->SetNowhere();
    due->push_back(timer);
    RemoveAt(0);
  }
  if (near_.empty() && !far_.empty()) Refill();
}

void TimerQueue::TakeManyDue(std::int64_t deadline_ns,
                             std::vector<Timer*>* due) {
  const std::size_t before = due->size();
  std::size_t kept = 0;
  for (const TimerEntry& entry : near_) {
    if (entry.deadline_ns == deadline_ns) {
      entry.timer->SetNowhere();
      due->push_back(entry.timer);
    } else {
      near_[kept++] = entry;
    }
  }
  near_.resize(kept);
  SortNear();
  auto armed_earlier = [](const Timer* a, const Timer* b) {
    return a->id_ < b->id_;
  };
  std::sort(due->begin() + static_cast<std::ptrdiff_t>(before), due->end(),
            armed_earlier);
}

void TimerQueue::SiftUp(std::size_t position, const TimerEntry& entry) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / kArity;
    if (!Before(entry, near_[parent])) break;
    Place(position, near_[parent]);
    position = parent;
  }
  Place(position, entry);
}

void TimerQueue::SiftDown(std::size_t position, const TimerEntry& entry) {
  for (;;) {
    const std::size_t first = position * kArity + 1;
    if (first >= near_.size()) break;
    const std::size_t last = std::min(first + kArity, near_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (Before(near_[child], near_[least])) least = child;
    }
    if (!Before(near_[least], entry)) break;
    Place(position, near_[least]);
    position = least;
  }
  Place(position, entry);
}

void TimerQueue::RemoveAt(std::size_t position) {
  const TimerEntry moved = near_.back();
  near_.pop_back();
  if (position == near_.size()) return;
  if (position > 0 && Before(moved, near_[(position - 1) / kArity])) {
    SiftUp(position, moved);
  } else {
    SiftDown(position, moved);
  }
}

// A sorted array is a heap.
void TimerQueue::SortNear() {
  std::sort(near_.begin(), near_.end(), Before);
  for (std::size_t i = 0; i < near_.size(); ++i) {
    near_[i].timer->SetHeapIndex(i);
  }
}

void TimerQueue::MoveMostAway() {
  const std::int64_t first_ns = next_deadline_ns();
  auto is_first = [first_ns](const TimerEntry& entry) {
    return entry.deadline_ns == first_ns;
  };
  if (std::all_of(near_.begin(), near_.end(), is_first)) {
    near_max_ = 2 * near_.size();
    return;
  }
  SortNear();
  std::size_t kept = std::min(near_.size(), TimerBuckets::kTakenMax);
  while (kept < near_.size() &&
         near_[kept].deadline_ns == near_[kept - 1].deadline_ns) {
    ++kept;
  }
  // O(far timers), so it must not come too often. The floor goes down: each
  // near timer stood at or below it.
  far_.SetFloor(near_[kept - 1].deadline_ns);
  for (std::size_t i = kept; i < near_.size(); ++i) far_.Add(near_[i]);
  near_.resize(kept);
  near_max_ = std::max({kNearMax, 2 * kept, far_.size() / 8});
}

void TimerQueue::Refill() {
  far_.TakeEarliest(&near_);
  SortNear();
  near_max_ = std::max({kNearMax, 2 * near_.size(), far_.size() / 8});
}

}  // namespace asupersync
