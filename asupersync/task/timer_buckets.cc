#include "asupersync/task/timer_buckets.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace asupersync {

void TimerBuckets::SetFloor(std::int64_t deadline_ns) {
  floor_ = Key(deadline_ns);
  if (live_ == 0 && dead_ == 0) return;
  Array* all = DetachAll();
  live_ = dead_ = 0;
  Drain(all, [this](const TimerEntry& entry) { Add(entry); });
}

void TimerBuckets::Add(const TimerEntry& entry) {
  if (table_ == nullptr) table_ = std::make_unique<Table>();
  const std::uint64_t key = Key(entry.deadline_ns);
  const int level = (std::bit_width(key ^ floor_) - 1) / kDigitBits;
  const int slot =
      static_cast<int>(key >> (level * kDigitBits)) & (kSlots - 1);
  Bucket& bucket = table_->buckets[level][slot];
  if (bucket.last == nullptr) {
    bucket.first = bucket.last = NewArray();
    table_->occupied[level] |= std::uint64_t{1} << slot;
  } else if (bucket.last->count == kArrayEntries) {
    Array* array = NewArray();
    bucket.last->next = array;
    bucket.last = array;
  }
  TimerEntry* place = &bucket.last->entries[bucket.last->count++];
  *place = entry;
  entry.timer->SetEntry(place);
  ++live_;
}

void TimerBuckets::Remove(Timer& timer) {
  timer.entry()->timer = nullptr;
  timer.SetNowhere();
  --live_;
  ++dead_;
  if (live_ == 0) {
    dead_ = 0;
    FreeArrays(DetachAll());
  } else if (dead_ > 4 * live_ + 16 * kArrayEntries) {
    Array* all = DetachAll();
    live_ = dead_ = 0;
    Drain(all, [this](const TimerEntry& entry) { Add(entry); });
  }
}

void TimerBuckets::TakeEarliest(std::vector<TimerEntry>* taken) {
  for (;;) {
    Array* first = DetachFirstBucket();
    const Summary summary = Summarize(first);
    live_ -= summary.live;
    dead_ -= summary.dead;
    if (summary.live == 0) {
      FreeArrays(first);
      continue;
    }
    // Those that stay are in later buckets, and still in the right ones:
    // compared with anything in this bucket their highest digit that differs
    // is the same.
    const bool all = summary.live <= kTakenMax;
    floor_ = all ? summary.greatest : summary.least;
    Drain(first, [&](const TimerEntry& entry) {
      if (Key(entry.deadline_ns) <= floor_) {
        taken->push_back(entry);
      } else {
        Add(entry);
      }
    });
    return;
  }
}

TimerBuckets::Summary TimerBuckets::Summarize(const Array* first) {
  Summary summary;
  for (const Array* array = first; array != nullptr; array = array->next) {
    for (std::size_t i = 0; i < array->count; ++i) {
      if (array->entries[i].timer == nullptr) {
        ++summary.dead;
        continue;
      }
      ++summary.live;
      const std::uint64_t key = Key(array->entries[i].deadline_ns);
      summary.least = std::min(summary.least, key);
      summary.greatest = std::max(summary.greatest, key);
    }
  }
  return summary;
}

TimerBuckets::Array* TimerBuckets::DetachFirstBucket() {
  int level = 0;
  while (table_->occupied[level] == 0) ++level;
  std::uint64_t& occupied = table_->occupied[level];
  Bucket& bucket = table_->buckets[level][std::countr_zero(occupied)];
  occupied &= occupied - 1;
  return std::exchange(bucket, Bucket()).first;
}

TimerBuckets::Array* TimerBuckets::DetachAll() {
  Bucket all;
  for (int level = 0; level < kLevels; ++level) {
    while (table_->occupied[level] != 0) {
      const int slot = std::countr_zero(table_->occupied[level]);
      table_->occupied[level] &= table_->occupied[level] - 1;
      const Bucket bucket =
          std::exchange(table_->buckets[level][slot], Bucket());
      (all.first == nullptr ? all.first : all.last->next) = bucket.first;
      all.last = bucket.last;
    }
  }
  return all.first;
}

TimerBuckets::Array* TimerBuckets::NewArray() {
  Array* array = free_;
  if (array == nullptr) {
    // Not make_unique(): that would clear the entries.
    arrays_.push_back(std::unique_ptr<Array>(new Array));
    array = arrays_.back().get();
  } else {
    free_ = array->next;
  }
  array->next = nullptr;
  array->count = 0;
  return array;
}

void TimerBuckets::FreeArrays(Array* first) {
  while (first != nullptr) {
    Array* next = std::exchange(first->next, free_);
    free_ = std::exchange(first, next);
  }
}

// Calls `give` for the timers of these arrays and frees each array after it.
// Begins to fetch those of the next array before: each timer lies somewhere
// else and is told its new place, so that a crowd larger than the caches would
// be waited for one by one, now and again when it fires. (Not in a function of
// its own: g++ drops calls of functions that only prefetch.)
template <class F>
void TimerBuckets::Drain(Array* first, const F& give) {
  while (first != nullptr) {
    const Array* const coming = first->next;
    for (std::size_t i = 0; coming != nullptr && i < coming->count; ++i) {
      const Timer* const timer = coming->entries[i].timer;
      if (timer == nullptr) continue;
      __builtin_prefetch(timer, /*rw=*/1);
      __builtin_prefetch(timer + 1);  // what its class adds
    }
    for (std::size_t i = 0; i < first->count; ++i) {
      if (first->entries[i].timer != nullptr) give(first->entries[i]);
    }
    Array* next = std::exchange(first->next, free_);
    free_ = std::exchange(first, next);
  }
}

}  // namespace asupersync
