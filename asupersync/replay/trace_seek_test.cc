// Seeking in trace files, writing them block by block, and marks of limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/prng.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/trace_file.h"
#include "asupersync/replay/trace_index.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/replay/trace_test_files.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/random_events.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Steps with gaps, sites that come up late, several blocks.
ReplayTrace RandomTrace(int count, const RecorderConfig& config) {
  const std::source_location locations[] = {
      std::source_location::current(), std::source_location::current(),
      std::source_location::current(), std::source_location::current()};
  Recorder recorder(config);
  Prng prng(count);
  for (int i = 0; i < count; ++i) {
    const bool gap = prng.Below(50) == 0;
    recorder.BeginStep(recorder.tick() + (gap ? prng.Below(5) : 0));
    const size_t known = 1 + 4 * static_cast<size_t>(i) / count;
    recorder.Record(RandomEvent(recorder.tick(), prng),
                    recorder.Intern(locations[prng.Below(known)]));
  }
  return recorder.TakeTrace(3, 4);
}

using Line = std::pair<EventRecord, std::string>;

std::vector<Line> Lines(const ReplayTrace& trace) {
  std::vector<Line> lines;
  for (const EventRecord& record : trace.events()) {
    lines.emplace_back(record, ToString(trace.site(record.site)));
  }
  return lines;
}

// What `range` yields, at most `most` events; an error ends the test.
std::vector<Line> Take(const TraceReader& reader, TraceReader::Range range,
                       size_t most) {
  std::vector<Line> lines;
  for (const absl::StatusOr<EventRecord>& event : range) {
    EXPECT_TRUE(event.ok()) << event.status();
    if (!event.ok() || lines.size() == most) break;
    lines.emplace_back(*event, ToString(reader.site(event->site)));
  }
  return lines;
}

const RecorderConfig kOn = RecorderConfig::Enabled().WithAccesses(true);

// Every shape of a file with the same events.
struct Shape {
  const char* name;
  TraceWriterOptions options;
  bool cut = false;  // no footer and no index
};
const Shape kShapes[] = {
    {"columns, zstd", {}},
    {"columns, none", {BlockCodec::kNone, BlockLayout::kColumns, true}},
    {"rows, zstd", {BlockCodec::kZstd, BlockLayout::kRows, true}},
    {"rows, none", TraceWriterOptions::Plain()},
    {"no index", {BlockCodec::kZstd, BlockLayout::kColumns, false}},
    {"no footer", {}, true},
};

TEST(TraceSeekTest, EveryShapeHoldsTheSameTrace) {
  const std::string path = PathOf("shapes.async");
  const ReplayTrace trace = RandomTrace(30000, kOn);
  for (const Shape& shape : kShapes) {
    if (shape.cut) continue;
    ASSERT_TRUE(Save(trace, path, shape.options).ok()) << shape.name;
    absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
    const auto back = reader->ReadAll();
    ASSERT_TRUE(back.ok()) << shape.name << back.status();
    EXPECT_TRUE(*back == trace) << shape.name;
  }
}

TEST(TraceSeekTest, SeekingGivesWhatReadingGives) {
  const std::string path = PathOf("seek.async");
  const ReplayTrace trace = RandomTrace(30000, kOn);
  ASSERT_GE(trace.blocks().size(), 4u);
  const std::vector<Line> all = Lines(trace);
  for (const Shape& shape : kShapes) {
    ASSERT_TRUE(Save(trace, path, shape.options).ok());
    uint64_t end = all.size();
    if (shape.cut) {
      const std::string bytes = ReadBytes(path);
      WriteBytes(path, bytes.substr(0, 3 * bytes.size() / 4));
      end = TraceReader::Open(path)->ReadAll()->size();
    }
    absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(*reader->EndIndex(), end);
    std::vector<uint64_t> places = {0, 1, end / 2, end - 1, end};
    for (const TraceBlock& block : trace.blocks()) {
      for (const uint64_t near : {block.first_event, block.first_event - 1}) {
        if (near < end) places.push_back(near);
      }
    }
    for (const uint64_t event : places) {
      const auto range = reader->Seek(event);
      ASSERT_TRUE(range.ok()) << shape.name << event << range.status();
      const auto lines = Take(*reader, *range, 20);
      ASSERT_EQ(lines.size(), std::min<uint64_t>(20, end - event));
      ASSERT_TRUE(std::equal(lines.begin(), lines.end(), all.begin() + event))
          << shape.name << " " << event;
    }
    EXPECT_EQ(reader->Seek(end + 1).status().code(),
              absl::StatusCode::kOutOfRange);
    // To the end of the file, from the middle.
    const auto range = reader->Seek(end / 2);
    EXPECT_EQ(Take(*reader, *range, end).size(), end - end / 2);
    EXPECT_EQ(reader->summary().has_value(), !shape.cut);
    // A seek leaves reading from the start as it was.
    EXPECT_EQ(Take(*reader, reader->events(), end).size(), end);
    EXPECT_EQ(reader->recovered().empty(), !shape.cut);
  }
}

