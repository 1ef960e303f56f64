#include "asupersync/testing/seed_template.h"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/seed.h"
#include "asupersync/replay/manifest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::Contains;

constexpr DerivedSeeds kOld = {~0ull, ~1ull, ~2ull, ~3ull, ~4ull};
constexpr DerivedSeeds kNew = {9, 12345678901234567890ull, 0,
                               1234567890123456789ull, 77};

// What `memory` holds after each instruction that changes it while `store` runs
// in a process that could be killed there; empty: nothing can be traced here.
std::vector<std::string> StatesDuring(
    const std::string& before, const std::function<void(char*)>& store) {
  void* const pages = mmap(nullptr, before.size(), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char* const memory = static_cast<char*>(pages);
  before.copy(memory, before.size());
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    raise(SIGSTOP);
    store(memory);
    raise(SIGKILL);
  }
  std::vector<std::string> states;
  int status = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    const std::string now(memory, before.size());
    if (states.empty() || states.back() != now) states.push_back(now);
    if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) break;
  }
  munmap(pages, before.size());
  return states;
}

TEST(SeedTemplateTest, TheSeedsOfEachExecutionTakeTheirPlaces) {
  const DerivedSeeds shown = SeedTemplate::Placeholders();
  SeedTemplate text(absl::StrCat("a=", FormatSeed(shown.test_seed),
                                 " b=", FormatSeed(shown.fuzz), " a=",
                                 FormatSeed(shown.test_seed), "."));
  std::string elsewhere = text.text();
  for (std::uint64_t seed : {0ull, 42ull, ~0ull, 1ull}) {
    const DerivedSeeds seeds = {seed, 1, 2, 3, 77};
    EXPECT_EQ(text.With(SeedTexts(seeds)),
              absl::StrCat("a=", FormatSeed(seed), " b=0x000000000000004d a=",
                           FormatSeed(seed), "."));
    text.StoreInto(elsewhere.data(), SeedTexts(seeds));
    EXPECT_EQ(elsewhere, text.text());
  }
}

TEST(SeedTemplateTest, KilledWithANewFirstSeedATextHasOnlyNewOnes) {
  const DerivedSeeds shown = SeedTemplate::Placeholders();
  const SeedTemplate text(absl::StrCat(
      "seed=", FormatSeed(shown.test_seed), "\nfuzz=", FormatSeed(shown.fuzz),
      " entropy=", FormatSeed(shown.entropy), "\n--lab_seed=",
      FormatSeed(shown.test_seed), "\n"));
  SeedTemplate of_old = text;
  SeedTemplate of_new = text;
  of_old.With(SeedTexts(kOld));
  of_new.With(SeedTexts(kNew));
  const std::vector<std::string> states = StatesDuring(
      of_old.text(),
      [&](char* memory) { text.StoreInto(memory, SeedTexts(kNew)); });
  if (states.empty()) GTEST_SKIP() << "no process can be traced here";
  EXPECT_GE(states.size(), 5u);
  EXPECT_EQ(states.front(), of_old.text());
  EXPECT_EQ(states.back(), of_new.text());
  for (const std::string& state : states) {
    if (absl::StartsWith(state, "seed=" + FormatSeed(kNew.test_seed))) {
      EXPECT_EQ(state, of_new.text());
    }
  }
}

std::string RunningManifest() {
  ReproManifest manifest;
  manifest.status = kStatusRunning;
  return ToJson(manifest);
}

TEST(SeedNumbersTest, AManifestHasTheSeedsThatWereStored) {
  std::string json = RunningManifest();
  const SeedNumbers numbers(&json);
  for (const DerivedSeeds& seeds : {kOld, kNew, kOld}) {
    numbers.StoreInto(json.data(), seeds);
    const absl::StatusOr<ReproManifest> manifest = ParseManifest(json, "it");
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    EXPECT_EQ(manifest->seed, seeds.test_seed);
    EXPECT_EQ(manifest->schedule_seed, seeds.schedule);
    EXPECT_EQ(manifest->entropy_seed, seeds.entropy);
    EXPECT_EQ(manifest->fault_seed, seeds.fault);
    EXPECT_EQ(manifest->fuzz_seed, seeds.fuzz);
  }
}

TEST(SeedNumbersTest, KilledAtAnyInstructionAManifestIsReadable) {
  std::string json = RunningManifest();
  const SeedNumbers numbers(&json);
  numbers.StoreInto(json.data(), kOld);
  const std::vector<std::string> states = StatesDuring(
      json, [&](char* memory) { numbers.StoreInto(memory, kNew); });
  if (states.empty()) GTEST_SKIP() << "no process can be traced here";
  EXPECT_GE(states.size(), 15u);
  std::set<std::uint64_t> schedule_seeds;
  for (const std::string& state : states) {
    const absl::StatusOr<ReproManifest> manifest = ParseManifest(state, "it");
    ASSERT_TRUE(manifest.ok()) << manifest.status() << "\n" << state;
    schedule_seeds.insert(manifest->schedule_seed);
  }
  EXPECT_THAT(schedule_seeds, Contains(kNew.schedule));
  schedule_seeds.erase(kOld.schedule);
  schedule_seeds.erase(0);
  for (const std::uint64_t seed : schedule_seeds) {
    const std::string digits = absl::StrCat(seed);
    const bool is_old_cut = absl::StartsWith(absl::StrCat(kOld.schedule),
                                             digits);
    EXPECT_TRUE(is_old_cut ||
                absl::StartsWith(absl::StrCat(kNew.schedule), digits))
        << digits;
  }
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
