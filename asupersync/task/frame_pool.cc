#include "asupersync/task/frame_pool.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define ASUPERSYNC_FRAME_POOL_BYPASSED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASUPERSYNC_FRAME_POOL_BYPASSED 1
#endif
#endif

namespace asupersync {
namespace {

constexpr bool kBypassed =
#ifdef ASUPERSYNC_FRAME_POOL_BYPASSED
    true;
#else
    false;
#endif

constexpr std::size_t kGranule = 16;
constexpr std::size_t kClasses = FramePool::kLargestPooled / kGranule;
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
// Programs with many tasks visit them in random order. In huge pages they miss
// the TLB less, and fault once where 512 small pages fault 512 times.
constexpr std::size_t kHugeBytes = std::size_t{2} << 20;
constexpr std::size_t kHugeChunkBytes = 8 * kHugeBytes;
constexpr std::uint32_t kSmallChunks = 16;  // 4 MiB; then huge ones

struct FreeBlock {
  FreeBlock* next;
};

struct ThreadPool {
  FreeBlock* free[kClasses];
  char* fresh;
  std::size_t fresh_bytes;
  std::uint32_t chunks;
};

// Trivially destructible on purpose: frames may be freed after a thread's
// other thread-local objects are gone.
constinit thread_local ThreadPool pool = {};

std::size_t ClassOf(std::size_t bytes) { return (bytes - 1) / kGranule; }

// Aligned address space of kHugeChunkBytes, which takes memory as it is first
// written; null if there is none.
char* MapHugeChunk() {
  // The kernel aligns to small pages: ask for more and give the ends back.
  constexpr std::size_t kAsked = kHugeChunkBytes + kHugeBytes;
  void* const mapped = mmap(nullptr, kAsked, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped);
  const std::size_t before =
      -reinterpret_cast<std::uintptr_t>(begin) & (kHugeBytes - 1);
  char* const chunk = begin + before;
  if (before > 0) munmap(begin, before);
  if (before < kHugeBytes) {
    munmap(chunk + kHugeChunkBytes, kHugeBytes - before);
  }
  madvise(chunk, kHugeChunkBytes, MADV_HUGEPAGE);  // a wish
  return chunk;
}

void TakeChunk() {
  if (pool.chunks >= kSmallChunks) {
    if (char* const chunk = MapHugeChunk()) {
      pool.fresh = chunk;
      pool.fresh_bytes = kHugeChunkBytes;
      return;
    }
  }
  pool.fresh = static_cast<char*>(::operator new(kChunkBytes));
  pool.fresh_bytes = kChunkBytes;
  ++pool.chunks;
}

void* AllocateFresh(std::size_t size_class) {
  const std::size_t bytes = (size_class + 1) * kGranule;
  // The rest of the old chunk is smaller than one block: let it go.
  if (pool.fresh_bytes < bytes) TakeChunk();
  char* block = pool.fresh;
  pool.fresh += bytes;
  pool.fresh_bytes -= bytes;
  return block;
}

}  // namespace

void* FramePool::Allocate(std::size_t bytes) {
  if (kBypassed || bytes > kLargestPooled) return ::operator new(bytes);
  if (bytes == 0) bytes = 1;
  const std::size_t size_class = ClassOf(bytes);
  FreeBlock* block = pool.free[size_class];
  if (block == nullptr) return AllocateFresh(size_class);
  pool.free[size_class] = block->next;
  return block;
}

void FramePool::Free(void* block, std::size_t bytes) noexcept {
  if (kBypassed || bytes > kLargestPooled) {
    ::operator delete(block);
    return;
  }
  if (bytes == 0) bytes = 1;
  const std::size_t size_class = ClassOf(bytes);
  auto* freed = static_cast<FreeBlock*>(block);
  freed->next = pool.free[size_class];
  pool.free[size_class] = freed;
}

}  // namespace asupersync
