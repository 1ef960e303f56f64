// zstd for the payloads of a trace file, whose decompressed length is known and
// bounded.
//
//   BlockCompressor compressor;
//   std::string stored = compressor.Compress(raw);
//   BlockDecompressor decompressor;
//   absl::Status status = decompressor.Decompress(stored, raw.size(), &out);
//
// Determinism: equal bytes give equal bytes with one version of zstd; another
// version may compress differently, and both decompress either.
//
// Lifetime: each keeps zstd's working memory (about 1 MiB) for the next call.
#ifndef ASUPERSYNC_REPLAY_BLOCK_COMPRESSOR_H_
#define ASUPERSYNC_REPLAY_BLOCK_COMPRESSOR_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "zstd.h"

namespace asupersync {

class BlockCompressor {
 public:
  // One frame. At most 1 MiB of `raw` are expected.
  std::string Compress(absl::string_view raw);

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_;
};

class BlockDecompressor {
 public:
  // Sets *raw. DataLoss if `stored` is not one frame of `raw_length` bytes. No
  // more than `raw_length` bytes are allocated or written, whatever it says.
  absl::Status Decompress(absl::string_view stored, size_t raw_length,
                          std::string* raw);

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_BLOCK_COMPRESSOR_H_
