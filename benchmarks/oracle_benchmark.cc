// What the oracles add to a lab step.
//
//   bazel run -c opt //benchmarks:oracle_benchmark
//
// Each row runs one program in turns with no oracle and with all of them. The
// counters off_ns and on_ns are the medians of the processor time of a step,
// ratio is the median of on / off over the turns.
//
//   Yielding   100 tasks of one body that yield
//   Working    tasks that lock, send, receive, spawn and join; a step of it is
//              an operation that oracles are told of

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "benchmark/benchmark.h"

namespace asupersync {
namespace benchmarks {
namespace {

constexpr std::uint64_t kTurnSteps = 100'000;

LabConfig ConfigWith(OracleSelection oracles) {
  return LabConfig(42)
      .WithStepLimit(std::numeric_limits<std::uint64_t>::max())
      .WithOracles(oracles);
}

class Program {
 public:
  virtual ~Program() = default;
  // Makes about kTurnSteps steps; returns how many.
  virtual std::uint64_t Turn() = 0;
};

class Yielding final : public Program {
 public:
  explicit Yielding(OracleSelection oracles) : runtime_(ConfigWith(oracles)) {
    for (int i = 0; i < 100; ++i) {
      runtime_.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
        for (;;) co_await Try(cx.Yield());
      });
    }
  }
  std::uint64_t Turn() override {
    runtime_.RunUntilTick(runtime_.steps() + kTurnSteps);
    return kTurnSteps;
  }

 private:
  LabRuntime runtime_;
};

Task<absl::Status> Send(Cx& cx, mpsc::Sender<int>& sender) {
  for (int i = 0; i < 50; ++i) co_await Try(sender.Send(cx, i));
  co_return absl::OkStatus();
}

Task<absl::Status> Receive(Cx& cx, mpsc::Receiver<int>& receiver) {
  for (int i = 0; i < 100; ++i) co_await Try(receiver.Recv(cx));
  co_return absl::OkStatus();
}

Task<absl::Status> Lock(Cx& cx, Mutex& mutex) {
  for (int i = 0; i < 25; ++i) {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    co_await Try(cx.Yield());
  }
  co_return absl::OkStatus();
}

Task<absl::Status> SpawnAndJoin(Cx& cx) {
  for (int i = 0; i < 25; ++i) {
    auto child = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Yield();
    });
    co_await Try(child.Join(cx));
  }
  co_return absl::OkStatus();
}

class Working final : public Program {
 public:
  explicit Working(OracleSelection oracles) : runtime_(ConfigWith(oracles)) {}
  std::uint64_t Turn() override {
    std::uint64_t steps = 0;
    while (steps < kTurnSteps) {
      runtime_.Reset(runtime_.config().seeds());
      auto ends = mpsc::Channel<int>(4);
      Mutex mutex;
      for (int i = 0; i < 2; ++i) {
        runtime_.SpawnRoot([&](Cx& cx) { return Send(cx, ends.sender); });
        runtime_.SpawnRoot([&](Cx& cx) { return Lock(cx, mutex); });
        runtime_.SpawnRoot([](Cx& cx) { return SpawnAndJoin(cx); });
      }
      runtime_.SpawnRoot([&](Cx& cx) { return Receive(cx, ends.receiver); });
      runtime_.RunUntilQuiescent();
      steps += runtime_.steps();
    }
    return steps;
  }

 private:
  LabRuntime runtime_;
};

// Processor time of this process: others on the machine do not count.
double NowNs() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec);
}

double StepNs(Program& program) {
  const double start = NowNs();
  const std::uint64_t steps = program.Turn();
  return (NowNs() - start) / static_cast<double>(steps);
}

double Median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <class P>
void Compare(benchmark::State& state) {
  P off(OracleSelection::None());
  P on(OracleSelection::All());
  StepNs(off);
  StepNs(on);
  std::vector<double> off_ns;
  std::vector<double> on_ns;
  std::vector<double> ratios;
  for (auto _ : state) {
    off_ns.push_back(StepNs(off));
    on_ns.push_back(StepNs(on));
    ratios.push_back(on_ns.back() / off_ns.back());
  }
  state.counters["off_ns"] = Median(off_ns);
  state.counters["on_ns"] = Median(on_ns);
  state.counters["ratio"] = Median(ratios);
}

BENCHMARK_TEMPLATE(Compare, Yielding)->Name("Yielding")->Iterations(101);
BENCHMARK_TEMPLATE(Compare, Working)->Name("Working")->Iterations(101);

}  // namespace
}  // namespace benchmarks
}  // namespace asupersync

BENCHMARK_MAIN();
