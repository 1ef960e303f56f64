#include "asupersync/trace/site_table.h"

#include <bit>
#include <cstddef>
#include <cstdint>
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

// libstdc++ and libc++: a source_location is a pointer to one of these.
struct Record {
  const char* file;
  const char* function;
  unsigned line;
  unsigned column;
};

TEST(SiteTableTest, EqualLocationsHaveOneNumberWhateverTheirAddresses) {
  // A site of another file, function, line or column is another one.
  const std::string file = "f.cc";  // equal text elsewhere
  const std::vector<Record> records = {
      {"f.cc", "F", 1, 2}, {"g.cc", "F", 1, 2},       {"f.cc", "G", 1, 2},
      {"f.cc", "F", 2, 2}, {"f.cc", "F", 1, 1},       {"f.cc", "F", 1, 2},
      {"f.cc", "G", 1, 2}, {file.c_str(), "F", 2, 2},
  };
  const uint32_t numbers[] = {1, 2, 3, 4, 5, 1, 3, 4};
  std::vector<std::source_location> others;
  AddLocations<100>(others);
  for (const size_t before : {0, 30, 33, 100}) {
    SiteTable sites;
    for (size_t i = 0; i < before; ++i) sites.Intern(others[i]);
    for (size_t i = 0; i < records.size(); ++i) {
      const auto location =
          std::bit_cast<std::source_location>(&records[i]);
      EXPECT_EQ(sites.Intern(location), SiteId(before + numbers[i]))
          << i << " behind " << before;
    }
    const SiteView view = sites.View(SiteId(before + 3));
    EXPECT_EQ(view.file, "f.cc");
    EXPECT_EQ(view.function, "G");
    EXPECT_EQ(view.line, 1u);
    EXPECT_EQ(view.column, 2u);
  }
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
