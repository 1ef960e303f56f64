#include "tools/tidy/link_rules.h"

#include <map>
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

std::vector<Finding> Check(const std::string& path, const std::string& text) {
  const std::map<std::string, std::string> tree = {
      {"README.md", "# Top\n"},
      {"docs", ""},
      {"docs/a.md", "# The file format\n\n## Usage\n\n## Usage\n"},
  };
  return CheckLinks(
      {path, text},
      [&](const std::string& name) { return tree.count(name) > 0; },
      [&](const std::string& name) { return tree.at(name); });
}

auto Says(int line, const std::string& what) {
  return ElementsAre(AllOf(Field(&Finding::line, line),
                           Field(&Finding::what, HasSubstr(what))));
}

TEST(LinkRulesTest, RelativeLinkLeadsToAFileOrFolder) {
  EXPECT_THAT(Check("README.md", "[a](docs/a.md) and [b](docs/ \"title\")\n"),
              IsEmpty());
  EXPECT_THAT(Check("docs/a.md", "[up](../README.md) [self](./a.md)\n"),
              IsEmpty());
  EXPECT_THAT(Check("README.md", "\n[a](docs/b.md)\n"),
              Says(2, "docs/b.md, which does not exist"));
  EXPECT_THAT(Check("README.md", "[a](../outside.md)\n"),
              Says(1, "does not exist"));
}

TEST(LinkRulesTest, AnchorIsAHeading) {
  EXPECT_THAT(Check("README.md", "[a](docs/a.md#the-file-format)\n"),
              IsEmpty());
  EXPECT_THAT(Check("README.md", "# Here\n[a](#here)\n"), IsEmpty());
  EXPECT_THAT(Check("README.md", "[a](docs/a.md#nowhere)\n"),
              Says(1, "no such heading"));
  EXPECT_THAT(Check("README.md", "[a](#nowhere)\n"),
              Says(1, "no such heading"));
}

TEST(LinkRulesTest, AnchorsAreMadeAsTheWebShowsThem) {
  EXPECT_THAT(Anchors("# What's `new`, in 2.0?\n## Usage\n```\n# no\n```\n"
                      "## Usage\ntext # no\n"),
              ElementsAre("usage", "usage-1", "whats-new-in-20"));
}

TEST(LinkRulesTest, WebLinksAreNotFollowed) {
  EXPECT_THAT(Check("README.md", "[a](https://nowhere.example/x)\n"),
              IsEmpty());
}

TEST(LinkRulesTest, CodeIsNoLink) {
  EXPECT_THAT(Check("README.md",
                    "`[x](none.md)`\n```cpp\nv[i](none.md)\n```\n"),
              IsEmpty());
}

TEST(LinkRulesTest, OnlyMarkdownHasLinks) {
  EXPECT_THAT(Check("a.cc", "auto x = v[i](none);\n"), IsEmpty());
}

}  // namespace
}  // namespace asupersync::tidy
