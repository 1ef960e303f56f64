#include "asupersync/testing/nearest_name.h"

#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

std::string Nearest(absl::string_view name) {
  return NearestName("--lab_", name,
                     {"--lab_seed", "--lab_check_seed", "--lab_replay",
                      "--lab_replay_mode"});
}

TEST(NearestNameTest, OneSlipIsForgiven) {
  EXPECT_EQ(Nearest("--lab_sed"), "--lab_seed");
  EXPECT_EQ(Nearest("--lab_sseed"), "--lab_seed");
  EXPECT_EQ(Nearest("--lab_sead"), "--lab_seed");
  EXPECT_EQ(Nearest("--lab_sede"), "--lab_seed");
  EXPECT_EQ(Nearest("--lab_esed"), "--lab_seed");
  EXPECT_EQ(Nearest("--lab_replay_mods"), "--lab_replay_mode");
  EXPECT_EQ(Nearest("--lab_seed"), "--lab_seed");
}

TEST(NearestNameTest, AWordThatWasLeftOutIsForgiven) {
  EXPECT_EQ(Nearest("--lab_mode"), "--lab_replay_mode");
  EXPECT_EQ(Nearest("--lab_check"), "--lab_check_seed");
}

TEST(NearestNameTest, TheFirstOfEquallyNearOnesCounts) {
  EXPECT_EQ(NearestName("", "abd", {"abc", "abe"}), "abc");
}

TEST(NearestNameTest, ThePrefixMakesNothingNear) {
  EXPECT_EQ(Nearest("--lab_home"), "");
  EXPECT_EQ(Nearest("--lab_"), "");
}

TEST(NearestNameTest, WhatIsFarFromAllIsNone) {
  EXPECT_EQ(Nearest("--verbose"), "");
  EXPECT_EQ(Nearest(""), "");
  EXPECT_EQ(NearestName("", "x", {}), "");
  EXPECT_EQ(Nearest(std::string(10'000, 'x')), "");
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
