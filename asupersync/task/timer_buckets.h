#ifndef ASUPERSYNC_TASK_TIMER_BUCKETS_H_
#define ASUPERSYNC_TASK_TIMER_BUCKETS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "asupersync/task/timer.h"

namespace asupersync {

// An armed timer, with a copy of its deadline, so that timers can be told
// apart and moved without a look at each of them.
struct TimerEntry {
  std::int64_t deadline_ns;
  Timer* timer;
};

// The far timers of a TimerQueue: an unordered crowd that gives up its
// earliest ones, a few at a time.
//
// A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan: Faster Algorithms for the
// Shortest Path Problem, J. ACM 37, 1990) with 64 buckets per level: a timer is
// in the bucket of the highest 6-bit digit in which its deadline differs from
// the floor. The first bucket of the lowest level holds the earliest; one with
// many timers is spread over the lower levels. Buckets are lists of arrays, so
// spreading reads and writes memory in order, where a heap of a million timers
// misses the cache at every level.
//
// Cost: Add O(1). Remove O(1) amortised. A timer moves at most 10 times before
// it is taken; about 3 times with a million timers of random deadlines.
//
// Determinism: timers with one deadline come out in the order in which they
// were added, whatever happened in between.
//
// Invariants
//   1. Every deadline is above the floor.
//   2. Timers with one deadline are in one bucket, in the order of adding.
//   3. The place of a timer is its entry; the entry of a removed timer stays
//      until its bucket is taken or four fifths of all entries are such.
class TimerBuckets {
 public:
  TimerBuckets() = default;
  TimerBuckets(const TimerBuckets&) = delete;
  TimerBuckets& operator=(const TimerBuckets&) = delete;

  bool empty() const { return live_ == 0; }
  std::size_t size() const { return live_; }
  // Memory in use or kept for later.
  std::size_t bytes() const { return arrays_.size() * sizeof(Array); }

  bool AboveFloor(std::int64_t deadline_ns) const {
    return Key(deadline_ns) > floor_;
  }
  // Makes room for earlier deadlines, or for none but later ones. O(size()).
  // REQUIRES: every timer's deadline is above it.
  void SetFloor(std::int64_t deadline_ns);

  // REQUIRES: AboveFloor(entry.deadline_ns).
  void Add(const TimerEntry& entry);
  // REQUIRES: the timer was added, and not taken or removed since.
  void Remove(Timer& timer);

  // Appends the earliest timers to `taken`: all up to some deadline, which
  // becomes the floor. In no order, but for those with one deadline. Gives no
  // more than kTakenMax, unless they share the deadline. REQUIRES: !empty().
  void TakeEarliest(std::vector<TimerEntry>* taken);

  static constexpr std::size_t kTakenMax = 64;

 private:
  static constexpr int kDigitBits = 6;
  static constexpr int kSlots = 1 << kDigitBits;
  static constexpr int kLevels = (64 + kDigitBits - 1) / kDigitBits;

  static constexpr std::size_t kArrayEntries = 31;
  struct Array {
    Array* next;
    std::size_t count;  // from the front
    TimerEntry entries[kArrayEntries];
  };
  struct Bucket {
    Array* first = nullptr;
    Array* last = nullptr;
  };
  struct Table {
    std::uint64_t occupied[kLevels] = {};  // which buckets have an array
    Bucket buckets[kLevels][kSlots];
  };
  struct Summary {
    std::size_t live = 0;
    std::size_t dead = 0;
    std::uint64_t least = ~std::uint64_t{0};
    std::uint64_t greatest = 0;
  };

  // The deadline with its order kept, as a number of digits.
  static std::uint64_t Key(std::int64_t deadline_ns) {
    return static_cast<std::uint64_t>(deadline_ns) ^ (std::uint64_t{1} << 63);
  }

  static Summary Summarize(const Array* first);
  Array* DetachFirstBucket();
  Array* DetachAll();
  Array* NewArray();
  void FreeArrays(Array* first);
  template <class F>
  void Drain(Array* first, const F& give);

  std::uint64_t floor_ = 0;  // a key
  std::size_t live_ = 0;
  std::size_t dead_ = 0;
  std::unique_ptr<Table> table_;  // null: never used
  std::vector<std::unique_ptr<Array>> arrays_;
  Array* free_ = nullptr;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TIMER_BUCKETS_H_
