// README's first program is quickstart_test.cc, to the letter.
//
//   readme_test README.md quickstart_test.cc

#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace {

std::string* paths = nullptr;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ReadmeTest, ShowsTheQuickstartProgram) {
  const std::string readme = Contents(paths[0]);
  const std::string program = Contents(paths[1]);
  ASSERT_FALSE(program.empty());
  EXPECT_NE(readme.find("```cpp\n" + program + "```\n"), std::string::npos)
      << "README.md's first program and examples/quickstart differ:\n"
      << program;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 3) return 2;
  std::string arguments[] = {argv[1], argv[2]};
  paths = arguments;
  return RUN_ALL_TESTS();
}
