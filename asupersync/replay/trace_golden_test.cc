// Files of format version 1 in every shape, as this version wrote them when the
// shape was new (testdata/v1_*.async). Each is read, event by event, and must
// be what the writer gives today. A file is made anew only if the format
// gains a shape, never because a test fails:
//   REGENERATE=1 bazel run //asupersync/replay:trace_golden_test
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/replay/metadata_codec.h"
#include "asupersync/replay/trace_file.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/replay/trace_open_block.h"
#include "asupersync/trace/cut_blocks.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/event_codec.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"
#include "gtest/gtest.h"
#include "zstd.h"

namespace asupersync {
namespace {

// The zstd that compressed the files; another may give other bytes.
constexpr unsigned kZstdVersion = 10504;

constexpr int kRounds = 9;
constexpr int kBlocks = 3;

// Each kind once, with numbers that depend on `i`; two steps.
std::vector<ReplayEvent> EventsOf(uint64_t i) {
  const CompactTaskId task(i + 1), other(200 * i + 2);
  const CompactRegionId region(i % 3 + 1), inner(i + 70);
  const uint64_t tick = 2 * i + 1;
  return {
      TaskScheduled{task, tick},
      TaskSpawned{other, region, tick, task},
      TaskNamed{other, absl::StrCat("task \"", i, "\"")},
      RngSeed{i * 0x9E3779B97F4A7C15},
      RngValue{~i},
      TimerCreated{i, 1000 * i + 7},
      TimerCreated{i + 5, uint64_t{1} << (5 * i)},
      TimerCancelled{i},
      IoReady{i, 3},
      IoResult{i, -static_cast<int64_t>(i * i)},
      IoError{i, 9},
      ChaosInjection{1, std::nullopt, i},
      ChaosInjection{2, other, 300 * i},
      WakerWake{task},
      WakerWake{other},
      WakerBatchWake{static_cast<uint32_t>(i)},
      RegionCreated{inner, region},
      RegionNamed{inner, "inner"},
      RegionCancelled{inner, 2},
      RegionClosed{inner},
      ObligationReserved{3 * i, 1, task},
      ObligationCommitted{3 * i},
      ObligationAborted{3 * i + 1},
      Choice{2, static_cast<uint32_t>(i), static_cast<uint32_t>(200 * i + 1)},
      ObjectAccessed{i, 0},
      ObjectAccessed{i << 56, 1},
      UserTrace{std::string(i * i, 'x')},
      TaskCancelRequested{other, 4},
      TaskBlocked{task},
      TimeAdvanced{1000 * i, 1000 * i + 500},
      TimerFired{i + 5},
      TaskScheduled{other, tick + 1},
      TaskYielded{other},
      TaskCompleted{other, 3},
  };
}

// Events and sites alone: what every shape must give back.
struct Expected {
  std::vector<EventRecord> events;
  std::vector<Site> sites;
};

Expected Everything() {
  Expected all;
  for (int i = 0; i < kRounds; ++i) {
    uint64_t tick = 2 * i;
    for (ReplayEvent& event : EventsOf(i)) {
      if (std::holds_alternative<TaskScheduled>(event)) ++tick;
      const auto n = static_cast<uint32_t>(all.events.size());
      all.events.push_back(
          {n, tick, SiteId(n % (2 * (i / kBlocks) + 3)), std::move(event)});
    }
  }
  // Block k adds two sites to those of the blocks before.
  for (uint32_t i = 1; i <= 2 * kBlocks; ++i) {
    all.sites.push_back(
        {absl::StrCat("file", i, ".cc"), 100 * i, i, "void F(int)"});
  }
  return all;
}

// The blocks that a recorder would have made, three rounds in each.
ReplayTrace Trace() {
  const Expected all = Everything();
  std::vector<TraceBlock> blocks;
  std::vector<uint8_t> row(kSiteRowBytesMax + kEventBytesMax);
  const size_t per_block = all.events.size() / kBlocks;
  for (size_t k = 0; k < kBlocks; ++k) {
    TraceBlock& block = blocks.emplace_back();
    block.first_event = k * per_block;
    RowState state;
    block.first_tick = state.tick = k == 0 ? 0 : 2 * kBlocks * k;
    const auto append = [&](const uint8_t* end) {
      block.payload.append(reinterpret_cast<const char*>(row.data()),
                           end - row.data());
    };
    for (uint32_t i = 2 * k + 1; i <= 2 * k + 2; ++i, ++block.site_count) {
      append(EncodeSite(row.data(), SiteId(i), all.sites[i - 1]));
    }
    for (size_t n = k * per_block; n < (k + 1) * per_block; ++n) {
      const EventRecord& record = all.events[n];
      append(std::visit(
          [&](const auto& event) {
            return EncodeEvent(row.data(), state, event, record.tick,
                               record.site);
          },
          record.event));
      ++block.event_count;
    }
  }
  TraceMetadata metadata;
  metadata.seed = 42;
  metadata.test_id = "Golden.File";
  metadata.config = {{"seed", "42"}};
  metadata.library_version = "0.1.0";
  return ReplayTrace(metadata, all.sites, blocks,
                     TraceSummary{all.events.size(), 2 * kRounds, 11, 12}, "");
}

std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Written(const ReplayTrace& trace,
                    const TraceWriterOptions& options) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/golden_today.async");
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path, options);
  EXPECT_TRUE(writer.ok() && writer->WriteTrace(trace).ok() &&
              writer->Finish().ok());
  return ReadBytes(path);
}

