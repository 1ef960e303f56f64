#include "tools/tidy/include_rules.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

IncludeContext Tree() {
  return {{"asupersync/base/ids.h", "asupersync/trace/event.h",
           "asupersync/task/task.h", "asupersync/asupersync.h",
           "proto/trace.proto", "testing/lab_test.h"},
          {"asupersync/trace/event_test.cc"}};
}

std::vector<Finding> Check(const std::string& path, const std::string& text) {
  return CheckIncludes({path, text}, Tree());
}

auto Says(const std::string& what) {
  return ElementsAre(Field(&Finding::what, HasSubstr(what)));
}

TEST(IncludeRulesTest, IncludeGoesDown) {
  EXPECT_THAT(Check("asupersync/trace/a.cc",
                    "#include \"asupersync/base/ids.h\"\n"),
              IsEmpty());
  EXPECT_THAT(Check("asupersync/base/a.cc",
                    "\n#include \"asupersync/trace/event.h\"\n"),
              ElementsAre(AllOf(
                  Field(&Finding::line, 2),
                  Field(&Finding::what, HasSubstr("against the layers")))));
}

TEST(IncludeRulesTest, LowerFolderThatIsNotNamedIsRefused) {
  EXPECT_THAT(Check("asupersync/cli/a.cc",
                    "#include \"asupersync/task/task.h\"\n"),
              Says("against the layers"));
  EXPECT_THAT(
      Check("examples/a.cc", "#include \"asupersync/base/ids.h\"\n"),
      Says("against the layers"));
}

TEST(IncludeRulesTest, TestReachesItsOwnRank) {
  const std::string text = "#include \"asupersync/task/task.h\"\n";
  EXPECT_THAT(Check("asupersync/trace/event_test.cc", text),
              Says("above asupersync/trace/"));
  EXPECT_THAT(Check("asupersync/trace/event_test.cc",
                    "#include \"asupersync/base/ids.h\"\n"),
              IsEmpty());
}

TEST(IncludeRulesTest, HeadersAreIncludedByTheirPublicPath) {
  EXPECT_THAT(Check("examples/a.cc",
                    "#include \"asupersync/testing/lab_test.h\"\n"
                    "#include \"asupersync/asupersync.h\"\n"),
              IsEmpty());
  EXPECT_THAT(Check("examples/a.cc", "#include \"testing/lab_test.h\"\n"),
              Says("not that header's public path"));
  EXPECT_THAT(Check("asupersync/replay/a.cc",
                    "#include \"asupersync/proto/trace.pb.h\"\n"),
              IsEmpty());
  EXPECT_THAT(Check("asupersync/base/a.cc", "#include \"ids.h\"\n"),
              Says("neither a file of this tree"));
}

TEST(IncludeRulesTest, LibrariesAreKnown) {
  EXPECT_THAT(Check("asupersync/base/a.cc",
                    "#include <vector>\n#include \"absl/types/span.h\"\n"
                    "#include \"xxhash.h\"\n"),
              IsEmpty());
  EXPECT_THAT(Check("asupersync/base/a.cc", "#include \"boost/any.hpp\"\n"),
              Says("nor a known library"));
}

TEST(IncludeRulesTest, OnlyTestsKnowGoogleTest) {
  const std::string text = "#include \"gtest/gtest.h\"\n";
  EXPECT_THAT(Check("asupersync/trace/event.cc", text), Says("GoogleTest"));
  EXPECT_THAT(Check("asupersync/trace/event.cc", "#include <gmock/gmock.h>\n"),
              Says("GoogleTest"));
  EXPECT_THAT(Check("asupersync/trace/event_test.cc", text), IsEmpty());
  EXPECT_THAT(Check("testing/listener.cc", text), IsEmpty());
  EXPECT_THAT(Check("examples/a.cc", text), IsEmpty());
}

TEST(IncludeRulesTest, OnlyBenchmarksMeasure) {
  const std::string text = "#include \"benchmark/benchmark.h\"\n";
  EXPECT_THAT(Check("testing/a.cc", text), Says("for benchmarks/ alone"));
  EXPECT_THAT(Check("benchmarks/a.cc", text), IsEmpty());
}

TEST(IncludeRulesTest, OnlyBenchmarksKnowBoost) {
  const std::string text = "#include \"boost/asio/post.hpp\"\n";
  EXPECT_THAT(Check("testing/a.cc", text), Says("for benchmarks/ alone"));
  EXPECT_THAT(Check("benchmarks/a.cc", text), IsEmpty());
}

TEST(IncludeRulesTest, CommentsAndStringsAreNoIncludes) {
  EXPECT_THAT(Check("asupersync/base/a.cc",
                    "// #include \"x.h\"\n"
                    "/*\n#include \"y.h\"\n*/\n"
                    "auto s = R\"(\n#include \"z.h\"\n)\";\n"),
              IsEmpty());
}

TEST(IncludeRulesTest, FolderWithoutARowIsRefused) {
  EXPECT_THAT(Check("asupersync/extra/a.cc", "int x;\n"),
              Says("asupersync/extra/ has no row"));
}

}  // namespace
}  // namespace asupersync::tidy
