#include "asupersync/replay/trace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <source_location>
#include <sstream>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/prng.h"
#include "asupersync/replay/trace_test_files.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/event_codec.h"
#include "asupersync/trace/random_events.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

std::vector<EventRecord> All(const ReplayTrace& trace) {
  return {trace.events().begin(), trace.events().end()};
}

ReplayTrace RandomTrace(uint64_t seed, int count) {
  const std::source_location locations[] = {std::source_location::current(),
                                            std::source_location::current(),
                                            std::source_location::current()};
  Recorder recorder(RecorderConfig::Enabled().WithAccesses(true));
  recorder.metadata().seed = seed;
  recorder.metadata().test_id = "Suite.Name";
  recorder.metadata().config = {{"lanes", "any"}};
  Prng prng(seed);
  for (int i = 0; i < count; ++i) {
    recorder.BeginStep(recorder.tick() + prng.Below(2));
    recorder.Record(RandomEvent(recorder.tick(), prng),
                    recorder.Intern(locations[prng.Below(3)]));
  }
  return recorder.TakeTrace(seed + 1, seed + 2);
}

TEST(TraceFileTest, TracesComeBack) {
  const std::string path = PathOf("round_trip.async");
  for (const int count : {0, 1, 10, 1000, 60000}) {
    const ReplayTrace trace = RandomTrace(count, count);
    ASSERT_TRUE(Save(trace, path).ok());
    const auto back = Load(path);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_TRUE(*back == trace);
    EXPECT_EQ(back->recovered(), "");
    EXPECT_EQ(back->size(), static_cast<size_t>(count));
  }
}

TEST(TraceFileTest, EventsStreamWithTheirSites) {
  const std::string path = PathOf("stream.async");
  const ReplayTrace trace = RandomTrace(1, 50000);
  ASSERT_TRUE(Save(trace, path).ok());
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  ASSERT_TRUE(reader.ok());
  for (int round = 0; round < 2; ++round) {
    auto expected = trace.events().begin();
    for (const absl::StatusOr<EventRecord>& event : reader->events()) {
      ASSERT_TRUE(event.ok()) << event.status();
      ASSERT_EQ(*event, *expected);
      ASSERT_EQ(reader->site(event->site), trace.site(event->site));
      ++expected;
    }
    EXPECT_TRUE(expected == trace.events().end());
    EXPECT_EQ(reader->summary(), trace.summary());
    EXPECT_EQ(reader->recovered(), "");
  }
}

// The trace of the worked example in docs/trace_format.md.
ReplayTrace ExampleTrace() {
  const SiteId site(1);
  const CompactTaskId task(1);
  const std::vector<EventRecord> records = {
      {0, 0, site, TaskSpawned{task, CompactRegionId(1), 0, CompactTaskId()}},
      {1, 1, SiteId(), TaskScheduled{task, 1}},
      {2, 1, site, TimerCreated{1, 100000000}},
      {3, 1, site, TaskBlocked{task}},
      {4, 1, SiteId(), TimeAdvanced{0, 100000000}},
      {5, 1, SiteId(), TimerFired{1}},
      {6, 2, SiteId(), TaskScheduled{task, 2}},
      {7, 2, site, UserTrace{"hi"}},
      {8, 2, SiteId(), TaskCompleted{task, 0}},
  };
  const Site definition{"a.cc", 7, 3, "F"};
  TraceBlock block;
  block.event_count = static_cast<uint32_t>(records.size());
  block.site_count = 1;
  RowState state;
  uint8_t buffer[kSiteRowBytesMax];
  const auto append = [&](const uint8_t* end) {
    block.payload.append(reinterpret_cast<const char*>(buffer), end - buffer);
  };
  append(EncodeSite(buffer, site, definition));
  for (const EventRecord& r : records) {
    append(std::visit(
        [&](const auto& e) {
          return EncodeEvent(buffer, state, e, r.tick, r.site);
        },
        r.event));
  }
  TraceMetadata metadata;
  metadata.seed = 42;
  metadata.test_id = "A.B";
  metadata.library_version = "0.1.0";
  return ReplayTrace(metadata, {definition}, {block},
                     TraceSummary{9, 2, 0x1122334455667788, 0x99aabbccddeeff00},
                     "");
}

