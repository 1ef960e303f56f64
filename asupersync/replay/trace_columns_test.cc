#include "asupersync/replay/trace_columns.h"

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

#include "absl/status/status.h"
#include "asupersync/base/prng.h"
#include "asupersync/trace/event_codec.h"
#include "asupersync/trace/random_events.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Rows of all kinds, ticks and sites among them.
std::string RandomRows(uint64_t seed, int count) {
  Recorder recorder(RecorderConfig::Enabled().WithAccesses(true));
  Prng prng(seed);
  for (int i = 0; i < count; ++i) {
    recorder.BeginStep(recorder.tick() + prng.Below(2));
    recorder.Record(RandomEvent(recorder.tick(), prng),
                    prng.Below(2) == 0
                        ? recorder.Intern(std::source_location::current())
                        : recorder.Intern(std::source_location::current()));
  }
  const ReplayTrace trace = recorder.TakeTrace(0, 0);
  return trace.blocks().empty() ? std::string() : trace.blocks()[0].payload;
}

TEST(TraceColumnsTest, RowsComeBack) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const std::string rows = RandomRows(seed, static_cast<int>(seed * 3));
    std::string columns, sites, back;
    ASSERT_TRUE(RowsToColumns(rows, &columns, &sites).ok());
    EXPECT_LE(columns.size(), rows.size() + kColumnLengthsBytesMax);
    const absl::Status status = ColumnsToRows(columns, &back);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(back, rows);
  }
}

TEST(TraceColumnsTest, DefinitionsOfSitesAreHandedOut) {
  uint8_t row[kSiteRowBytesMax];
  const auto define = [&](uint32_t id) {
    const uint8_t* end = EncodeSite(row, SiteId(id), {"f.cc", id, 2, "F"});
    return std::string(reinterpret_cast<const char*>(row), end - row);
  };
  const std::string rows = define(1) + "\xc1\x05" + define(2);
  std::string columns, sites;
  ASSERT_TRUE(RowsToColumns(rows, &columns, &sites).ok());
  EXPECT_EQ(sites, define(1) + define(2));
}

TEST(TraceColumnsTest, LikeStandsBesideLike) {
  // Three steps of tasks 5, 6, 7 that yield at site 9.
  const std::string rows =
      "\x41\x04\x05\x42\x09\xc1\x06\xc2\xc1\x07\xc2";
  std::string columns, sites;
  ASSERT_TRUE(RowsToColumns(rows, &columns, &sites).ok());
  EXPECT_EQ(columns, std::string("\x06\x01\x01\x03\0\0\0\0\0\0\0", 11) +
                         "\x41\x42\xc1\xc2\xc1\xc2" + "\x04" + "\x09" +
                         "\x05\x06\x07");
}

TEST(TraceColumnsTest, MalformedBytesAreErrors) {
  std::string out, sites;
  // Rows: a tag of 0, an unknown kind, missing fields, and texts that are not
  // there.
  for (const std::string& rows :
       {std::string("\0", 1), std::string("\x3f"), std::string("\xc1"),
        std::string("\xcf\x01\x02"), std::string("\x9c\x05hell"),
        std::string("\x9c\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")}) {
    EXPECT_EQ(RowsToColumns(rows, &out, &sites).code(),
              absl::StatusCode::kDataLoss);
  }
  // Columns: no lengths, more than there is, bytes behind, bytes left over.
  const std::string zeros(10, '\0');
  for (const std::string& columns :
       {std::string(), zeros, "\x01" + zeros, zeros + std::string("\0x", 2),
        "\xff\xff\xff\xff\x01" + zeros, zeros + "\x01x",
        "\x01" + zeros + "\xc1"}) {
    EXPECT_EQ(ColumnsToRows(columns, &out).code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_TRUE(ColumnsToRows(std::string(11, '\0'), &out).ok());
  EXPECT_EQ(out, "");
}

TEST(TraceColumnsTest, AnyDamageIsSurvived) {
  const std::string rows = RandomRows(7, 100);
  std::string columns, sites;
  ASSERT_TRUE(RowsToColumns(rows, &columns, &sites).ok());
  for (uint64_t seed = 0; seed < 20000; ++seed) {
    Prng prng(seed);
    // Heap copies of the exact length, so that ASan sees any byte too far.
    std::string damaged = prng.Below(2) == 0 ? columns : rows;
    damaged[prng.Below(damaged.size())] ^= static_cast<char>(prng.Next() | 1);
    damaged.resize(prng.Below(2) == 0 ? damaged.size()
                                      : prng.Below(damaged.size()));
    std::string out, more;
    if (ColumnsToRows(damaged, &out).ok()) {
      EXPECT_LE(out.size(), damaged.size());
    }
    if (RowsToColumns(damaged, &out, &more).ok()) {
      EXPECT_LE(out.size(), damaged.size() + kColumnLengthsBytesMax);
    }
  }
}

}  // namespace
}  // namespace asupersync
