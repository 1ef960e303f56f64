// What a step of the lab costs, beside the least that it could cost.
//
//   bazel run -c opt //benchmarks:lab_step_benchmark
//   .../lab_step_benchmark --run=LabOn/100 --steps=1000000
//
// One item is one step: items_per_second, and the ratio lab/floor of one run,
// are what to look at. The second form only runs that many steps, for a tool
// that counts instructions. tools/bench lab prints both.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "benchmark/benchmark.h"
#include "benchmarks/floor_stepper.h"
#include "benchmarks/lab_stepper.h"
#include "benchmarks/stepper.h"

namespace asupersync {
namespace benchmarks {
namespace {

constexpr std::uint64_t kBatch = 10'000;

void Measure(benchmark::State& state, Stepper* stepper) {
  const std::unique_ptr<Stepper> owned(stepper);
  // The first step of each task starts it.
  stepper->Run(20 * state.range(0) + kBatch);
  for (auto _ : state) stepper->Run(kBatch);
  state.SetItemsProcessed(state.iterations() * kBatch);
}

struct Row {
  const char* name;
  Stepper* (*make)(std::size_t tasks);
};

constexpr Row kRows[] = {
    {"Floor", NewFloor},
    {"LabOff",
     [](std::size_t tasks) { return NewLab(tasks, Recording::kOff); }},
    {"LabOn",
     [](std::size_t tasks) { return NewLab(tasks, Recording::kOn); }},
};
constexpr std::size_t kTaskCounts[] = {2, 100, 10'000};

// Runs the row that `name` ("LabOn/100") names; false if there is none.
bool RunOnly(absl::string_view name, std::uint64_t steps) {
  for (const Row& row : kRows) {
    for (std::size_t tasks : kTaskCounts) {
      if (name != absl::StrCat(row.name, "/", tasks)) continue;
      std::unique_ptr<Stepper>(row.make(tasks))->Run(steps);
      return true;
    }
  }
  return false;
}

int Main(int argc, char** argv) {
  if (argc == 3) {
    absl::string_view row = argv[1];
    absl::string_view steps = argv[2];
    std::uint64_t count = 0;
    if (absl::ConsumePrefix(&row, "--run=") &&
        absl::ConsumePrefix(&steps, "--steps=") &&
        absl::SimpleAtoi(steps, &count)) {
      if (RunOnly(row, count)) return 0;
      std::cerr << "no row is named " << row << "\n";
      return 1;
    }
  }
  for (std::size_t tasks : kTaskCounts) {
    for (const Row& row : kRows) {
      benchmark::RegisterBenchmark(
          row.name,
          [&row](benchmark::State& state) {
            Measure(state, row.make(state.range(0)));
          })
          ->Arg(tasks);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace benchmarks
}  // namespace asupersync

int main(int argc, char** argv) {
  return asupersync::benchmarks::Main(argc, argv);
}
