#include "asupersync/task/frame_pool.h"

#include <cstddef>
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

struct FreeBlock {
  FreeBlock* next;
};

struct ThreadPool {
  FreeBlock* free[kClasses];
  char* fresh;
  std::size_t fresh_bytes;
};

// Trivially destructible on purpose: frames may be freed after a thread's
// other thread-local objects are gone.
constinit thread_local ThreadPool pool = {};

std::size_t ClassOf(std::size_t bytes) { return (bytes - 1) / kGranule; }

void* AllocateFresh(std::size_t size_class) {
  const std::size_t bytes = (size_class + 1) * kGranule;
  if (pool.fresh_bytes < bytes) {
    // The rest of the old chunk is smaller than one block: let it go.
    pool.fresh = static_cast<char*>(::operator new(kChunkBytes));
    pool.fresh_bytes = kChunkBytes;
  }
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
