#include "asupersync/replay/manifest_check.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ManifestCheckTest : public ::testing::Test {
 protected:
  ManifestCheckTest() {
    metadata_.test_id = manifest_.test_id = "Suite.Name";
    metadata_.seed = manifest_.seed = 42;
    metadata_.fuzz_seed = manifest_.fuzz_seed = 7;
    metadata_.config_hash = manifest_.config_hash = "sha256:0";
    manifest_.status = kStatusFailed;
    manifest_.steps = 12;
    manifest_.schedule_certificate = "0x000000000000000a";
    manifest_.trace_fingerprint = "foata64:000000000000000b";
    summary_.emplace();
    summary_->end_tick = 12;
    summary_->certificate = 0xa;
    summary_->fingerprint = 0xb;
  }

  std::vector<std::string> Differences() const {
    return ManifestDifferences(manifest_, metadata_, summary_);
  }

  ReproManifest manifest_;
  TraceMetadata metadata_;
  std::optional<TraceSummary> summary_;
};

TEST_F(ManifestCheckTest, AManifestAgreesWithItsTrace) {
  EXPECT_THAT(Differences(), IsEmpty());
}

TEST_F(ManifestCheckTest, EveryFieldThatTheTraceKnowsIsCompared) {
  manifest_.test_id = "Suite.Other";
  manifest_.seed = manifest_.schedule_seed = manifest_.entropy_seed = 1;
  manifest_.fault_seed = manifest_.fuzz_seed = 1;
  manifest_.config_hash = "";
  manifest_.steps = 13;
  manifest_.schedule_certificate = "0xa";
  manifest_.trace_fingerprint = "foata64:000000000000000c";
  EXPECT_THAT(Differences(), SizeIs(10));
}

TEST_F(ManifestCheckTest, ADifferenceHasBothValues) {
  manifest_.steps = 13;
  EXPECT_THAT(Differences(),
              ElementsAre("steps is 13 in the manifest, 12 in the trace"));
  const absl::Status status =
      CheckManifest(manifest_, "m.json", metadata_, summary_, "t.async");
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("m.json and its trace t.async"),
                    HasSubstr("steps is 13")));
}

TEST_F(ManifestCheckTest, ATraceWithoutAnEndDoesNotContradictOne) {
  manifest_.steps = 13;
  manifest_.schedule_certificate = "";
  summary_.reset();
  EXPECT_THAT(Differences(), IsEmpty());
}

// It was written before the first step.
TEST_F(ManifestCheckTest, AManifestOfARunThatDiedKnowsNoEnd) {
  manifest_.steps = 0;
  for (const char* status : {kStatusRunning, kStatusDied}) {
    manifest_.status = status;
    EXPECT_THAT(Differences(), IsEmpty()) << status;
  }
  manifest_.seed = 43;
  EXPECT_THAT(Differences(), SizeIs(1));
}

}  // namespace
}  // namespace asupersync
