#include "benchmarks/lab_rows.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "benchmarks/lab_stepper.h"
#include "benchmarks/random_deadlines.h"
#include "benchmarks/resident_bytes.h"
#include "benchmarks/sample.h"

namespace asupersync {
namespace benchmarks {
namespace {

LabConfig ConfigFor(Recording recording) {
  LabConfig config = LabConfig(42).WithStepLimit(
      std::numeric_limits<std::uint64_t>::max());
  return recording == Recording::kOn ? config.WithDefaultReplayRecording()
                                     : config;
}

// Times a run from its first step to the end of the last task.
Sample MeasuredRun(LabRuntime& runtime, std::int64_t units) {
  return Measured(units, [&] { runtime.RunUntilQuiescent(); });
}

Task<absl::StatusOr<int>> One(Cx&) { co_return 1; }

Sample LabChannel(Recording recording, std::int64_t count,
                  std::size_t capacity) {
  LabRuntime runtime(ConfigFor(recording));
  auto [tx, rx] = mpsc::Channel<int>(capacity);
  runtime.SpawnRoot(
      [count, tx = std::move(tx)](Cx& cx) -> Task<absl::Status> {
        for (std::int64_t i = 0; i < count; ++i) co_await Try(tx.Send(cx, 1));
        co_return absl::OkStatus();
      });
  runtime.SpawnRoot(
      [count, rx = std::move(rx)](Cx& cx) mutable -> Task<absl::Status> {
        for (std::int64_t i = 0; i < count; ++i) co_await Try(rx.Recv(cx));
        co_return absl::OkStatus();
      });
  return MeasuredRun(runtime, count);
}

class CountingTimer final : public Timer {
 public:
  CountingTimer(std::int64_t number, std::int64_t* fired)
      : number_(number), fired_(fired) {}

