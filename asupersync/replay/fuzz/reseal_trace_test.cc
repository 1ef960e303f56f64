#include "asupersync/replay/fuzz/reseal_trace.h"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "asupersync/replay/fuzz/memory_file.h"
#include "asupersync/replay/fuzz/read_trace_bytes.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

std::string Golden(const std::string& name) {
  std::ifstream in("asupersync/replay/fuzz/corpus/trace_reader/" + name,
                   std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ResealTraceTest, AWholeTraceIsNotChanged) {
  for (const char* name : {"v1_columns_none.async", "v1_columns_zstd.async",
                           "v1_rows_none.async", "v1_flight.async"}) {
    EXPECT_EQ(ResealTrace(Golden(name)), Golden(name)) << name;
  }
}

// Else the fuzz targets would only attack the checks.
TEST(ResealTraceTest, ManyChangedTracesPassTheChecks) {
  MemoryFile file;
  const std::string bytes = Golden("v1_rows_none.async");
  int changed = 0, accepted = 0;
  for (size_t i = 24; i < bytes.size(); i += 3) {
    std::string forged = bytes;
    forged[i] = static_cast<char>(forged[i] ^ 1);
    file.Set(forged);
    EXPECT_FALSE(ReadTraceBytes(file.path()).status.ok()) << i;
    file.Set(ResealTrace(forged));
    ++changed;
    accepted += ReadTraceBytes(file.path()).status.ok() ? 1 : 0;
  }
  EXPECT_GT(accepted, changed / 3) << "of " << changed;
}

TEST(ResealTraceTest, BytesThatAreNoTraceAreLeft) {
  for (const size_t size : {0, 23, 24, 25, 100}) {
    const std::string bytes(size, '\xff');
    EXPECT_EQ(ResealTrace(bytes), bytes);
  }
}

}  // namespace
}  // namespace asupersync
