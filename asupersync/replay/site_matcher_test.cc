#include "asupersync/replay/site_matcher.h"

#include <source_location>
#include <string>
#include <vector>

#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Three operations of a running function, numbered by a SiteTable; the tests
// edit what was recorded.
class SiteMatcherTest : public ::testing::Test {
 protected:
  SiteMatcherTest() {
    for (const std::source_location location :
         {std::source_location::current(),
              std::source_location::current(),
                  std::source_location::current()}) {
      ids_.push_back(running_.Intern(location));
      recorded_.push_back(running_.Get(ids_.back()));
    }
  }

  bool Same(size_t running, size_t recorded) {
    SiteMatcher matcher(recorded_);
    for (const SiteId id : ids_) matcher.Note(id, running_);
    return matcher.Same(ids_[running], SiteId(recorded + 1));
  }

  SiteTable running_;
  std::vector<SiteId> ids_;
  std::vector<Site> recorded_;
};

TEST_F(SiteMatcherTest, ASiteIsTheSameAsItselfAndNoOther) {
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) EXPECT_EQ(Same(i, j), i == j) << i << j;
  }
}

TEST_F(SiteMatcherTest, LinesMayMove) {
  for (Site& site : recorded_) site.line += 1000;
  EXPECT_TRUE(Same(1, 1));
  EXPECT_FALSE(Same(0, 1));
}

TEST_F(SiteMatcherTest, AFunctionMayBeRenamed) {
  for (Site& site : recorded_) site.function = "void Old(int)";
  EXPECT_TRUE(Same(1, 1));
  EXPECT_FALSE(Same(0, 1));
}

// Then it is another function, not a renamed one.
TEST_F(SiteMatcherTest, AFunctionThatBothProgramsHaveIsNotRenamed) {
  recorded_[1].function = "void Old(int)";
  EXPECT_FALSE(Same(1, 1));
}

TEST_F(SiteMatcherTest, AFileMayMove) {
  for (Site& site : recorded_) {
    site.file = "/elsewhere/" + site.file.substr(site.file.rfind('/') + 1);
  }
  EXPECT_TRUE(Same(1, 1));
}

TEST_F(SiteMatcherTest, WithoutACommonColumnOnlyTheFunctionCounts) {
  for (Site& site : recorded_) site.column += 500;
  EXPECT_TRUE(Same(1, 1));
  EXPECT_TRUE(Same(0, 1));
  for (Site& site : recorded_) site.function = "void Old(int)";
  EXPECT_FALSE(Same(1, 1));
}

TEST_F(SiteMatcherTest, ATraceWithoutSitesTellsNothingApart) {
  recorded_.clear();
  EXPECT_TRUE(Same(0, 1));
}

TEST_F(SiteMatcherTest, UnknownSitesAreTheSameAsEachOther) {
  SiteMatcher matcher(recorded_);
  EXPECT_TRUE(matcher.Same(SiteId(), SiteId()));
  EXPECT_TRUE(matcher.Same(SiteId(), SiteId(99)));
  EXPECT_FALSE(matcher.Same(SiteId(), SiteId(1)));
}

// Where k operations are missing, the lines after them move up by a few.
TEST_F(SiteMatcherTest, AfterMissingOperationsALineMayHaveMovedUpALittle) {
  const auto same_after = [&](uint32_t moved_up, uint32_t skipped) {
    std::vector<Site> recorded = recorded_;
    recorded[2].line += moved_up;
    SiteMatcher matcher(recorded);
    for (const SiteId id : ids_) matcher.Note(id, running_);
    matcher.Learn(ids_[0], SiteId(1));
    return matcher.SameAfter(ids_[2], SiteId(3), skipped);
  };
  EXPECT_TRUE(same_after(0, 1));
  EXPECT_TRUE(same_after(3, 1));
  EXPECT_FALSE(same_after(4, 1));
  EXPECT_TRUE(same_after(4, 2));
  recorded_[2].line -= 1;  // it has moved down: something was added
  EXPECT_FALSE(same_after(0, 1));
}

}  // namespace
}  // namespace asupersync
