#ifndef ASUPERSYNC_BENCHMARKS_LAB_ROWS_H_
#define ASUPERSYNC_BENCHMARKS_LAB_ROWS_H_

#include <cstdint>

#include "benchmarks/lab_stepper.h"
#include "benchmarks/sample.h"

// Our side of each row of peers_benchmark; see asio_rows.h for the other one.
//
// A LabRuntime with the default policies: every operation is a scheduling point
// before its effect, the next task is chosen by the seed, and the certificate
// and the fingerprint are kept. `count` is the number of units.

namespace asupersync {
namespace benchmarks {

// A task spawns a child and joins it, one after the other.
Sample LabSpawnJoin(Recording recording, std::int64_t count);
// A task spawns `count` children before the first of them runs, then joins all.
Sample LabSpawnAllJoinAll(Recording recording, std::int64_t count);
// 100 tasks yield.
Sample LabYield(Recording recording, std::int64_t count);
// One task sends, one receives.
Sample LabChannel1(Recording recording, std::int64_t count);
Sample LabChannel64(Recording recording, std::int64_t count);
// Eight tasks take turns at a Mutex, each yielding once while it holds it, so
// that it is always handed from one to the next.
Sample LabMutexHandOff(Recording recording, std::int64_t count);
// `count` Timers of a runtime, without tasks.
Sample LabTimers(Recording recording, std::int64_t count, TimerPhase phase);
// `count` tasks are asleep; each wakes and sleeps again, three times.
Sample LabSleep(Recording recording, std::int64_t count);
// The root of a tree of regions is cancelled; the leaves sleep. Until all have
// ended.
Sample LabCancelTree(Recording recording, std::int64_t depth);

// Resident bytes of each of `count` tasks that wait, asleep or at a
// semaphore.
double LabSleepingBytes(std::int64_t count);
double LabWaitingBytes(std::int64_t count);

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_LAB_ROWS_H_
