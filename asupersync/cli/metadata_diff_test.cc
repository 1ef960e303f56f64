#include "asupersync/cli/metadata_diff.h"

#include "asupersync/trace/metadata.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

TEST(MetadataDiffTest, EqualMetadataHasNoDifference) {
  EXPECT_EQ(CompareMetadata(TraceMetadata(), TraceMetadata()), Differences());
}

TEST(MetadataDiffTest, EveryFieldThatDiffersIsALine) {
  TraceMetadata a;
  TraceMetadata b;
  b.seed = b.schedule_seed = b.entropy_seed = b.fault_seed = b.fuzz_seed = 1;
  b.test_id = b.config_hash = "x";
  b.library_version = "x\x1b[2J";
  b.config = {{"lanes", "any"}};
  b.rng_recorded = b.wakers_recorded = b.accesses_recorded = true;
  b.start_tick = b.start_certificate = b.first_event = 1;
  const Differences differences = CompareMetadata(a, b);
  EXPECT_EQ(differences.size(), 15u);
  EXPECT_EQ(differences[0], "test: \"\" in A, x in B");
  EXPECT_EQ(differences[6], "config: \"\" in A, lanes=any in B");
  for (const auto& line : differences) {
    EXPECT_EQ(line.find('\x1b'), line.npos);
  }
}

}  // namespace
}  // namespace asupersync::cli
