#ifndef ASUPERSYNC_BENCHMARKS_LAB_STEPPER_H_
#define ASUPERSYNC_BENCHMARKS_LAB_STEPPER_H_

#include <cstddef>

#include "benchmarks/stepper.h"

namespace asupersync {
namespace benchmarks {

enum class Recording : bool { kOff = false, kOn = true };

// The bodies as tasks of a LabRuntime. The caller owns the result.
Stepper* NewLab(std::size_t tasks, Recording recording);

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_LAB_STEPPER_H_
