// What things cost, beside Boost.Asio 1.81 in the same run.
//
//   bazel run -c opt //benchmarks:peers_benchmark
//
// Each row is measured as row/ours, row_recorded/ours (recording on) and
// row/peer; lab_rows.h and asio_rows.h say what each side does. An item is one
// unit of the row; only the row's work is timed, not its set-up. Rows that end
// in _bytes have resident bytes as their counter `bytes`, are measured once,
// and are right only in a process of their own. tools/bench peers does all
// that.

#include <malloc.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "benchmarks/asio_rows.h"
#include "benchmarks/lab_rows.h"
#include "benchmarks/lab_stepper.h"
#include "benchmarks/sample.h"

namespace asupersync {
namespace benchmarks {
namespace {

struct Row {
  const char* name;
  Sample (*ours)(Recording recording, std::int64_t size);
  Sample (*peer)(std::int64_t size);
  std::int64_t size;
};

template <TimerPhase kPhase>
Sample LabTimersIn(Recording recording, std::int64_t count) {
  return LabTimers(recording, count, kPhase);
}
template <TimerPhase kPhase>
Sample AsioTimersIn(std::int64_t count) {
  return AsioTimers(count, kPhase);
}
constexpr auto kLabArm = LabTimersIn<TimerPhase::kArm>;
constexpr auto kLabCancel = LabTimersIn<TimerPhase::kCancel>;
constexpr auto kLabFire = LabTimersIn<TimerPhase::kFire>;
constexpr auto kAsioArm = AsioTimersIn<TimerPhase::kArm>;
constexpr auto kAsioCancel = AsioTimersIn<TimerPhase::kCancel>;
constexpr auto kAsioFire = AsioTimersIn<TimerPhase::kFire>;

constexpr std::int64_t k1k = 1'000;
constexpr std::int64_t k10k = 10'000;
constexpr std::int64_t k100k = 100'000;
constexpr std::int64_t k1m = 1'000'000;

constexpr Row kRows[] = {
    {"spawn_join", LabSpawnJoin, AsioSpawnJoin, k100k},
    {"spawn_all_join_all_1k", LabSpawnAllJoinAll, AsioSpawnAllJoinAll, k1k},
    {"spawn_all_join_all_1m", LabSpawnAllJoinAll, AsioSpawnAllJoinAll, k1m},
    {"yield", LabYield, AsioYield, k100k},
    // Ours is a coroutine's yield again; the peer runs bare callbacks.
    {"yield_vs_callback", LabYield, AsioPost, k100k},
    {"channel_1", LabChannel1, AsioChannel1, k100k},
    {"channel_64", LabChannel64, AsioChannel64, k100k},
    {"mutex_hand_off", LabMutexHandOff, AsioChannelHandOff, k100k},
    {"timer_arm_1k", kLabArm, kAsioArm, k1k},
    {"timer_cancel_1k", kLabCancel, kAsioCancel, k1k},
    {"timer_fire_1k", kLabFire, kAsioFire, k1k},
    {"timer_arm_100k", kLabArm, kAsioArm, k100k},
    {"timer_cancel_100k", kLabCancel, kAsioCancel, k100k},
    {"timer_fire_100k", kLabFire, kAsioFire, k100k},
    {"timer_arm_1m", kLabArm, kAsioArm, k1m},
    {"timer_cancel_1m", kLabCancel, kAsioCancel, k1m},
    {"timer_fire_1m", kLabFire, kAsioFire, k1m},
    {"sleep_1k", LabSleep, AsioSleep, k1k},
    {"sleep_10k", LabSleep, AsioSleep, k10k},
    {"sleep_100k", LabSleep, AsioSleep, k100k},
    {"sleep_1m", LabSleep, AsioSleep, k1m},
    // Five levels below the root: 111,111 tasks.
    {"cancel_tree_100k", LabCancelTree, AsioCancelTree, 5},
};

struct BytesRow {
  const char* name;
  double (*ours)(std::int64_t count);
  double (*peer)(std::int64_t count);
};

constexpr BytesRow kBytesRows[] = {
    {"sleeping_task_1m_bytes", LabSleepingBytes, AsioSleepingBytes},
    {"waiting_task_1m_bytes", LabWaitingBytes, AsioWaitingBytes},
};

// Neither side gives memory back between repetitions, so that neither pays for
// page faults which the other has behind it.
void KeepMemory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

template <class F>
void Register(const std::string& name, std::int64_t size, const F& run) {
  auto* registered = benchmark::RegisterBenchmark(
      name.c_str(), [run](benchmark::State& state) {
        KeepMemory();
        std::int64_t units = 0;
        for (auto _ : state) {
          const Sample sample = run();
          units += sample.units;
          state.SetIterationTime(sample.seconds);
        }
        state.SetItemsProcessed(units);
      });
  registered->UseManualTime();
  // Setting a million up takes longer than what is measured.
  if (size >= k1m) registered->Iterations(1);
}

void RegisterRow(const Row& row) {
  auto ours = [&row](Recording recording) {
    return [&row, recording] { return row.ours(recording, row.size); };
  };
  Register(absl::StrCat(row.name, "/ours"), row.size, ours(Recording::kOff));
  Register(absl::StrCat(row.name, "_recorded/ours"), row.size,
           ours(Recording::kOn));
  Register(absl::StrCat(row.name, "/peer"), row.size,
           [&row] { return row.peer(row.size); });
}

void RegisterBytes(const std::string& name, double (*run)(std::int64_t)) {
  benchmark::RegisterBenchmark(
      name.c_str(),
      [run](benchmark::State& state) {
        for (auto _ : state) state.counters["bytes"] = run(k1m);
      })
      ->Iterations(1);
}

int Main(int argc, char** argv) {
  for (const Row& row : kRows) RegisterRow(row);
  for (const BytesRow& row : kBytesRows) {
    RegisterBytes(absl::StrCat(row.name, "/ours"), row.ours);
    RegisterBytes(absl::StrCat(row.name, "/peer"), row.peer);
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