// The bytes of the document, which a program of another language made.
std::string DocumentedBytes() {
  std::ifstream in("docs/trace_format.md");
  std::string line, bytes;
  bool in_example = false;
  while (std::getline(in, line)) {
    if (line == "## Worked example") in_example = true;
    if (!in_example || line.size() < 12 || line.compare(0, 4, "    ") != 0) {
      continue;
    }
    EXPECT_EQ(std::strtoul(line.substr(4, 4).c_str(), nullptr, 16),
              bytes.size());
    std::istringstream hex(line.substr(10, 24));
    for (std::string byte; hex >> byte;) {
      bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
    }
  }
  return bytes;
}

TEST(TraceFileTest, TheDocumentedExampleIsWhatIsWritten) {
  const std::string path = PathOf("example.async");
  ASSERT_TRUE(Save(ExampleTrace(), path, TraceWriterOptions::Plain()).ok());
  const std::string documented = DocumentedBytes();
  EXPECT_EQ(documented.size(), 264u);
  EXPECT_EQ(ReadBytes(path), documented);
}

TEST(TraceFileTest, TheDocumentedExampleIsRead) {
  const std::string path = PathOf("documented.async");
  WriteBytes(path, DocumentedBytes());
  const auto trace = Load(path);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_TRUE(*trace == ExampleTrace());
}

// Reads by all three ways; returns what the strict one says, and checks that
// every event that comes out is the one that was written.
absl::Status ReadDamaged(const std::string& path,
                         const std::vector<EventRecord>& written) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  absl::Status streamed;
  size_t count = 0;
  for (const absl::StatusOr<EventRecord>& event : reader->events()) {
    EXPECT_TRUE(streamed.ok()) << "an element after an error";
    streamed = event.status();
    if (!event.ok()) continue;
    if (count >= written.size() || *event != written[count]) {
      ADD_FAILURE() << "event " << count << " was never written: " << *event;
      return streamed;
    }
    ++count;
  }
  const std::string note = reader->recovered();
  const auto all = reader->ReadAll();
  EXPECT_EQ(all.status(), streamed);
  const ReplayTrace kept = reader->Recover();
  EXPECT_LE(kept.size(), count);
  for (const EventRecord& record : kept.events()) {
    EXPECT_EQ(record, written[record.index]);
  }
  EXPECT_EQ(kept.recovered().empty(), all.ok() && note.empty());
  if (all.ok()) {
    EXPECT_EQ(all->recovered(), note);
  }
  if (streamed.ok() && note.empty() && count < written.size()) {
    ADD_FAILURE() << "events are missing and nobody says so";
  }
  return streamed.ok() && !note.empty() ? absl::OutOfRangeError(note)
                                        : streamed;
}

TEST(TraceFileTest, EveryTruncationIsNoticed) {
  const std::string path = PathOf("truncated.async");
  const ReplayTrace trace = RandomTrace(3, 60);
  ASSERT_TRUE(Save(trace, path).ok());
  const std::string bytes = ReadBytes(path);
  const auto written = All(trace);
  for (size_t n = 0; n < bytes.size(); ++n) {
    WriteBytes(path, bytes.substr(0, n));
    const absl::Status status = ReadDamaged(path, written);
    ASSERT_FALSE(status.ok()) << "cut to " << n << " bytes";
    ASSERT_TRUE(absl::StrContains(status.message(), path)) << status;
  }
}

