#include "asupersync/replay/block_compressor.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "asupersync/base/prng.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(BlockCompressorTest, BytesComeBackAndAreTheSameEachTime) {
  BlockCompressor compressor;
  BlockDecompressor decompressor;
  for (const size_t size : {0, 1, 1000, 1 << 20}) {
    Prng prng(size);
    std::string raw(size, '\0');
    for (char& c : raw) c = static_cast<char>(prng.Below(5));
    const std::string stored = compressor.Compress(raw);
    EXPECT_EQ(BlockCompressor().Compress(raw), stored);
    std::string back = "old";
    EXPECT_TRUE(decompressor.Decompress(stored, size, &back).ok());
    EXPECT_EQ(back, raw);
    if (size > 100) {
      EXPECT_LT(stored.size(), size / 2);
    }
  }
}

TEST(BlockCompressorTest, WhatDoesNotFitIsAnError) {
  const std::string stored = BlockCompressor().Compress(std::string(1000, 'x'));
  BlockDecompressor decompressor;
  std::string raw;
  for (const size_t wrong : {0, 999, 1001}) {
    EXPECT_EQ(decompressor.Decompress(stored, wrong, &raw).code(),
              absl::StatusCode::kDataLoss)
        << wrong;
    EXPECT_LE(raw.size(), wrong);
  }
  for (const std::string& bytes :
       {std::string(), std::string("x"), stored.substr(0, stored.size() - 1),
        stored + "x"}) {
    EXPECT_EQ(decompressor.Decompress(bytes, 1000, &raw).code(),
              absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace asupersync
