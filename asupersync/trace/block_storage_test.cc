#include "asupersync/trace/block_storage.h"

#include <cstdint>

#include "absl/types/span.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(HeapBlockStorageTest, MemoryIsUsedAgain) {
  HeapBlockStorage storage;
  const absl::Span<uint8_t> first = storage.Open(0, 0);
  EXPECT_GE(first.size(), BlockStorage::kBytesMin);
  first[0] = 1;
  first[first.size() - 1] = 2;
  storage.Close({10, 1, 0});
  const absl::Span<uint8_t> second = storage.Open(1, 0);
  EXPECT_NE(first.data(), second.data());
  storage.Close({10, 1, 0});
  storage.DropOldest("", 0);
  EXPECT_EQ(storage.Open(2, 0).data(), first.data());
  storage.Close({10, 1, 0});
  storage.Reset();
  EXPECT_EQ(storage.Open(0, 0).data(), first.data());
}

}  // namespace
}  // namespace asupersync
