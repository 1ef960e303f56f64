// What traces cost on disk and to read.
//
//   bazel run -c opt //benchmarks:trace_benchmark
//
// Two traces of more than a million events, written once each by TraceWriter:
//   Lab       an ordinary test's: 60 tasks that send, receive, sleep and lock
//   Schedule  100 tasks that do nothing but yield
// Counters: bytes_per_event and, of Schedule, bytes_per_step, both of the whole
// file; items_per_second counts events. Seek goes to random events of Lab, one
// item each. tools/bench trace prints them.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "benchmark/benchmark.h"

namespace asupersync {
namespace benchmarks {
namespace {

constexpr std::uint64_t kEventsMin = 1'200'000;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

// The trace of the first kEventsMin events, or a few more, of `tasks` tasks.
template <class Body>
ReplayTrace Record(int tasks, Body body) {
  LabRuntime runtime(
      LabConfig(42).WithStepLimit(UINT64_MAX).WithDefaultReplayRecording());
  for (int i = 0; i < tasks; ++i) {
    runtime.SpawnRoot([&body, i](Cx& cx) { return body(cx, i); });
  }
  while (runtime.recorder().event_count() < kEventsMin) {
    runtime.RunUntilTick(runtime.steps() + 10'000);
  }
  return *runtime.TakeReplayTrace();
}

ReplayTrace LabTrace() {
  auto [tx, rx] = mpsc::Channel<int>(8);
  Mutex mutex;
  int guarded = 0;
  auto sender = tx;
  auto receiver = std::move(rx);
  return Record(60, [&](Cx& cx, int i) -> Task<absl::Status> {
    for (;;) {
      if (i % 3 == 0) {
        auto permit = co_await Try(sender.Reserve(cx));
        permit.Send(i);
      } else if (i == 1) {
        co_await Try(receiver.Recv(cx));
      } else if (i % 3 == 1) {
        co_await Try(cx.Sleep(absl::Milliseconds(1 + i)));
      } else {
        const MutexGuard guard = co_await Try(mutex.Lock(cx));
        ++guarded;
        co_await Try(cx.Yield());
      }
    }
  });
}

ReplayTrace ScheduleTrace() {
  return Record(100, [](Cx& cx, int) -> Task<absl::Status> {
    for (;;) co_await Try(cx.Yield());
  });
}

// A trace in a file, which is removed at the end.
class Saved {
 public:
  Saved(const char* name, const ReplayTrace& trace)
      : path_(absl::StrCat(
            std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp",
            "/asupersync_benchmark_", name, ".", ::getpid())),
        events_(trace.size()),
        steps_(trace.summary()->end_tick) {
    absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path_);
    Check(writer.status());
    Check(writer->WriteTrace(trace));
    Check(writer->Finish());
  }
  ~Saved() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  std::uint64_t events() const { return events_; }
  std::uint64_t steps() const { return steps_; }
  double bytes() const {
    struct stat info {};
    Check(::stat(path_.c_str(), &info) == 0 ? absl::OkStatus()
                                            : absl::NotFoundError(path_));
    return static_cast<double>(info.st_size);
  }

 private:
  std::string path_;
  std::uint64_t events_;
  std::uint64_t steps_;
};

const Saved& Lab() {
  static const Saved saved("lab", LabTrace());
  return saved;
}
const Saved& Schedule() {
  static const Saved saved("schedule", ScheduleTrace());
  return saved;
}

void Read(benchmark::State& state, const Saved& saved) {
  for (auto _ : state) {
    absl::StatusOr<TraceReader> reader = TraceReader::Open(saved.path());
    Check(reader.status());
    std::uint64_t events = 0, sum = 0;
    for (const absl::StatusOr<EventRecord>& event : reader->events()) {
      if (!event.ok()) Check(event.status());
      ++events;
      sum += event->tick + event->event.index();
    }
    benchmark::DoNotOptimize(sum);
    if (events != saved.events()) {
      Check(absl::DataLossError(
          absl::StrCat("read ", events, " of ", saved.events(), " events")));
    }
  }
  state.SetItemsProcessed(
      static_cast<std::int64_t>(state.iterations() * saved.events()));
  state.counters["bytes_per_event"] =
      saved.bytes() / static_cast<double>(saved.events());
}

void ReadLab(benchmark::State& state) { Read(state, Lab()); }
BENCHMARK(ReadLab)->Unit(benchmark::kMillisecond);

void ReadSchedule(benchmark::State& state) {
  Read(state, Schedule());
  state.counters["bytes_per_step"] =
      Schedule().bytes() / static_cast<double>(Schedule().steps());
}
BENCHMARK(ReadSchedule)->Unit(benchmark::kMillisecond);

void WriteLab(benchmark::State& state) {
  const ReplayTrace trace = LabTrace();
  for (auto _ : state) Saved("written", trace);
  state.SetItemsProcessed(
      static_cast<std::int64_t>(state.iterations() * trace.size()));
}
BENCHMARK(WriteLab)->Unit(benchmark::kMillisecond);

void SeekLab(benchmark::State& state) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(Lab().path());
  Check(reader.status());
  std::uint64_t event = 1;
  for (auto _ : state) {
    event = (event * 6364136223846793005 + 1442695040888963407);
    const auto range = reader->Seek((event >> 20) % Lab().events());
    Check(range.status());
    benchmark::DoNotOptimize((*range->begin())->index);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(SeekLab)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace benchmarks
}  // namespace asupersync

BENCHMARK_MAIN();
