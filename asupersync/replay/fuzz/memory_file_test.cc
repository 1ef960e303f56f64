#include "asupersync/replay/fuzz/memory_file.h"

#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(MemoryFileTest, IsReadByItsPathAndHoldsTheLastContentOnly) {
  MemoryFile file;
  for (const std::string& bytes :
       {std::string(100000, 'x'), std::string("a\0b", 3), std::string()}) {
    file.Set(bytes);
    std::ifstream in(file.path(), std::ios::binary);
    ASSERT_TRUE(in.good());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), bytes);
  }
}

}  // namespace
}  // namespace asupersync
