#ifndef ASUPERSYNC_BENCHMARKS_FLOOR_STEPPER_H_
#define ASUPERSYNC_BENCHMARKS_FLOOR_STEPPER_H_

#include <cstddef>

#include "benchmarks/stepper.h"

namespace asupersync {
namespace benchmarks {

// Bare coroutines: a seeded random pick, a two-byte event and a rolling hash
// for each resume. What no runtime can beat. The caller owns the result.
Stepper* NewFloor(std::size_t tasks);

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_FLOOR_STEPPER_H_
