#ifndef ASUPERSYNC_BENCHMARKS_RANDOM_DEADLINES_H_
#define ASUPERSYNC_BENCHMARKS_RANDOM_DEADLINES_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "asupersync/base/prng.h"

namespace asupersync {
namespace benchmarks {

// Nanoseconds: one hour.
inline constexpr std::int64_t kLastDeadline = 3'600'000'000'000;

// The same for every side: `count` deadlines in 1 .. kLastDeadline.
inline std::vector<std::int64_t> RandomDeadlines(std::int64_t count) {
  Prng random(7);
  std::vector<std::int64_t> deadlines(count);
  for (std::int64_t& deadline : deadlines) {
    deadline = 1 + static_cast<std::int64_t>(random.Below(kLastDeadline));
  }
  return deadlines;
}

template <class T>
void Shuffle(std::vector<T>& items) {
  Prng random(8);
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[random.Below(i)]);
  }
}

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_RANDOM_DEADLINES_H_