TEST(TraceFileTest, WholeBlocksOfATruncatedFileAreRecovered) {
  const std::string path = PathOf("blocks.async");
  const ReplayTrace trace = RandomTrace(4, 40000);
  ASSERT_GE(trace.blocks().size(), 4u);
  ASSERT_TRUE(Save(trace, path).ok());
  const std::string bytes = ReadBytes(path);
  const auto written = All(trace);
  size_t most = 0;
  for (size_t n = 200; n < bytes.size(); n += bytes.size() / 15) {
    WriteBytes(path, bytes.substr(0, n));
    const auto some = Load(path);
    ASSERT_TRUE(some.ok()) << some.status();
    EXPECT_FALSE(some->complete());
    EXPECT_TRUE(absl::StrContains(
        some->recovered(), absl::StrCat("recovered ", some->size(), " events")))
        << some->recovered();
    EXPECT_GE(some->size(), most);
    most = some->size();
    EXPECT_FALSE(ReadDamaged(path, written).ok());
    // A file that was preallocated and never filled.
    WriteBytes(path, bytes.substr(0, n) + std::string(100, '\0'));
    EXPECT_FALSE(ReadDamaged(path, written).ok());
  }
  EXPECT_GT(most, 20000u);
  // A recovered trace stays one when it is saved again.
  WriteBytes(path, bytes.substr(0, bytes.size() / 2));
  const auto half = Load(path);
  ASSERT_TRUE(Save(*half, path).ok());
  const auto again = Load(path);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->complete());
  EXPECT_EQ(again->size(), half->size());
}

TEST(TraceFileTest, EveryFlippedByteIsNoticed) {
  const std::string path = PathOf("flipped.async");
  const ReplayTrace trace = RandomTrace(5, 60);
  ASSERT_TRUE(Save(trace, path).ok());
  const std::string bytes = ReadBytes(path);
  const auto written = All(trace);
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const char mask : {'\x01', '\xff'}) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ mask);
      WriteBytes(path, flipped);
      const absl::Status status = ReadDamaged(path, written);
      ASSERT_FALSE(status.ok()) << "byte " << i << " ^ " << int{mask};
      // Never "no such file": these have a different remedy.
      ASSERT_NE(status.code(), absl::StatusCode::kNotFound);
    }
  }
}

TEST(TraceFileTest, RandomDamageIsSurvived) {
  const std::string path = PathOf("random.async");
  const std::string bytes = [&] {
    EXPECT_TRUE(Save(ExampleTrace(), path).ok());
    return ReadBytes(path);
  }();
  const auto written = All(ExampleTrace());
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Prng prng(seed);
    std::string damaged = bytes;
    const size_t from = prng.Below(bytes.size());
    const size_t length = 1 + prng.Below(16);
    for (size_t i = from; i < std::min(from + length, bytes.size()); ++i) {
      damaged[i] = static_cast<char>(prng.Next());
    }
    if (prng.Below(2) == 0) damaged.insert(from, damaged.substr(0, length));
    if (damaged == bytes) continue;
    WriteBytes(path, damaged);
    EXPECT_FALSE(ReadDamaged(path, written).ok()) << seed;
  }
}

// Their checks are right, as a forger would make them.
TEST(TraceFileTest, BlocksWhoseTicksGoBackAreDamage) {
  const std::string path = PathOf("back.async");
  const std::string row = "\xc1\x01";  // the next step, of task 1
  const uint64_t most = kTickMax;
  for (const uint64_t second : {uint64_t{11}, most, uint64_t{10}, most + 1}) {
    absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path);
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE(writer->Begin(TraceMetadata()).ok());
    ASSERT_TRUE(writer->Append({0, 10, 1, 0, row}).ok());
    ASSERT_TRUE(writer->Append({1, second, 1, 0, row}).ok());
    ASSERT_TRUE(writer->End(std::nullopt).ok());
    ASSERT_TRUE(writer->Finish().ok());
    const absl::Status status = Load(path).status();
    if (second >= 11 && second <= most) {
      EXPECT_TRUE(status.ok()) << status;
      continue;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_TRUE(absl::StrContains(
        status.message(), absl::StrCat("a block starts at tick ", second)))
        << status;
  }
}

TEST(TraceFileTest, BytesAfterTheEndAreDamage) {
  const std::string path = PathOf("longer.async");
  ASSERT_TRUE(Save(ExampleTrace(), path).ok());
  WriteBytes(path, ReadBytes(path) + "x");
  EXPECT_EQ(Load(path).status().code(), absl::StatusCode::kDataLoss);
}

