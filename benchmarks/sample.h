#ifndef ASUPERSYNC_BENCHMARKS_SAMPLE_H_
#define ASUPERSYNC_BENCHMARKS_SAMPLE_H_

#include <chrono>
#include <cstdint>

namespace asupersync {
namespace benchmarks {

// What one run of a row's work took.
struct Sample {
  double seconds = 0;
  std::int64_t units = 0;  // spawns, messages, timers...
};

// Times `work()` alone, not what was set up before it.
template <class F>
Sample Measured(std::int64_t units, F&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  return {took.count(), units};
}

// What is done to timers while many are pending.
enum class TimerPhase {
  kArm,     // from none pending to all
  kCancel,  // from all to none, in random order
  kFire,    // from all to none, by deadline
};

// Tasks in a tree of this fan-out and depth, its root included.
constexpr std::int64_t TreeSize(std::int64_t fan_out, int depth) {
  return depth == 0 ? 1 : 1 + fan_out * TreeSize(fan_out, depth - 1);
}
inline constexpr std::int64_t kTreeFanOut = 10;

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_SAMPLE_H_
