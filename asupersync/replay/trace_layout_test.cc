#include "asupersync/replay/trace_layout.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(TraceLayoutTest, PartsHaveTheSizesOfTheFormat) {
  SectionHeader header;
  EXPECT_EQ(EncodeSectionHeader(header).size(), kSectionHeaderBytes);
  EXPECT_EQ(EncodeHeader("abc").size(), kHeaderBytes + 3);
  EXPECT_EQ(EncodeFooter(Footer()).size(), kFooterBytes);
  EXPECT_EQ(EncodeTrailer(1).size(), kTrailerBytes);
}

TEST(TraceLayoutTest, SectionHeadersComeBack) {
  SectionHeader header;
  header.type = 1;
  header.codec = 2;
  header.layout = 3;
  header.flags = 4;
  header.stored_length = 5;
  header.raw_length = 6;
  header.event_count = 7;
  header.site_count = 8;
  header.first_event = uint64_t{9} << 40;
  header.first_tick = 10;
  header.payload_check = ~uint64_t{0};
  const std::string bytes = EncodeSectionHeader(header);
  const auto back = DecodeSectionHeader(bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  SectionHeader copy = *back;
  EXPECT_EQ(EncodeSectionHeader(copy), bytes);
  EXPECT_EQ(back->first_event, header.first_event);
  EXPECT_EQ(back->layout, 3);
}

TEST(TraceLayoutTest, LongSectionsAreRefused) {
  SectionHeader header;
  header.stored_length = kPayloadBytesMax + 1;
  const auto back = DecodeSectionHeader(EncodeSectionHeader(header));
  EXPECT_EQ(back.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(back.status().message(), "at most 1048576"));
}

TEST(TraceLayoutTest, EveryFlippedBitOfAHeaderIsNoticed) {
  SectionHeader header;
  header.type = 1;
  const std::string bytes = EncodeSectionHeader(header);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_FALSE(DecodeSectionHeader(flipped).ok()) << bit;
  }
}

}  // namespace
}  // namespace asupersync