TEST(TraceSeekTest, SeekingAStepGivesItsFirstEvent) {
  const std::string path = PathOf("tick.async");
  const ReplayTrace trace = RandomTrace(30000, kOn);
  const std::vector<Line> all = Lines(trace);
  ASSERT_TRUE(Save(trace, path).ok());
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  const uint64_t last = all.back().first.tick;
  for (uint64_t tick = 0; tick <= last; tick += 1 + last / 500) {
    const auto expected =
        std::find_if(all.begin(), all.end(), [&](const Line& line) {
          return line.first.tick >= tick;
        });
    const auto range = reader->SeekTick(tick);
    ASSERT_TRUE(range.ok()) << range.status();
    const auto lines = Take(*reader, *range, 1);
    ASSERT_EQ(lines.size(), 1u);
    ASSERT_EQ(lines[0], *expected);
  }
  EXPECT_TRUE(Take(*reader, *reader->SeekTick(last + 1), 1).empty());
}

// The offsets of all sections of a type.
std::vector<size_t> SectionsOf(const std::string& bytes, SectionType type) {
  std::vector<size_t> offsets;
  size_t at = bytes.find(kSectionSync, 0, 4);
  while (at + kSectionHeaderBytes <= bytes.size()) {
    const auto header = DecodeSectionHeader(
        absl::string_view(bytes).substr(at, kSectionHeaderBytes));
    if (!header.ok()) break;
    if (header->type == static_cast<uint8_t>(type)) offsets.push_back(at);
    at += kSectionHeaderBytes + header->stored_length;
  }
  return offsets;
}

TEST(TraceSeekTest, ADamagedIndexIsNamedAndReadingNeedsNone) {
  const std::string path = PathOf("damaged_index.async");
  const ReplayTrace trace = RandomTrace(30000, kOn);
  ASSERT_TRUE(Save(trace, path).ok());
  const std::string bytes = ReadBytes(path);
  for (const SectionType type : {SectionType::kIndexPage, SectionType::kSites,
                                 SectionType::kIndexRoot}) {
    const std::vector<size_t> offsets = SectionsOf(bytes, type);
    ASSERT_EQ(offsets.size(), 1u);
    for (const size_t behind : {size_t{2}, size_t{20}, kSectionHeaderBytes}) {
      std::string damaged = bytes;
      damaged[offsets[0] + behind] ^= 1;
      WriteBytes(path, damaged);
      absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
      const absl::Status status = reader->Seek(20000).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      EXPECT_TRUE(absl::StrContains(status.message(),
                                    absl::StrCat("at byte ", offsets[0])))
          << status;
      // All events come before it.
      EXPECT_EQ(reader->Recover().size(), trace.size());
    }
  }
}

TEST(TraceSeekTest, AnIndexThatNamesAnotherPlaceIsDamage) {
  // Sections are moved by one byte: all checks hold, no offset does.
  const std::string path = PathOf("moved.async");
  const ReplayTrace trace = RandomTrace(30000, kOn);
  ASSERT_TRUE(Save(trace, path).ok());
  const std::string bytes = ReadBytes(path);
  const size_t root = SectionsOf(bytes, SectionType::kIndexRoot)[0];
  for (const size_t entry : {size_t{0}, kIndexRootBytes}) {
    std::string moved = bytes;
    const size_t length = LoadU32(bytes, root + 8);
    const size_t field = root + kSectionHeaderBytes + entry +
                         (entry == 0 ? 0 : 16);
    moved[field] = static_cast<char>(moved[field] + 1);
    auto header =
        *DecodeSectionHeader(absl::string_view(bytes).substr(root, 56));
    header.payload_check = StableHash64(
        absl::string_view(moved).substr(root + kSectionHeaderBytes, length));
    moved.replace(root, kSectionHeaderBytes, EncodeSectionHeader(header));
    WriteBytes(path, moved);
    const absl::Status status = TraceReader::Open(path)->Seek(100).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  }
}