TEST(TraceFileTest, WhatIsNoTraceIsNamed) {
  EXPECT_EQ(TraceReader::Open(PathOf("absent.async")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(TraceReader::Open(::testing::TempDir()).status().code(),
            absl::StatusCode::kInvalidArgument);
  const std::string path = PathOf("foreign");
  for (const std::string text : {"",
                                 "\x7f"
                                 "ELF etc.",
                                 "{\"seed\": 42}"}) {
    WriteBytes(path, text);
    const absl::Status status = TraceReader::Open(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "ASYNCTRC")) << status;
  }
  const std::string pipe = PathOf("pipe");
  ::unlink(pipe.c_str());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(TraceReader::Open(pipe).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TraceFileTest, AnotherVersionIsNamed) {
  const std::string path = PathOf("version.async");
  ASSERT_TRUE(Save(ExampleTrace(), path).ok());
  std::string bytes = ReadBytes(path);
  bytes[8] = 2;
  WriteBytes(path, bytes);
  const absl::Status status = TraceReader::Open(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(status.message(), "version 2")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "version 1")) << status;
}

TEST(TraceFileTest, AFailedWriteLeavesTheOldFile) {
  const std::string path = PathOf("old.async");
  WriteBytes(path, "precious");
  {
    auto writer = TraceWriter::Create(path);
    ASSERT_TRUE(writer.ok());
    EXPECT_EQ(writer->Finish().code(), absl::StatusCode::kFailedPrecondition);
    ASSERT_TRUE(writer->WriteTrace(ExampleTrace()).ok());
    EXPECT_EQ(writer->WriteTrace(ExampleTrace()).code(),
              absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_EQ(ReadBytes(path), "precious");
  EXPECT_NE(::access(absl::StrCat(path, ".", ::getpid(), ".tmp").c_str(), F_OK),
            0);
}

TEST(TraceFileTest, AnUnwritablePlaceIsOneClearLine) {
  const std::string file = PathOf("a_file");
  WriteBytes(file, "x");
  for (const std::string& path :
       {PathOf("no/such/folder/t.async"), file + "/t.async"}) {
    const absl::Status status = TraceWriter::Create(path).status();
    EXPECT_FALSE(status.ok());
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "errno")) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "\n")) << status;
  }
}

// The descriptor of this process that `path` is open under; -1: none.
int DescriptorOf(const std::string& path) {
  for (int fd = 3; fd < 1024; ++fd) {
    std::error_code error;
    const std::filesystem::path open = std::filesystem::read_symlink(
        absl::StrCat("/proc/self/fd/", fd), error);
    if (!error && std::filesystem::equivalent(open, path, error)) return fd;
  }
  return -1;
}

TEST(TraceFileTest, AFullDiskIsAnError) {
  // Every write to /dev/full fails with ENOSPC.
  const std::string path = PathOf("full.async");
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "no /dev/full here";
  TraceWriter writer = *TraceWriter::Create(path);
  const int file =
      DescriptorOf(absl::StrCat(path, ".", ::getpid(), ".tmp"));
  ASSERT_GE(file, 0);
  ASSERT_EQ(::dup2(full, file), file);
  ::close(full);
  absl::Status status = writer.WriteTrace(RandomTrace(1, 30000));
  if (status.ok()) status = writer.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

// Among files from somebody else one may have the temporary name.
TEST(TraceFileTest, ALinkOfTheTemporaryNameIsNotFollowed) {
  const std::string path = PathOf("linked.async");
  const std::string precious = PathOf("linked_precious");
  WriteBytes(precious, "precious");
  ASSERT_EQ(::symlink(precious.c_str(),
                      absl::StrCat(path, ".", ::getpid(), ".tmp").c_str()),
            0);
  ASSERT_TRUE(Save(ExampleTrace(), path).ok());
  EXPECT_EQ(ReadBytes(precious), "precious");
  const std::string other = PathOf("unlinked.async");
  ASSERT_TRUE(Save(ExampleTrace(), other).ok());
  EXPECT_EQ(ReadBytes(path), ReadBytes(other));
}

TEST(TraceFileTest, AReaderMayBeMoved) {
  const std::string path = PathOf("moved.async");
  ASSERT_TRUE(Save(ExampleTrace(), path).ok());
  TraceReader reader = *TraceReader::Open(path);
  TraceReader moved = std::move(reader);
  EXPECT_EQ(moved.metadata().seed, 42u);
  EXPECT_EQ(moved.ReadAll()->size(), 9u);
}

}  // namespace
}  // namespace asupersync
