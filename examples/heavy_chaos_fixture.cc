#include "examples/heavy_chaos_fixture.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"

namespace {

struct Tally {
  std::chrono::steady_clock::time_point began;
  std::uint64_t executions = 0;
  std::map<std::string, std::uint64_t> seen;
};

Tally& CurrentTally() {
  static Tally tally;
  return tally;
}

}  // namespace

void HeavyChaosTest::SetUpTestSuite() {
  CurrentTally() = Tally();
  CurrentTally().began = std::chrono::steady_clock::now();
}

void HeavyChaosTest::TearDownTestSuite() {
  const Tally& tally = CurrentTally();
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - tally.began;
  std::string seen;
  for (const auto& [what, count] : tally.seen) {
    absl::StrAppend(&seen, seen.empty() ? ": " : ", ", count, " ", what);
  }
  std::printf("[  RATE    ] %llu seeds in %.1f s (%.0f per second)%s\n",
              static_cast<unsigned long long>(tally.executions), took.count(),
              static_cast<double>(tally.executions) / took.count(),
              seen.c_str());
}

asupersync::LabConfig HeavyChaosTest::ConfigureLab(
    asupersync::LabConfig config) {
  ++CurrentTally().executions;
  return config.WithChaos(asupersync::ChaosConfig::Heavy());
}

void HeavyChaosTest::Count(absl::string_view what) {
  ++CurrentTally().seen[std::string(what)];
}
