#include "asupersync/replay/trace_open_block.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/prng.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/metadata_codec.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/random_events.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

ReplayTrace RecordRandomly(uint64_t seed, int count) {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.metadata().seed = seed;
  Prng prng(seed);
  for (int i = 0; i < count; ++i) {
    recorder.BeginStep(recorder.tick() + prng.Below(2));
    recorder.Record(RandomEvent(recorder.tick(), prng),
                    recorder.Intern(std::source_location::current()));
  }
  return recorder.TakeTrace(1, 2);
}

std::vector<EventRecord> All(const ReplayTrace& trace) {
  return {trace.events().begin(), trace.events().end()};
}

// A file in memory, as a mapping would show it.
struct Image {
  std::string bytes;
  size_t end;

  explicit Image(const ReplayTrace& trace)
      : bytes(EncodeHeader(EncodeMetadata(trace.metadata()))),
        end(bytes.size()) {
    bytes.resize(end + (1 << 20));  // zeros, as in a new file
  }
  uint8_t* place() { return reinterpret_cast<uint8_t*>(&bytes[end]); }

  void Open(const TraceBlock& block) {
    StoreOpenHeader(place(), block.first_event, block.first_tick);
    std::memcpy(place() + kSectionHeaderBytes, block.payload.data(),
                block.payload.size());
  }
  void Close(const TraceBlock& block) {
    StoreClosedHeader(place(), block.payload, block.event_count,
                      block.site_count);
    end += kSectionHeaderBytes + block.payload.size();
  }
};

// Reads by both ways, which must agree.
absl::StatusOr<ReplayTrace> Load(const std::string& bytes) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/open_block.async");
  std::ofstream(path, std::ios::binary) << bytes;
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  std::vector<EventRecord> streamed;
  for (const absl::StatusOr<EventRecord>& event : reader->events()) {
    if (!event.ok()) return event.status();
    streamed.push_back(*event);
  }
  const std::string note = reader->recovered();
  absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
  if (trace.ok()) {
    EXPECT_EQ(All(*trace), streamed);
    EXPECT_EQ(trace->recovered(), note);
  }
  return trace;
}

TEST(TraceOpenBlockTest, AnOpenBlockIsReadUpToItsLastRow) {
  const ReplayTrace trace = RecordRandomly(1, 9000);
  const TraceBlock& last = trace.blocks().back();
  ASSERT_GE(trace.blocks().size(), 2u);
  Image image(trace);
  for (const TraceBlock& block : trace.blocks()) {
    image.Open(block);
    if (&block != &last) image.Close(block);
  }
  const auto back = Load(image.bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_FALSE(back->complete());
  EXPECT_EQ(All(*back), All(trace));
  EXPECT_TRUE(back->blocks() == trace.blocks());
  EXPECT_TRUE(absl::StrContains(back->recovered(),
                                absl::StrCat("open block at byte ", image.end)))
      << back->recovered();
  EXPECT_TRUE(absl::StrContains(back->recovered(),
                                absl::StrCat("recovered ", trace.size())))
      << back->recovered();
  EXPECT_FALSE(absl::StrContains(back->recovered(), "torn"))
      << back->recovered();
}

TEST(TraceOpenBlockTest, AFileCutInsideOfAnOpenBlockGivesItsWholeRows) {
  const ReplayTrace trace = RecordRandomly(2, 50);
  Image image(trace);
  image.Open(trace.blocks()[0]);
  const size_t begin = image.end + kSectionHeaderBytes;
  const size_t rows = trace.blocks()[0].payload.size();
  const auto written = All(trace);
  size_t before = 0;
  int torn = 0;
  for (size_t n = 0; n <= rows; ++n) {
    const auto back = Load(image.bytes.substr(0, begin + n));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_FALSE(back->complete());
    ASSERT_GE(back->size(), before);
    ASSERT_LE(back->size(), written.size());
    for (const EventRecord& record : back->events()) {
      ASSERT_EQ(record, written[record.index]);
    }
    before = back->size();
    if (absl::StrContains(back->recovered(), "is torn")) ++torn;
  }
  EXPECT_EQ(before, written.size());
  EXPECT_GT(torn, 50);
}

TEST(TraceOpenBlockTest, AClosedBlockIsWhatTheWriterWrites) {
  const ReplayTrace trace = RecordRandomly(3, 50);
  const TraceBlock& block = trace.blocks()[0];
  Image image(trace);
  image.Open(block);
  const std::string place = image.bytes.substr(image.end, kSectionHeaderBytes);
  image.Close(block);
  const size_t header_at = image.end - block.payload.size() -
                           kSectionHeaderBytes;
  const auto header = DecodeSectionHeader(
      absl::string_view(image.bytes).substr(header_at, kSectionHeaderBytes));
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->flags, 0);
  EXPECT_EQ(header->event_count, block.event_count);
  const auto back = Load(image.bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(All(*back), All(trace));

  // Died while closing, after any number of bytes of the final header.
  for (size_t n = kFlagsOffset + 1; n <= kSectionHeaderBytes; ++n) {
    std::string dying = image.bytes;
    dying.replace(header_at + n, kSectionHeaderBytes - n,
                  place.substr(n));
    dying[header_at + kFlagsOffset] = static_cast<char>(kFlagClosing);
    const auto some = Load(dying);
    ASSERT_TRUE(some.ok()) << some.status();
    EXPECT_EQ(All(*some), All(trace));
    EXPECT_FALSE(some->complete());
  }
}

TEST(TraceOpenBlockTest, AHeaderWithoutItsMarkIsTheEnd) {
  const ReplayTrace trace = RecordRandomly(4, 50);
  const TraceBlock& block = trace.blocks()[0];
  Image image(trace);
  image.Open(block);
  image.Close(block);
  StoreOpenHeader(image.place(), 50, 9);
  std::memset(image.place(), 0, 4);
  const auto back = Load(image.bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(All(*back), All(trace));
  EXPECT_FALSE(back->complete());
}

TEST(TraceOpenBlockTest, TheMarkOfALimitIsThereWholeOrNotAtAll) {
  const ReplayTrace trace = RecordRandomly(6, 50);
  Image image(trace);
  image.Open(trace.blocks()[0]);
  image.Close(trace.blocks()[0]);
  Image marked = image;
  StoreLimitMark(marked.place(), 1);
  const auto back = Load(marked.bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(All(*back), All(trace));
  EXPECT_FALSE(back->complete());
  EXPECT_EQ(back->limit(), RecordingLimit::kStopped);
  EXPECT_TRUE(absl::StrContains(back->recovered(), "stopped at its limit"));
  // Died before its sync.
  std::memset(marked.place(), 0, 4);
  const auto without = Load(marked.bytes);
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(without->limit(), RecordingLimit::kNone);
  // One of another size.
  SectionHeader header;
  header.type = static_cast<uint8_t>(SectionType::kLimitMark);
  header.stored_length = header.raw_length = 4;
  header.payload_check = StableHash64(std::string(4, '\1'));
  const std::string bytes = EncodeSectionHeader(header) + std::string(4, '\1');
  std::memcpy(image.place(), bytes.data(), bytes.size());
  EXPECT_EQ(Load(image.bytes).status().code(), absl::StatusCode::kDataLoss);
}

TEST(TraceOpenBlockTest, AnOpenBlockWithWrongStartIsDamage) {
  const ReplayTrace trace = RecordRandomly(5, 50);
  Image image(trace);
  StoreOpenHeader(image.place(), 7, 0);
  EXPECT_EQ(Load(image.bytes).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace asupersync
