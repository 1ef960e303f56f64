#ifndef BENCHMARKS_STEP_BODIES_H_
#define BENCHMARKS_STEP_BODIES_H_

#include <cstddef>
#include <cstdint>

// The programs whose steps lab_step_benchmark measures: the same eight task
// bodies, once on bare coroutines with the least loop that records and hashes
// (the floor), once on the lab runtime.

namespace asupersync {
namespace benchmarks {

// A set of tasks that yield for ever, and the loop that steps them.
class Stepper {
 public:
  virtual ~Stepper() = default;
  // Runs exactly `steps` steps.
  virtual void Run(std::uint64_t steps) = 0;
};

enum class Recording : bool { kOff = false, kOn = true };

// Bare coroutines: a seeded random pick, a two-byte event and a rolling hash
// for each resume. What no runtime can beat.
Stepper* NewFloor(std::size_t tasks);

// The same bodies as lab tasks.
Stepper* NewLab(std::size_t tasks, Recording recording);

}  // namespace benchmarks
}  // namespace asupersync

#endif  // BENCHMARKS_STEP_BODIES_H_
