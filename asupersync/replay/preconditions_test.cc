#include "asupersync/replay/preconditions.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder_config.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TraceMetadata Recorded() {
  TraceMetadata metadata;
  metadata.seed = 42;
  metadata.test_id = "Suite.Name";
  metadata.config_hash = "sha256:aa";
  metadata.config = {{"lanes", "default"}, {"steps_max", "1000"}};
  return metadata;
}

ReplayExpectation Same() {
  return {42,
          "Suite.Name",
          "sha256:aa",
          {{"lanes", "default"}, {"steps_max", "1000"}}};
}

void ExpectDifference(const ReplayExpectation& now, const std::string& text) {
  const absl::Status status = CheckPreconditions(Recorded(), now);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
}

TEST(PreconditionsTest, TheSameRunMayReplay) {
  EXPECT_TRUE(CheckPreconditions(Recorded(), Same()).ok());
  EXPECT_TRUE(CheckPreconditions(Recorded(), ReplayExpectation()).ok());
}

TEST(PreconditionsTest, EveryDifferenceIsNamedWithBothValues) {
  ReplayExpectation now = Same();
  now.seed = 43;
  ExpectDifference(now,
                   "seed is 0x000000000000002a in the trace, "
                   "0x000000000000002b now");
  now = Same();
  now.test_id = "Suite.Other";
  ExpectDifference(now, "test is Suite.Name in the trace, Suite.Other now");
  now = Same();
  now.config[1].second = "5";
  now.config_hash = "sha256:bb";
  ExpectDifference(now, "config steps_max is 1000 in the trace, 5 now");
  now = Same();
  now.config.pop_back();
  ExpectDifference(now, "config steps_max is 1000 in the trace, absent now");
  now = Same();
  now.config.push_back({"chaos", "light"});
  ExpectDifference(now, "config chaos is absent in the trace, light now");
  now = Same();
  now.config.clear();
  now.config_hash = "sha256:bb";
  ExpectDifference(now, "config hash is sha256:aa in the trace, sha256:bb");
  now = Same();
  now.library_version = "9.9.9";
  ExpectDifference(now, "asupersync is 0.1.0 in the trace, 9.9.9 now");
}

TEST(PreconditionsTest, SeveralDifferencesAreAllNamed) {
  ReplayExpectation now = Same();
  now.seed = 1;
  now.test_id = "Suite.Other";
  ExpectDifference(now, "seed");
  ExpectDifference(now, "test");
}

TEST(PreconditionsTest, TheReplayRecordsWhatTheTraceHolds) {
  TraceMetadata metadata;
  metadata.rng_recorded = true;
  metadata.accesses_recorded = true;
  EXPECT_EQ(RecorderConfigOf(metadata),
            RecorderConfig::Enabled().WithWakers(false).WithAccesses(true));
}

}  // namespace
}  // namespace asupersync
