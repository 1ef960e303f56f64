#include "asupersync/replay/mapped_trace_file.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/prng.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/random_events.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace {
bool names_can_be_exchanged = true;
}  // namespace

// In place of the C library's: as on a file system that cannot do it.
extern "C" int renameat2(int from_folder, const char* from, int to_folder,
                         const char* to, unsigned flags) noexcept {
  if (!names_can_be_exchanged) {
    errno = EINVAL;
    return -1;
  }
  return static_cast<int>(
      syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

namespace asupersync {
namespace {

std::string FreshPath() {
  static int made = 0;
  const std::string path = absl::StrCat(::testing::TempDir(), "/mapped_",
                                        getpid(), "_", ++made, ".async");
  std::filesystem::remove(path);
  return path;
}

RecorderConfig Recording() {
  return RecorderConfig::Enabled().WithAccesses(true);
}

TraceMetadata Metadata(uint64_t seed, const std::string& test_id = "A.B") {
  TraceMetadata metadata;
  metadata.seed = seed;
  metadata.test_id = test_id;
  metadata.rng_recorded = metadata.wakers_recorded = true;
  return metadata;
}

std::shared_ptr<MappedTraceFile> Create(const std::string& path,
                                        std::string* full = nullptr) {
  auto file = MappedTraceFile::Create(path, [full](const absl::Status& why) {
    ASSERT_NE(full, nullptr) << why;
    absl::StrAppend(full, why.message(), ";");
  });
  EXPECT_TRUE(file.ok()) << file.status();
  return *file;
}

// Events that depend on `seed` and their number alone.
void RecordEvents(Recorder& recorder, uint64_t seed, int count) {
  Prng prng(seed);
  for (int i = 0; i < count; ++i) {
    recorder.BeginStep(recorder.tick() + prng.Below(2));
    recorder.Record(RandomEvent(recorder.tick(), prng),
                    recorder.Intern(std::source_location::current()));
  }
}

std::vector<EventRecord> All(const ReplayTrace& trace) {
  return {trace.events().begin(), trace.events().end()};
}

std::vector<EventRecord> OnTheHeap(uint64_t seed, int count) {
  Recorder recorder(Recording());
  RecordEvents(recorder, seed, count);
  return All(recorder.TakeTrace(0, 0));
}

// The file as another process would find it.
ReplayTrace InFile(const std::string& path) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return ReplayTrace();
  absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
  EXPECT_TRUE(trace.ok()) << trace.status();
  return trace.ok() ? *trace : ReplayTrace();
}

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
}

TEST(MappedTraceFileTest, HasEveryEventAtOnce) {
  const std::string path = FreshPath();
  auto file = Create(path);
  Recorder recorder(Recording().WithStorage(file));
  ASSERT_TRUE(file->Begin(Metadata(7)).ok());
  EXPECT_TRUE(InFile(path).empty());
  EXPECT_EQ(InFile(path).metadata(), Metadata(7));
  for (int i = 1; i <= 200; ++i) {
    recorder.BeginStep(i);
    recorder.Record(TaskScheduled{CompactTaskId(1), uint64_t(i)}, SiteId());
    recorder.RecordUserTrace(std::string(i, 'x'), SiteId());
    EXPECT_EQ(InFile(path).size(), 2u * i);
  }
  EXPECT_FALSE(InFile(path).complete());
}

TEST(MappedTraceFileTest, GrowsAndHasWhatAHeapRecordingHas) {
  const std::string path = FreshPath();
  auto file = Create(path);
  Recorder recorder(Recording().WithStorage(file));
  ASSERT_TRUE(file->Begin(Metadata(7)).ok());
  constexpr int kCount = 100'000;
  RecordEvents(recorder, 7, kCount);
  const ReplayTrace in_file = InFile(path);
  EXPECT_GT(file->written(), 700'000u);  // more than two segments
  EXPECT_GT(in_file.blocks().size(), 9u);
  const ReplayTrace taken = recorder.TakeTrace(1, 2);
  EXPECT_TRUE(All(in_file) == OnTheHeap(7, kCount));
  EXPECT_TRUE(All(taken) == All(in_file));
  EXPECT_EQ(in_file.sites(), taken.sites());
}

TEST(MappedTraceFileTest, AnotherExecutionStartsOverInTheSameFile) {
  const std::string path = FreshPath();
  auto file = Create(path);
  Recorder recorder(Recording().WithStorage(file));
  // Longer and shorter metadata, traces of many blocks and of none.
  const int counts[] = {20'000, 20, 0, 200, 40'000, 3};
  for (int i = 0; i < 6; ++i) {
    recorder.Reset();
    const TraceMetadata metadata =
        Metadata(i, std::string(1 + (i * 37) % 100, 'a'));
    ASSERT_TRUE(file->Begin(metadata).ok());
    EXPECT_TRUE(InFile(path).empty()) << i;
    RecordEvents(recorder, i, counts[i]);
    EXPECT_EQ(InFile(path).metadata(), metadata);
    EXPECT_TRUE(All(InFile(path)) == OnTheHeap(i, counts[i])) << i;
  }
  // It is as if the last one were the only one.
  const uint64_t end = file->written() + 4096;
  const std::string bytes = Bytes(path);
  EXPECT_EQ(bytes.find_first_not_of('\0', end), std::string::npos);
}

TEST(MappedTraceFileTest, TheSeedsOfEveryExecutionAreInItsHeader) {
  const std::string path = FreshPath();
  auto file = Create(path);
  TraceMetadata metadata = Metadata(1);
  const uint64_t all[][5] = {{1, 2, 3, 4, 5},
                             {~0ull, ~1ull, ~2ull, ~3ull, ~4ull},
                             {1, 0, 3, 0, 5},
                             {9, 8, 7, 6, 5},
                             {0, 0, 0, 0, 0},
                             {1, 2, 3, 4, 5},
                             {1, 2, 3, 4, 1ull << 63}};
  for (const auto& seeds : all) {
    for (const char* test_id : {"A.B", "A.B", "A.Longer"}) {
      metadata.seed = seeds[0];
      metadata.schedule_seed = seeds[1];
      metadata.entropy_seed = seeds[2];
      metadata.fault_seed = seeds[3];
      metadata.fuzz_seed = seeds[4];
      metadata.test_id = test_id;
      ASSERT_TRUE(file->Begin(metadata).ok());
      EXPECT_EQ(InFile(path).metadata(), metadata);
    }
  }
}

TEST(MappedTraceFileTest, KeepsATakenTraceUntilAnotherBegins) {
  const std::string path = FreshPath();
  auto file = Create(path);
  Recorder recorder(Recording().WithStorage(file));
  ASSERT_TRUE(file->Begin(Metadata(1)).ok());
  RecordEvents(recorder, 1, 100);
  file->Keep();
  recorder.TakeTrace(1, 2);
  const std::string before = Bytes(path);
  RecordEvents(recorder, 2, 100);  // what destructors do, in memory
  EXPECT_TRUE(Bytes(path) == before);
  EXPECT_EQ(recorder.TakeTrace(1, 2).size(), 100u);
}

TEST(MappedTraceFileTest, AFullDiskEndsTheFileAndNotTheRecording) {
  const std::string path = FreshPath();
  std::string full;
  auto file = Create(path, &full);
  Recorder recorder(Recording().WithStorage(file));
  ASSERT_TRUE(file->Begin(Metadata(7)).ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 600'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  RecordEvents(recorder, 7, 70'000);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(absl::StrContains(full, path)) << full;
  EXPECT_TRUE(absl::EndsWith(full, ": File too large;")) << full;
  EXPECT_EQ(full.find(';'), full.size() - 1) << "told once";
  const std::vector<EventRecord> all = OnTheHeap(7, 70'000);
  EXPECT_TRUE(All(recorder.TakeTrace(1, 2)) == all);
  const std::vector<EventRecord> in_file = All(InFile(path));
  EXPECT_GT(in_file.size(), 10'000u);
  ASSERT_LT(in_file.size(), all.size());
  EXPECT_TRUE(std::equal(in_file.begin(), in_file.end(), all.begin()));
  EXPECT_LE(Bytes(path).size(), 600'000u);
  EXPECT_EQ(InFile(path).limit(), RecordingLimit::kNoRoom);
}

TEST(MappedTraceFileTest, WithoutAnyRoomTheRecordingGoesOn) {
  const std::string path = FreshPath();
  std::string full;
  auto file = Create(path, &full);
  Recorder recorder(Recording().WithStorage(file));
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  const bool begun = file->Begin(Metadata(7)).ok();
  RecordEvents(recorder, 7, 1000);
  setrlimit(RLIMIT_FSIZE, &before);  // before anything is printed
  EXPECT_FALSE(begun);
  EXPECT_NE(full, "");
  EXPECT_TRUE(All(recorder.TakeTrace(1, 2)) == OnTheHeap(7, 1000));
}

TEST(MappedTraceFileTest, IsLockedWhileItsProcessLives) {
  const std::string path = FreshPath();
  EXPECT_FALSE(IsTraceFileInUse(path));
  auto file = Create(path);
  EXPECT_TRUE(IsTraceFileInUse(path));
  const auto second = MappedTraceFile::Create(path, nullptr);
  EXPECT_TRUE(absl::IsResourceExhausted(second.status())) << second.status();
  file = nullptr;
  EXPECT_FALSE(IsTraceFileInUse(path));
}

TEST(MappedTraceFileTest, AChildOfForkDoesNotWriteIntoItsParentsTrace) {
  const std::string path = FreshPath();
  auto file = Create(path);
  Recorder recorder(Recording().WithStorage(file));
  ASSERT_TRUE(file->Begin(Metadata(7)).ok());
  RecordEvents(recorder, 7, 1000);
  const std::string before = Bytes(path);
  const pid_t child = fork();
  if (child == 0) {
    // Also through more blocks than the mapping has.
    RecordEvents(recorder, 8, 100'000);
    const ReplayTrace trace = recorder.TakeTrace(1, 2);
    _exit(trace.size() == 101'000 && !file->Begin(Metadata(9)).ok() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Bytes(path) == before);
  RecordEvents(recorder, 8, 10);
  EXPECT_EQ(InFile(path).size(), 1010u);
}

// Sites as people read them: a flight recorder's trace has them all again.
std::vector<std::string> Sites(const ReplayTrace& trace) {
  std::vector<std::string> sites;
  for (const EventRecord& record : trace.events()) {
    sites.push_back(ToString(trace.site(record.site)));
  }
  return sites;
}

// Records from ever new lines, so that blocks that are dropped define sites.
void RecordFrom(Recorder& recorder, Prng& prng, int count) {
  const std::source_location lines[] = {
      std::source_location::current(), std::source_location::current(),
      std::source_location::current(), std::source_location::current()};
  for (int i = 0; i < count; ++i) {
    const uint64_t known = 1 + recorder.event_count() / 20'000;
    recorder.BeginStep(recorder.tick() + prng.Below(2));
    recorder.Record(
        RandomEvent(recorder.tick(), prng),
        recorder.Intern(lines[prng.Below(std::min<uint64_t>(known, 4))]));
  }
}

class FlightTest : public ::testing::TestWithParam<bool> {
 protected:
  FlightTest() { names_can_be_exchanged = GetParam(); }
  ~FlightTest() override { names_can_be_exchanged = true; }
};

TEST_P(FlightTest, HasTheLastEventsAtAnyTimeInBoundedRoom) {
  for (const uint64_t most : {1'000, 30'000}) {
    const std::string path = FreshPath();
    auto file = Create(path);
    Recorder recorder(
        Recording()
            .WithMaxEvents(most, LimitPolicy::kDropOldest)
            .WithStorage(file));
    Recorder on_heap(Recording());
    ASSERT_TRUE(file->Begin(Metadata(7)).ok());
    Prng prng(7);
    Prng same(7);
    // What a block has at most: bytes by the size of the smallest events.
    const uint64_t block = most == 1'000 ? 7'000 : 20'000;
    for (int part = 0; part < 20; ++part) {
      RecordFrom(recorder, prng, 7'777);
      RecordFrom(on_heap, same, 7'777);
      const ReplayTrace in_file = InFile(path);
      const uint64_t all = recorder.event_count();
      ASSERT_EQ(in_file.end_index(), all);
      EXPECT_GE(in_file.size(), std::min(most, all));
      EXPECT_LT(in_file.size(), 2 * most + 2 * block);
      EXPECT_EQ(in_file.metadata().first_event, in_file.first_index());
      EXPECT_EQ(in_file.metadata().seed, 7u);
      EXPECT_FALSE(in_file.complete());
    }
    const ReplayTrace in_file = InFile(path);
    EXPECT_GT(in_file.first_index(), 50'000u);
    EXPECT_LT(file->written(), (2 * most + 2 * block) * 16);
    const ReplayTrace all = on_heap.TakeTrace(1, 2);
    ASSERT_EQ(all.end_index(), in_file.end_index());
    const auto tail = all.From(in_file.first_index());
    EXPECT_TRUE(std::equal(tail.begin(), tail.end(),
                           in_file.events().begin()));
    const std::vector<std::string> sites = Sites(all);
    EXPECT_TRUE(std::equal(sites.begin() + in_file.first_index(), sites.end(),
                           Sites(in_file).begin()));
    const EventRecord first = *in_file.events().begin();
    EXPECT_LE(in_file.metadata().start_tick, first.tick);
    EXPECT_GE(in_file.metadata().start_tick + 1, first.tick);
    // What the recorder itself keeps was not touched.
    const ReplayTrace taken = recorder.TakeTrace(1, 2);
    EXPECT_EQ(taken.size(), most);
    EXPECT_TRUE(std::equal(taken.events().begin(), taken.events().end(),
                           all.From(taken.first_index()).begin()));
    file->RemoveSpare();
    EXPECT_FALSE(std::filesystem::exists(SpareTracePath(path)));
  }
}

TEST_P(FlightTest, AnotherExecutionStartsOverInTheSameFiles) {
  const std::string path = FreshPath();
  auto file = Create(path);
  Recorder recorder(Recording()
                        .WithMaxBytes(100'000, LimitPolicy::kDropOldest)
                        .WithStorage(file));
  const int counts[] = {90'000, 20, 200'000, 70'000, 0};
  for (int i = 0; i < 5; ++i) {
    recorder.Reset();
    ASSERT_TRUE(file->Begin(Metadata(i)).ok());
    EXPECT_TRUE(InFile(path).empty());
    EXPECT_EQ(InFile(path).metadata(), Metadata(i));
    Prng prng(i);
    RecordFrom(recorder, prng, counts[i]);
    const ReplayTrace in_file = InFile(path);
    const ReplayTrace taken = recorder.TakeTrace(1, 2);
    EXPECT_EQ(in_file.end_index(), taken.end_index());
    EXPECT_LE(in_file.first_index(), taken.first_index());
    EXPECT_EQ(in_file.first_index() > 0, counts[i] > 50'000);
  }
}

TEST_P(FlightTest, IsReadableWheneverItsProcessIsKilled) {
  void* const shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& told = *new (shared) std::atomic<uint64_t>();
  for (int round = 0; round < 40; ++round) {
    const std::string path = FreshPath();
    told = 0;
    const pid_t child = fork();
    if (child == 0) {
      auto file = MappedTraceFile::Create(path, nullptr);
      Recorder recorder(Recording()
                            .WithMaxEvents(1'000, LimitPolicy::kDropOldest)
                            .WithStorage(*file));
      if (!(*file)->Begin(Metadata(7)).ok()) _exit(1);
      Prng prng(7);
      while (true) {
        RecordFrom(recorder, prng, 10);
        told = recorder.event_count();
      }
    }
    while (told < 30'000) usleep(100);
    usleep(311 * round % 5'000);
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    const ReplayTrace trace = InFile(path);
    EXPECT_GE(trace.end_index(), told);
    EXPECT_GE(trace.size(), 1'000u) << round;
    EXPECT_GT(trace.first_index(), 0u);
    EXPECT_EQ(trace.limit(), RecordingLimit::kDropped);
    std::filesystem::remove(path);
    std::filesystem::remove(SpareTracePath(path));
  }
  munmap(shared, 4096);
}

INSTANTIATE_TEST_SUITE_P(, FlightTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "ByExchange" : "ByRename";
                         });

TEST(MappedTraceFileTest, AFlightRecorderOnAFullDiskGoesOnInMemory) {
  const std::string path = FreshPath();
  std::string full;
  auto file = Create(path, &full);
  Recorder recorder(Recording()
                        .WithMaxEvents(60'000, LimitPolicy::kDropOldest)
                        .WithStorage(file));
  ASSERT_TRUE(file->Begin(Metadata(7)).ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 400'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Prng prng(7);
  RecordFrom(recorder, prng, 300'000);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(std::count(full.begin(), full.end(), ';'), 1) << full;
  EXPECT_GT(InFile(path).size(), 10'000u);
  EXPECT_EQ(InFile(path).limit(), RecordingLimit::kNoRoom);
  const ReplayTrace taken = recorder.TakeTrace(1, 2);
  EXPECT_EQ(taken.size(), 60'000u);
  EXPECT_EQ(taken.end_index(), 300'000u);
}

TEST(MappedTraceFileTest, ARecordingThatEndsAtItsLimitLeavesAMark) {
  const std::string path = FreshPath();
  auto file = Create(path);
  for (const LimitPolicy policy : {LimitPolicy::kStop, LimitPolicy::kFail}) {
    Recorder recorder(Recording().WithMaxEvents(50, policy).WithStorage(file));
    ASSERT_TRUE(file->Begin(Metadata(1)).ok());
    RecordEvents(recorder, 1, 50);
    EXPECT_EQ(InFile(path).limit(), RecordingLimit::kNone);
    RecordEvents(recorder, 2, 50);
    const ReplayTrace in_file = InFile(path);
    EXPECT_EQ(in_file.size(), 50u);
    EXPECT_FALSE(in_file.complete());
    EXPECT_EQ(in_file.limit(), recorder.limit());
    EXPECT_TRUE(absl::EndsWith(
        in_file.recovered(),
        absl::StrCat("; before that the recording ",
                     ToString(recorder.limit()))))
        << in_file.recovered();
    // The mark goes with its execution.
    recorder.Reset();
    ASSERT_TRUE(file->Begin(Metadata(2)).ok());
    RecordEvents(recorder, 1, 20);
    EXPECT_EQ(InFile(path).limit(), RecordingLimit::kNone);
    EXPECT_EQ(InFile(path).size(), 20u);
  }
}

// Taken or enabled in the middle of an execution.
TEST(MappedTraceFileTest, ATraceThatBeginsInMidRunTakesTheFile) {
  const std::string path = FreshPath();
  auto file = Create(path);
  Recorder recorder(Recording().WithStorage(file));
  ASSERT_TRUE(file->Begin(Metadata(1)).ok());
  recorder.metadata() = Metadata(1);
  RecordEvents(recorder, 1, 100);
  recorder.TakeTrace(11, 2);
  EXPECT_EQ(InFile(path).size(), 100u) << "for as long as nothing happens";
  const uint64_t tick = recorder.tick();
  RecordEvents(recorder, 2, 30);
  EXPECT_EQ(InFile(path).size(), 30u);
  EXPECT_EQ(InFile(path).metadata().start_tick, tick);
  EXPECT_EQ(InFile(path).metadata().start_certificate, 11u);
  EXPECT_EQ(InFile(path).metadata().seed, 1u);
  recorder.EnableRecording(Recording().WithStorage(file), 5'000, 12);
  RecordEvents(recorder, 3, 40);
  EXPECT_EQ(InFile(path).size(), 40u);
  EXPECT_EQ(InFile(path).metadata().start_tick, 5'000u);
  EXPECT_TRUE(InFile(path).metadata().accesses_recorded);
  file->Keep();
  recorder.TakeTrace(13, 2);
  RecordEvents(recorder, 4, 50);
  EXPECT_EQ(InFile(path).size(), 40u) << "the execution is over";
}

// The process dies at a moment that it does not choose, also between two
// executions.
TEST(MappedTraceFileTest, IsReadableWheneverItsProcessIsKilled) {
  for (int round = 0; round < 40; ++round) {
    const std::string path = FreshPath();
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto file = MappedTraceFile::Create(path, nullptr);
      Recorder recorder(Recording().WithStorage(*file));
      for (uint64_t seed = 0;; ++seed) {
        recorder.Reset();
        if (!(*file)->Begin(Metadata(seed, std::string(seed % 90, 'a'))).ok()) {
          _exit(1);
        }
        if (seed == 0 && write(ready[1], "x", 1) != 1) _exit(1);
        RecordEvents(recorder, seed, seed % 3 == 0 ? 3000 : 5);
      }
    }
    char byte;
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    usleep(100 * (round % 10) + round);
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    close(ready[0]);
    close(ready[1]);
    const ReplayTrace trace = InFile(path);
    const uint64_t seed = trace.metadata().seed;
    EXPECT_EQ(trace.metadata(), Metadata(seed, std::string(seed % 90, 'a')));
    std::vector<EventRecord> all = OnTheHeap(seed, 3000);
    ASSERT_LE(trace.size(), all.size());
    all.resize(trace.size());
    EXPECT_TRUE(All(trace) == all) << seed;
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace asupersync
