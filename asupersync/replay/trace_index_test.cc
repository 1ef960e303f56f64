#include "asupersync/replay/trace_index.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Two blocks begin with event 10: the first has only sites in it.
const std::vector<IndexEntry> kEntries = {
    {0, 0, 100}, {10, 4, 200}, {10, 4, 300}, {20, 9, 400}};

TEST(TraceIndexTest, PagesAndRootsComeBack) {
  EXPECT_EQ(EncodeIndexPage(kEntries).size(), 4 * kIndexEntryBytes);
  EXPECT_EQ(*DecodeIndexPage(EncodeIndexPage(kEntries)), kEntries);
  const IndexRoot root{77, 5, kEntries};
  EXPECT_TRUE(*DecodeIndexRoot(EncodeIndexRoot(root)) == root);
  EXPECT_TRUE(*DecodeIndexRoot(EncodeIndexRoot(IndexRoot())) == IndexRoot());
}

TEST(TraceIndexTest, AnEventIsInTheLastBlockThatBeginsBefore) {
  const auto offset = [](uint64_t event) {
    return EntryOfEvent(kEntries, event).offset;
  };
  EXPECT_EQ(offset(0), 100u);
  EXPECT_EQ(offset(9), 100u);
  EXPECT_EQ(offset(10), 300u);
  EXPECT_EQ(offset(19), 300u);
  EXPECT_EQ(offset(20), 400u);
  EXPECT_EQ(offset(1000), 400u);
  // Before the first event, of a flight recorder's trace.
  EXPECT_EQ(EntryOfEvent({{10, 4, 200}}, 3).offset, 200u);
}

TEST(TraceIndexTest, AStepBeginsInTheLastBlockThatBeginsBeforeIt) {
  const auto offset = [](uint64_t tick) {
    return EntryOfTick(kEntries, tick).offset;
  };
  EXPECT_EQ(offset(0), 100u);
  EXPECT_EQ(offset(4), 100u);
  EXPECT_EQ(offset(5), 300u);
  EXPECT_EQ(offset(9), 300u);
  EXPECT_EQ(offset(10), 400u);
}

TEST(TraceIndexTest, WhatIsOutOfOrderIsDamage) {
  for (const IndexEntry& bad : {IndexEntry{9, 4, 300}, IndexEntry{10, 3, 300},
                                IndexEntry{10, 4, 200}}) {
    std::vector<IndexEntry> entries = kEntries;
    entries[2] = bad;
    EXPECT_EQ(DecodeIndexPage(EncodeIndexPage(entries)).status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(DecodeIndexRoot(EncodeIndexRoot({0, 0, entries})).status().code(),
              absl::StatusCode::kDataLoss);
  }
  for (const std::string& bytes :
       {std::string(), std::string(23, '\0'),
        std::string((kIndexPageEntriesMax + 1) * kIndexEntryBytes, '\0')}) {
    EXPECT_EQ(DecodeIndexPage(bytes).status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(DecodeIndexRoot(bytes + "x").status().code(),
              absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace asupersync