ReplayTrace WithSummary(std::optional<TraceSummary> summary,
                        RecordingLimit mark = RecordingLimit::kNone) {
  const ReplayTrace trace = Trace();
  return ReplayTrace(trace.metadata(), trace.sites(), trace.blocks(), summary,
                     "", mark);
}

constexpr uint64_t kFlightBegins = 150;

ReplayTrace Flight() {
  const ReplayTrace trace = Trace();
  TraceMetadata metadata = trace.metadata();
  const auto blocks = CutBlocks(trace.blocks(), kFlightBegins, {}, &metadata);
  TraceSummary summary = *trace.summary();
  summary.limit = RecordingLimit::kDropped;
  summary.events_lost = kFlightBegins;
  return ReplayTrace(metadata, trace.sites(), blocks, summary, "");
}

// A crash-safe recorder's file, whose writer died in the third block.
std::string Open() {
  const ReplayTrace trace = Trace();
  std::string bytes = EncodeHeader(EncodeMetadata(trace.metadata()));
  for (const TraceBlock& block : trace.blocks()) {
    const size_t at = bytes.size();
    bytes.resize(at + kSectionHeaderBytes);
    bytes += block.payload;
    auto* const place = reinterpret_cast<uint8_t*>(&bytes[at]);
    StoreOpenHeader(place, block.first_event, block.first_tick);
    if (&block == &trace.blocks().back()) continue;
    StoreClosedHeader(place, block.payload, block.event_count,
                      block.site_count);
  }
  return bytes + std::string(4096, '\0');
}

struct Golden {
  const char* name;
  std::function<std::string()> write;
  bool compressed = false;
  bool whole = true;
  uint64_t first = 0;
  RecordingLimit limit = RecordingLimit::kNone;

  friend std::ostream& operator<<(std::ostream& out, const Golden& golden) {
    return out << golden.name;
  }
};

