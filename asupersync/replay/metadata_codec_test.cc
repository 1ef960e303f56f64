#include "asupersync/replay/metadata_codec.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/trace/metadata.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TraceMetadata Full() {
  TraceMetadata m;
  m.seed = ~uint64_t{0};
  m.schedule_seed = 1;
  m.entropy_seed = 2;
  m.fault_seed = 3;
  m.fuzz_seed = 4;
  m.test_id = "Suite.\xff/3";
  m.config_hash = "sha256:00ff";
  m.config = {{"lanes", "any"}, {"a", ""}, {"lanes", "again"}};
  m.rng_recorded = true;
  m.wakers_recorded = true;
  m.accesses_recorded = true;
  m.start_tick = 5;
  m.start_certificate = 6;
  m.library_version = "9.9";
  return m;
}

TEST(MetadataCodecTest, EveryFieldComesBack) {
  const auto back = DecodeMetadata(EncodeMetadata(Full()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Full());
  EXPECT_EQ(*DecodeMetadata(EncodeMetadata(TraceMetadata())), TraceMetadata());
}

// Fields 8 and 15 once named the program and its build.
TEST(MetadataCodecTest, FieldsThatAreGoneArePassedOver) {
  const auto back =
      DecodeMetadata(EncodeMetadata(Full()) + "\x42\x03" "abc" "\x7a\x01x");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Full());
}

TEST(MetadataCodecTest, ForeignBytesAreDataLoss) {
  EXPECT_EQ(DecodeMetadata("\xff\xff\xff").status().code(),
            absl::StatusCode::kDataLoss);
  const std::string bytes = EncodeMetadata(Full());
  EXPECT_FALSE(DecodeMetadata(bytes.substr(0, bytes.size() - 1)).ok());
}

}  // namespace
}  // namespace asupersync