 private:
  TimerId Identity() const override {
    return ChildIdentity<TimerId>(1, number_);
  }
  void OnFire() override { ++*fired_; }
  std::int64_t number_;
  std::int64_t* fired_;
};

// A task of the tree, with everything below it.
Task<absl::Status> Grow(Cx& cx, std::int64_t depth) {
  if (depth == 0) co_return co_await cx.Sleep(absl::Hours(1));
  co_return co_await Scope(cx, [depth](Cx& cx) -> Task<absl::Status> {
    for (std::int64_t i = 0; i < kTreeFanOut; ++i) {
      cx.Spawn([depth](Cx& cx) { return Grow(cx, depth - 1); });
    }
    co_return absl::OkStatus();
  });
}

// Starts every task and lets it wait; time stands still.
void Park(LabRuntime& runtime) {
  while (runtime.Step()) {
  }
}

template <class F>
double ParkedBytes(std::int64_t count, const F& body) {
  LabRuntime runtime(ConfigFor(Recording::kOff));
  const std::size_t before = ResidentBytes();
  for (std::int64_t i = 0; i < count; ++i) runtime.SpawnRoot(body);
  Park(runtime);
  return static_cast<double>(ResidentBytes() - before) /
         static_cast<double>(count);
}

}  // namespace

Sample LabSpawnJoin(Recording recording, std::int64_t count) {
  LabRuntime runtime(ConfigFor(recording));
  runtime.SpawnRoot([count](Cx& cx) -> Task<absl::Status> {
    for (std::int64_t i = 0; i < count; ++i) {
      auto child = cx.Spawn(One);
      co_await Try(child.Join(cx));
    }
    co_return absl::OkStatus();
  });
  return MeasuredRun(runtime, count);
}

Sample LabSpawnAllJoinAll(Recording recording, std::int64_t count) {
  LabRuntime runtime(ConfigFor(recording));
  runtime.SpawnRoot([count](Cx& cx) -> Task<absl::Status> {
    std::vector<TaskHandle<absl::StatusOr<int>>> children;
    children.reserve(count);
    for (std::int64_t i = 0; i < count; ++i) {
      children.push_back(cx.Spawn(One));
    }
    for (auto& child : children) co_await Try(child.Join(cx));
    co_return absl::OkStatus();
  });
  return MeasuredRun(runtime, count);
}

Sample LabYield(Recording recording, std::int64_t count) {
  constexpr std::int64_t kTasks = 100;
  LabRuntime runtime(ConfigFor(recording));
  for (std::int64_t i = 0; i < kTasks; ++i) {
    runtime.SpawnRoot([rounds = count / kTasks](Cx& cx) -> Task<absl::Status> {
      for (std::int64_t i = 0; i < rounds; ++i) co_await Try(cx.Yield());
      co_return absl::OkStatus();
    });
  }
  return MeasuredRun(runtime, count);
}

Sample LabChannel1(Recording recording, std::int64_t count) {
  return LabChannel(recording, count, 1);
}
Sample LabChannel64(Recording recording, std::int64_t count) {
  return LabChannel(recording, count, 64);
}

Sample LabMutexHandOff(Recording recording, std::int64_t count) {
  constexpr std::int64_t kTasks = 8;
  LabRuntime runtime(ConfigFor(recording));
  Mutex mutex;
  for (std::int64_t i = 0; i < kTasks; ++i) {
    runtime.SpawnRoot(
        [&mutex, rounds = count / kTasks](Cx& cx) -> Task<absl::Status> {
          for (std::int64_t i = 0; i < rounds; ++i) {
            MutexGuard guard = co_await Try(mutex.Lock(cx));
            co_await Try(cx.Yield());
          }
          co_return absl::OkStatus();
        });
  }
  return MeasuredRun(runtime, count);
}

Sample LabTimers(Recording recording, std::int64_t count, TimerPhase phase) {
  LabRuntime runtime(ConfigFor(recording));
  std::int64_t fired = 0;
  std::vector<std::unique_ptr<CountingTimer>> timers;
  for (std::int64_t i = 0; i < count; ++i) {
    timers.push_back(std::make_unique<CountingTimer>(i, &fired));
  }
  const std::vector<std::int64_t> deadlines = RandomDeadlines(count);
  const Sample armed = Measured(count, [&] {
    for (std::int64_t i = 0; i < count; ++i) {
      runtime.ArmTimer(*timers[i], deadlines[i]);
    }
  });
  Sample ended;
  if (phase == TimerPhase::kFire) {
    ended = Measured(
        count, [&] { runtime.AdvanceTime(absl::Nanoseconds(kLastDeadline)); });
  } else {
    Shuffle(timers);
    ended = Measured(count, [&] {
      for (auto& timer : timers) runtime.DisarmTimer(*timer);
    });
  }
  return phase == TimerPhase::kArm ? armed : ended;
}

Sample LabSleep(Recording recording, std::int64_t count) {
  constexpr int kRounds = 3;
  LabRuntime runtime(ConfigFor(recording));
  const std::vector<std::int64_t> deadlines = RandomDeadlines(count);
  for (std::int64_t i = 0; i < count; ++i) {
    runtime.SpawnRoot([nap = deadlines[i]](Cx& cx) -> Task<absl::Status> {
      // The first time apart from the others, and not measured.
      for (int round = 0; round <= kRounds; ++round) {
        co_await Try(cx.SleepUntil(absl::FromUnixNanos(
            nap + round * kLastDeadline)));
      }
      co_return absl::OkStatus();
    });
  }
  runtime.RunUntil(absl::FromUnixNanos(kLastDeadline));
  return MeasuredRun(runtime, count * kRounds);
}

Sample LabCancelTree(Recording recording, std::int64_t depth) {
  LabRuntime runtime(ConfigFor(recording));
  auto root = runtime.SpawnRoot(
      [depth](Cx& cx) { return Grow(cx, depth); });
  Park(runtime);
  return Measured(TreeSize(kTreeFanOut, static_cast<int>(depth)), [&] {
    root.Cancel();
    runtime.RunUntilQuiescent();
  });
}

double LabSleepingBytes(std::int64_t count) {
  return ParkedBytes(count, [](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Hours(1));
  });
}

double LabWaitingBytes(std::int64_t count) {
  Notify event;
  return ParkedBytes(count, [&event](Cx& cx) -> Task<absl::Status> {
    co_return co_await event.Wait(cx);
  });
}

}  // namespace benchmarks
}  // namespace asupersync
