#include "asupersync/trace/site_table.h"

#include <source_location>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

template <int kNumber>
std::source_location Here() {
  return std::source_location::current();
}

// Locations that differ in the function only, more than the cache holds.
template <int kNumber>
void AddLocations(std::vector<std::source_location>& out) {
  out.push_back(Here<kNumber>());
  if constexpr (kNumber > 0) AddLocations<kNumber - 1>(out);
}

TEST(SiteTableTest, NumbersFollowFirstAppearance) {
  SiteTable sites;
  const auto a = std::source_location::current();
  const auto b = std::source_location::current();
  EXPECT_EQ(sites.Intern(b), SiteId(1));
  EXPECT_EQ(sites.Intern(a), SiteId(2));
  EXPECT_EQ(sites.Intern(b), SiteId(1));
  EXPECT_EQ(sites.size(), 2u);
  EXPECT_EQ(sites.Get(SiteId(2)).line, a.line());
  EXPECT_EQ(sites.Get(SiteId(2)).file, a.file_name());
  EXPECT_EQ(sites.Get(SiteId(2)).function, a.function_name());
}

TEST(SiteTableTest, ManyLocationsKeepTheirNumbers) {
  std::vector<std::source_location> locations;
  AddLocations<600>(locations);
  SiteTable sites;
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < locations.size(); ++i) {
      ASSERT_EQ(sites.Intern(locations[i]), SiteId(i + 1));
    }
  }
  EXPECT_EQ(sites.Sites().size(), locations.size());
}

TEST(SiteTableTest, ResetForgetsNumbersOnly) {
  std::vector<std::source_location> locations;
  AddLocations<300>(locations);
  SiteTable sites;
  for (const auto& location : locations) sites.Intern(location);
  sites.Reset();
  EXPECT_EQ(sites.size(), 0u);
  EXPECT_EQ(sites.Get(SiteId(1)), Site());
  // In the other order: numbers must not come from before.
  for (size_t i = locations.size(); i-- > 0;) {
    ASSERT_EQ(sites.Intern(locations[i]), SiteId(locations.size() - i));
  }
  EXPECT_EQ(sites.Get(SiteId(1)).function, locations.back().function_name());
}

TEST(SiteTableTest, DefaultLocationIsTheUnknownSite) {
  SiteTable sites;
  EXPECT_EQ(sites.Intern(std::source_location()), SiteId());
  EXPECT_EQ(sites.size(), 0u);
  EXPECT_EQ(ToString(sites.Get(SiteId())), "unknown site");
  EXPECT_EQ(sites.Get(SiteId(77)), Site());
}

TEST(SiteTableTest, PrintsFileLineFunction) {
  std::ostringstream out;
  out << Site{"a/b.cc", 42, 3, "void F()"};
  EXPECT_EQ(out.str(), "a/b.cc:42 void F()");
}

}  // namespace
}  // namespace asupersync