TEST(TraceSeekTest, BlocksMayBeWrittenAsTheyCome) {
  const std::string whole = PathOf("whole.async");
  const std::string parts = PathOf("parts.async");
  const ReplayTrace trace = RandomTrace(30000, kOn);
  ASSERT_TRUE(Save(trace, whole).ok());
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(parts);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(writer->Append(trace.blocks()[0]).code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(writer->Begin(trace.metadata()).ok());
  EXPECT_EQ(writer->Finish().code(), absl::StatusCode::kFailedPrecondition);
  for (const TraceBlock& block : trace.blocks()) {
    ASSERT_TRUE(writer->Append(block).ok());
  }
  ASSERT_TRUE(writer->End(trace.summary()).ok());
  EXPECT_EQ(writer->End(trace.summary()).code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(ReadBytes(parts), ReadBytes(whole));
}

TEST(TraceSeekTest, WhatIsNoBlockIsNotWritten) {
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(PathOf("no.async"));
  ASSERT_TRUE(writer->Begin(TraceMetadata()).ok());
  TraceBlock block;
  block.payload = "\x3f";
  EXPECT_EQ(writer->Append(block).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(writer->Finish().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(TraceSeekTest, AFlightRecordersTraceKeepsItsIndices) {
  const std::string path = PathOf("flight.async");
  const std::vector<Line> all = Lines(RandomTrace(60000, kOn));
  for (const uint64_t most : {5000, 40000}) {
    const ReplayTrace trace = RandomTrace(
        60000, kOn.WithMaxEvents(most, LimitPolicy::kDropOldest));
    const uint64_t first = 60000 - most;
    ASSERT_EQ(trace.first_index(), first);
    ASSERT_TRUE(Save(trace, path).ok());
    absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
    EXPECT_EQ(reader->metadata().first_event, first);
    const auto back = reader->ReadAll();
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_TRUE(*back == trace);
    EXPECT_EQ(back->summary()->limit, RecordingLimit::kDropped);
    EXPECT_EQ(back->summary()->events_lost, first);
    for (const uint64_t event : {uint64_t{0}, first, first + 3333}) {
      const auto lines = Take(*reader, *reader->Seek(event), 9);
      ASSERT_EQ(lines.size(), 9u);
      const uint64_t from = std::max(event, first);
      EXPECT_TRUE(std::equal(lines.begin(), lines.end(), all.begin() + from));
    }
    EXPECT_EQ(*reader->EndIndex(), 60000u);
    // Cut off, it says how many events are there, not their indices.
    const std::string bytes = ReadBytes(path);
    WriteBytes(path, bytes.substr(0, bytes.size() - 200));
    const auto some = TraceReader::Open(path)->ReadAll();
    ASSERT_TRUE(some.ok()) << some.status();
    EXPECT_TRUE(absl::StrContains(some->recovered(),
                                  absl::StrCat("recovered ", some->size())))
        << some->recovered();
  }
}

TEST(TraceSeekTest, TheMarkOfALimitIsInTheFile) {
  const std::string path = PathOf("stopped.async");
  const ReplayTrace trace =
      RandomTrace(500, kOn.WithMaxEvents(100, LimitPolicy::kStop));
  ASSERT_TRUE(Save(trace, path).ok());
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  EXPECT_EQ(Take(*reader, reader->events(), 1000).size(), 100u);
  ASSERT_TRUE(reader->summary().has_value());
  EXPECT_EQ(reader->summary()->limit, RecordingLimit::kStopped);
  EXPECT_EQ(reader->summary()->events_lost, 400u);
  EXPECT_EQ(reader->summary(), trace.summary());
}

}  // namespace
}  // namespace asupersync
