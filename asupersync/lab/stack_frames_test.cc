#include "asupersync/lab/stack_frames.h"

#include <cstddef>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kMax = 64;

__attribute__((noinline)) std::size_t Callee(void** frames) {
  const std::size_t size =
      CaptureStack(__builtin_return_address(0), frames, kMax);
  asm volatile("" : : : "memory");  // no tail call
  return size;
}

__attribute__((noinline)) std::size_t NamedCaller(void** frames) {
  const std::size_t size = Callee(frames);
  asm volatile("" : : : "memory");
  return size;
}

TEST(StackFramesTest, BeginsAtTheCallerThatWasAskedFor) {
  void* frames[kMax];
  const std::size_t size = NamedCaller(frames);
  ASSERT_GE(size, 2u);
  EXPECT_THAT(FunctionOf(frames[0]), HasSubstr("NamedCaller"));
  EXPECT_THAT(FunctionOf(frames[1]), HasSubstr("BeginsAtTheCaller"));
}

TEST(StackFramesTest, IsCutAtTheGivenSize) {
  void* frames[2] = {};
  EXPECT_EQ(CaptureStack(nullptr, frames, 2), 2u);
}

TEST(StackFramesTest, AFrameNamesFunctionFileAndOffset) {
  void* frames[kMax];
  ASSERT_GE(NamedCaller(frames), 1u);
  EXPECT_THAT(DescribeFrame(frames[0]), HasSubstr("NamedCaller"));
  EXPECT_THAT(DescribeFrame(frames[0]), HasSubstr("(stack_frames_test+0x"));
  char text[8];
  DescribeFrame(frames[0], text, sizeof(text));
  EXPECT_EQ(std::string(text), DescribeFrame(frames[0]).substr(0, 7));
}

TEST(StackFramesTest, AnAddressOutsideTheProgramIsUnknown) {
  EXPECT_THAT(DescribeFrame(reinterpret_cast<void*>(16)),
              StartsWith("(unknown) (?+0x10)"));
}

}  // namespace
}  // namespace asupersync
