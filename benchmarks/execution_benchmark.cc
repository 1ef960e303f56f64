// What one whole execution costs an explorer, and what a parked task weighs.
//
//   bazel run -c opt //benchmarks:execution_benchmark
//
// Execution: a reused runtime is reset, three tasks take and give a lock and
// yield, about 20 steps in all, and the certificate and the fingerprint are
// read. One item is one execution; the counter `steps` says how many it took.
// ParkedTasks: the counter `bytes_per_task` is resident memory.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "benchmark/benchmark.h"
#include "benchmarks/resident_bytes.h"

namespace asupersync {
namespace benchmarks {
namespace {

Task<absl::Status> TakeAndGive(Cx& cx, Mutex& mutex, int& shared) {
  for (int i = 0; i < 2; ++i) {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    ++shared;
    co_await Try(cx.Yield());
  }
  co_return absl::OkStatus();
}

void Execution(benchmark::State& state) {
  LabRuntime runtime(LabConfig(42));
  DerivedSeeds seeds = runtime.config().seeds();
  std::uint64_t steps = 0;
  std::uint64_t executions = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    ++seeds.schedule;
    runtime.Reset(seeds);
    Mutex mutex;
    int shared = 0;
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot(
          [&](Cx& cx) { return TakeAndGive(cx, mutex, shared); });
    }
    runtime.RunUntilQuiescent();
    sum += runtime.certificate() ^ runtime.fingerprint().value();
    steps += runtime.steps();
    ++executions;
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
  state.counters["steps"] =
      static_cast<double>(steps) / static_cast<double>(executions);
}
BENCHMARK(Execution);

void ParkedTasks(benchmark::State& state) {
  const auto tasks = static_cast<std::size_t>(state.range(0));
  double bytes_per_task = 0;
  for (auto _ : state) {
    const std::size_t before = ResidentBytes();
    LabRuntime runtime(LabConfig(42));
    for (std::size_t i = 0; i < tasks; ++i) {
      runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
        co_return co_await cx.Sleep(absl::Hours(1));
      });
    }
    // Each task starts, then arms its timer and waits.
    while (runtime.Step()) {
    }
    bytes_per_task = static_cast<double>(ResidentBytes() - before) /
                     static_cast<double>(tasks);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_per_task"] = bytes_per_task;
}
BENCHMARK(ParkedTasks)->Arg(100'000)->Iterations(1);

}  // namespace
}  // namespace benchmarks
}  // namespace asupersync

BENCHMARK_MAIN();
