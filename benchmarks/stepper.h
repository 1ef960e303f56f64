#ifndef ASUPERSYNC_BENCHMARKS_STEPPER_H_
#define ASUPERSYNC_BENCHMARKS_STEPPER_H_

#include <cstdint>

namespace asupersync {
namespace benchmarks {

// A set of tasks that yield for ever, and the loop that steps them. Both
// steppers run the same eight task bodies.
class Stepper {
 public:
  virtual ~Stepper() = default;
  // Runs exactly `steps` steps.
  virtual void Run(std::uint64_t steps) = 0;
};

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_STEPPER_H_
