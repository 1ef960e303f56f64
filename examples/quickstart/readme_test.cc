// README's programs are those of this folder, to the letter.
//
//   readme_test README.md quickstart_test.cc structured_test.cc

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

std::vector<std::string>* paths = nullptr;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ReadmeTest, ShowsThePrograms) {
  const std::string readme = Contents(paths->front());
  for (std::size_t i = 1; i < paths->size(); ++i) {
    const std::string program = Contents((*paths)[i]);
    ASSERT_FALSE(program.empty());
    EXPECT_NE(readme.find("```cpp\n" + program + "```\n"), std::string::npos)
        << "README.md does not show " << (*paths)[i] << ":\n"
        << program;
  }
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc < 3) return 2;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  paths = &arguments;
  return RUN_ALL_TESTS();
}