const Golden kGolden[] = {
    {"rows_none",
     [] { return Written(Trace(), TraceWriterOptions::Plain()); }},
    {"columns_zstd", [] { return Written(Trace(), {}); }, true},
    {"rows_zstd",
     [] {
       return Written(Trace(), {BlockCodec::kZstd, BlockLayout::kRows, true});
     },
     true},
    {"columns_none",
     [] {
       return Written(Trace(),
                      {BlockCodec::kNone, BlockLayout::kColumns, true});
     }},
    {"no_index",
     [] {
       return Written(Trace(), {BlockCodec::kNone, BlockLayout::kRows, false});
     }},
    {"no_footer",
     [] {
       return Written(WithSummary(std::nullopt), TraceWriterOptions::Plain());
     },
     false, false},
    {"limit_mark",
     [] {
       return Written(WithSummary(std::nullopt, RecordingLimit::kStopped),
                      TraceWriterOptions::Plain());
     },
     false, false, 0, RecordingLimit::kStopped},
    {"open", Open, false, false},
    {"flight", [] { return Written(Flight(), TraceWriterOptions::Plain()); },
     false, true, kFlightBegins, RecordingLimit::kDropped},
    {"stopped",
     [] {
       TraceSummary summary = *Trace().summary();
       summary.limit = RecordingLimit::kStopped;
       summary.events_lost = 1000;
       return Written(WithSummary(summary), TraceWriterOptions::Plain());
     },
     false, true, 0, RecordingLimit::kStopped},
};

std::string PathOf(const Golden& golden) {
  return absl::StrCat("asupersync/replay/testdata/v1_", golden.name, ".async");
}

class TraceGoldenTest : public ::testing::TestWithParam<Golden> {};
INSTANTIATE_TEST_SUITE_P(
    Shapes, TraceGoldenTest, ::testing::ValuesIn(kGolden),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(TraceGoldenTest, EveryEventIsRead) {
  const Golden& golden = GetParam();
  const Expected all = Everything();
  absl::StatusOr<TraceReader> reader = TraceReader::Open(PathOf(golden));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(reader->metadata().seed, 42u);
  EXPECT_EQ(reader->metadata().test_id, "Golden.File");
  EXPECT_EQ(reader->metadata().first_event, golden.first);
  uint64_t next = golden.first;
  for (const absl::StatusOr<EventRecord>& event : reader->events()) {
    ASSERT_TRUE(event.ok()) << event.status();
    ASSERT_LT(next, all.events.size());
    ASSERT_EQ(*event, all.events[next++]);
  }
  EXPECT_EQ(next, all.events.size());
  EXPECT_EQ(reader->sites(), all.sites);
  EXPECT_EQ(reader->recovered().empty(), golden.whole) << reader->recovered();
  ASSERT_EQ(reader->summary().has_value(), golden.whole);
  EXPECT_EQ(reader->limit(), golden.limit);
  if (!golden.whole) return;
  EXPECT_EQ(reader->summary()->event_count, all.events.size());
  EXPECT_EQ(reader->summary()->end_tick, uint64_t{2 * kRounds});
  EXPECT_EQ(reader->summary()->certificate, 11u);
  EXPECT_EQ(reader->summary()->fingerprint, 12u);
}

TEST_P(TraceGoldenTest, IsWhatTheWriterGivesToday) {
  const Golden& golden = GetParam();
  const std::string today = golden.write();
  const char* const folder = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (std::getenv("REGENERATE") != nullptr && folder != nullptr) {
    std::ofstream(absl::StrCat(folder, "/", PathOf(golden)), std::ios::binary)
        << today;
    return;
  }
  if (golden.compressed && ZSTD_versionNumber() != kZstdVersion) {
    GTEST_SKIP() << "another zstd, " << ZSTD_versionNumber();
  }
  EXPECT_TRUE(ReadBytes(PathOf(golden)) == today)
      << PathOf(golden) << " differs from what the writer gives";
}

TEST(TraceVersionTest, AnotherVersionIsRefusedByName) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/version.async");
  std::string bytes = ReadBytes(PathOf(kGolden[0]));
  ASSERT_GT(bytes.size(), 100u);
  for (const char version : {'\0', '\2'}) {
    bytes[8] = version;
    std::ofstream(path, std::ios::binary) << bytes;
    const absl::Status status = TraceReader::Open(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(
        status.message(), absl::StrCat("version ", int{version}, ";")))
        << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "reads version 1"))
        << status;
  }
}

}  // namespace
}  // namespace asupersync
