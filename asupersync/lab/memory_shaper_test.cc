#include "asupersync/lab/memory_shaper.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "asupersync/task/frame_pool.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER_IS_ON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER_IS_ON 1
#endif
#endif

constexpr int kBlocks = 6;
constexpr MemoryShaper::Form kUp = {false, 0x5a, 1};
constexpr MemoryShaper::Form kDown = {true, 0xa5, 2};

struct Taken {
  std::uintptr_t addresses[kBlocks];
  bool is_filled = true;

  bool Is(bool descending) const {
    for (int i = 1; i < kBlocks; ++i) {
      if ((addresses[i] < addresses[i - 1]) != descending) return false;
    }
    return true;
  }
  bool HasAddressesOf(const Taken& other) const {
    for (int i = 0; i < kBlocks; ++i) {
      if (addresses[i] != other.addresses[i]) return false;
    }
    return true;
  }
};

class MemoryShaperTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
#ifdef ADDRESS_SANITIZER_IS_ON
    GTEST_SKIP() << "its heap is its own";
#endif
  }

  template <class Allocate, class Free>
  Taken Take(const MemoryShaper::Form& form, Allocate allocate, Free free) {
    Taken taken;
    unsigned char* blocks[kBlocks];
    shaper_.Begin(form);
    for (unsigned char*& block : blocks) {
      block = static_cast<unsigned char*>(allocate(GetParam()));
      taken.is_filled &= block[GetParam() - 1] == form.fill;
    }
    shaper_.End();
    for (int i = 0; i < kBlocks; ++i) {
      taken.addresses[i] = reinterpret_cast<std::uintptr_t>(blocks[i]);
      free(blocks[i]);
    }
    return taken;
  }
  Taken TakeNew(const MemoryShaper::Form& form) {
    return Take(
        form, [](std::size_t bytes) { return ::operator new(bytes); },
        [](void* block) { ::operator delete(block); });
  }
  Taken TakeFrames(const MemoryShaper::Form& form) {
    return Take(
        form, [](std::size_t bytes) { return FramePool::Allocate(bytes); },
        [](void* block) { FramePool::Free(block, GetParam()); });
  }

  MemoryShaper shaper_;
};

TEST_P(MemoryShaperTest, NewGivesTheOrderTheFillAndAgainTheSameAddresses) {
  const Taken up = TakeNew(kUp);
  EXPECT_TRUE(up.is_filled);
  EXPECT_TRUE(up.Is(/*descending=*/false));
  const Taken down = TakeNew(kDown);
  EXPECT_TRUE(down.is_filled);
  EXPECT_TRUE(down.Is(/*descending=*/true));
  EXPECT_TRUE(TakeNew(kUp).HasAddressesOf(up));
}

TEST_P(MemoryShaperTest, FramesHaveTheOrderTheFillAndAgainTheSameAddresses) {
  const Taken up = TakeFrames(kUp);
  EXPECT_TRUE(up.is_filled);
  EXPECT_TRUE(up.Is(/*descending=*/false));
  const Taken down = TakeFrames(kDown);
  EXPECT_TRUE(down.is_filled);
  EXPECT_TRUE(down.Is(/*descending=*/true));
  EXPECT_TRUE(TakeFrames(kUp).HasAddressesOf(up));
}

INSTANTIATE_TEST_SUITE_P(Sizes, MemoryShaperTest,
                         ::testing::Values(9, 24, 40, 200, 1032, 1600));

TEST(MemoryShaperLifetimeTest, WhatOutlivesItsExecutionIsLeftAlone) {
  std::vector<std::unique_ptr<std::string>> kept;
  {
    MemoryShaper shaper;
    for (int i = 0; i < 10; ++i) {  // more than there are arenas
      shaper.Begin(i % 2 == 0 ? kUp : kDown);
      kept.push_back(std::make_unique<std::string>(100, 'a' + i));
      shaper.End();
    }
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(*kept[static_cast<std::size_t>(i)], std::string(100, 'a' + i));
  }
}

TEST(MemoryShaperLifetimeTest, OtherThreadsAndPausesAreNotShaped) {
  MemoryShaper shaper;
  shaper.Begin(kUp);
  const auto before = std::make_unique<int>(1);
  std::unique_ptr<int> elsewhere;
  std::unique_ptr<int> paused;
  std::thread([&] { elsewhere = std::make_unique<int>(2); }).join();
  {
    MemoryShaper::Pause pause;
    paused = std::make_unique<int>(3);
  }
  const auto after = std::make_unique<int>(4);
  shaper.End();
#ifndef ADDRESS_SANITIZER_IS_ON
  const std::less<int*> below;
  EXPECT_TRUE(below(before.get(), after.get()));
  for (int* other : {elsewhere.get(), paused.get()}) {
    EXPECT_FALSE(below(before.get(), other) && below(other, after.get()));
  }
#endif
  EXPECT_EQ(*before + *elsewhere + *paused + *after, 10);
}

}  // namespace
}  // namespace asupersync
