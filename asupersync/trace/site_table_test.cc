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
  EXPECT_EQ(out.str(), "a/b.cc:42 F");
}

TEST(SiteTableTest, FunctionNamesAreShortened) {
  // As g++ 12 and clang 19 print them.
  EXPECT_EQ(ShortFunctionName("main"), "main");
  EXPECT_EQ(ShortFunctionName("int main(int, char**)"), "main");
  EXPECT_EQ(ShortFunctionName("void Program(LabRuntime&, bool)::<lambda("
                              "asupersync::Cx&)>::operator()(Program(Lab"
                              "Runtime&)::<lambda(Cx&)> mutable::_ZZ7.Frame*)"),
            "Program::lambda");
  EXPECT_EQ(ShortFunctionName("Program(LabRuntime&)::<lambda(Cx&)> mutable"),
            "Program::lambda");
  EXPECT_EQ(ShortFunctionName("auto Program(LabRuntime &)::(anonymous class)"
                              "::operator()(Cx &) const"),
            "Program::lambda");
  EXPECT_EQ(ShortFunctionName("asupersync::Task<absl::StatusOr<int> > "
                              "{anonymous}::Producer(asupersync::Cx&)"),
            "Producer");
  EXPECT_EQ(ShortFunctionName("Task<int> N::(anonymous namespace)::C<int>::"
                              "F(Cx &) const [T = int]"),
            "N::C::F");
  EXPECT_EQ(ShortFunctionName("T* F(T*) [with T = int]"), "F");
  EXPECT_EQ(ShortFunctionName("virtual void Suite_Name_Test::TestBody()"),
            "Suite_Name_Test::TestBody");
  EXPECT_EQ(ShortFunctionName("))(("), "))((");
  EXPECT_EQ(ShortFunctionName(""), "");
  const auto lambda = [] { return std::source_location::current(); };
  const std::string here = ShortFunctionName(lambda().function_name());
  EXPECT_LT(here.size(), 80u) << here;
  EXPECT_NE(here.find("lambda"), std::string::npos) << here;
}

}  // namespace
}  // namespace asupersync
