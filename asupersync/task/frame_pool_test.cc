#include "asupersync/task/frame_pool.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "asupersync/base/prng.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

struct Block {
  unsigned char* memory;
  std::size_t bytes;
  unsigned char fill;
};

bool Intact(const Block& block) {
  for (std::size_t i = 0; i < block.bytes; ++i) {
    if (block.memory[i] != block.fill) return false;
  }
  return true;
}

TEST(FramePoolTest, BlocksInUseNeverOverlap) {
  Prng random(7);
  std::vector<Block> blocks;
  for (int i = 0; i < 50'000; ++i) {
    if (blocks.size() < 400 && random.Below(2) == 0) {
      const std::size_t bytes = random.Below(FramePool::kLargestPooled + 500);
      const auto fill = static_cast<unsigned char>(random.Below(256));
      auto* memory = static_cast<unsigned char*>(FramePool::Allocate(bytes));
      ASSERT_NE(memory, nullptr);
      ASSERT_EQ(
          reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t),
          0u);
      std::memset(memory, fill, bytes);
      blocks.push_back({memory, bytes, fill});
    } else if (!blocks.empty()) {
      const std::size_t chosen = random.Below(blocks.size());
      ASSERT_TRUE(Intact(blocks[chosen]));
      FramePool::Free(blocks[chosen].memory, blocks[chosen].bytes);
      blocks[chosen] = blocks.back();
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) {
    EXPECT_TRUE(Intact(block));
    FramePool::Free(block.memory, block.bytes);
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__has_feature)
#define ASUPERSYNC_POOLS 1
#elif defined(__has_feature)
#if !__has_feature(address_sanitizer)
#define ASUPERSYNC_POOLS 1
#endif
#endif

#ifdef ASUPERSYNC_POOLS
TEST(FramePoolTest, AFreedBlockServesTheNextRequestOfItsClass) {
  void* first = FramePool::Allocate(100);
  FramePool::Free(first, 100);
  void* second = FramePool::Allocate(97);  // the class of 97 to 128 bytes
  EXPECT_EQ(second, first);
  void* other = FramePool::Allocate(129);
  EXPECT_NE(other, first);
  FramePool::Free(second, 97);
  FramePool::Free(other, 129);
}
#endif

TEST(FramePoolTest, ABlockMayBeFreedOnAnotherThread) {
  void* block = nullptr;
  std::thread([&] { block = FramePool::Allocate(64); }).join();
  std::memset(block, 1, 64);
  FramePool::Free(block, 64);
  void* again = FramePool::Allocate(64);
  std::memset(again, 2, 64);
  FramePool::Free(again, 64);
}

}  // namespace
}  // namespace asupersync
