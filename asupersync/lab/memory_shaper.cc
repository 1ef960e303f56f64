#include "asupersync/lab/memory_shaper.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include "asupersync/base/prng.h"
#include "asupersync/task/frame_pool.h"

namespace asupersync {
namespace {

constexpr std::size_t kGranule = 16;
constexpr std::size_t kArenaBytes = std::size_t{64} << 20;
constexpr std::size_t kArenas = 4;
constexpr std::size_t kBlocksPerFrameSize = 32;
constexpr std::size_t kStackBytes = 64 << 10;

// One arena is in use; others hold what outlived their execution. Mapped once
// and never unmapped: blocks in them may be freed at any time.
struct Arena {
  char* begin;
  std::atomic<std::size_t> live;
};
constinit Arena arenas[kArenas] = {};
constinit std::atomic<char*> arenas_begin = nullptr;

// Of the thread that shapes.
struct Current {
  Arena* arena;
  std::size_t used;
  bool descending;
  std::uint8_t fill;
  Prng gaps{0};
};
Current current;

bool MapArenas() {
  if (arenas_begin != nullptr) return true;
  void* const place =
      mmap(nullptr, kArenas * kArenaBytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return false;
  char* const begin = static_cast<char*>(place);
  for (std::size_t i = 0; i < kArenas; ++i) {
    arenas[i].begin = begin + i * kArenaBytes;
  }
  arenas_begin = begin;
  return true;
}

// The first that is empty.
Arena* EmptyArena() {
  if (!MapArenas()) return nullptr;
  for (Arena& arena : arenas) {
    if (arena.live == 0) return &arena;
  }
  return nullptr;
}

// Leaves `fill` where the next calls have their variables.
__attribute__((noinline)) void FillStack(std::uint8_t fill) {
  std::uint8_t bytes[kStackBytes];
  std::memset(bytes, fill, sizeof(bytes));
  asm volatile("" : : "r"(bytes) : "memory");  // somebody might look
}

}  // namespace

MemoryShaper::MemoryShaper() {
  for (std::size_t bytes = kGranule; bytes <= FramePool::kLargestPooled;
       bytes += kGranule) {
    FrameBlocks& frames = frames_.emplace_back();
    frames.bytes = bytes;
    for (std::size_t i = 0; i < kBlocksPerFrameSize; ++i) {
      frames.blocks.push_back(FramePool::Allocate(bytes));
    }
  }
  for (FrameBlocks& frames : frames_) {
    for (void* block : frames.blocks) FramePool::Free(block, frames.bytes);
  }
}

MemoryShaper::~MemoryShaper() { mallopt(M_PERTURB, 0); }

// The pool hands out first what was freed last. What it has at hand before is
// taken out and put back below.
void MemoryShaper::LayOutFrames(const Form& form) {
  for (FrameBlocks& frames : frames_) {
    for (void*& block : frames.blocks) {
      block = FramePool::Allocate(frames.bytes);
    }
    std::sort(frames.blocks.begin(), frames.blocks.end(),
              std::less<void*>());
    if (!form.descending) {
      std::reverse(frames.blocks.begin(), frames.blocks.end());
    }
    for (void* block : frames.blocks) {
      std::memset(block, form.fill, frames.bytes);
      FramePool::Free(block, frames.bytes);
    }
  }
}

void MemoryShaper::Begin(const Form& form) {
  LayOutFrames(form);
  FillStack(form.fill);
  // malloc hands out bytes with the complement of what it is told.
  mallopt(M_PERTURB, static_cast<std::uint8_t>(~form.fill));
  current.arena = EmptyArena();
  current.used = 0;
  current.descending = form.descending;
  current.fill = form.fill;
  current.gaps.Reseed(form.seed);
  if (current.arena == nullptr) return;
  madvise(current.arena->begin, kArenaBytes, MADV_DONTNEED);
  shaping_ = true;
}

void MemoryShaper::End() {
  shaping_ = false;
  mallopt(M_PERTURB, 0);
}

void* MemoryShaper::AllocateShaped(std::size_t bytes) {
  if (bytes > kBytesMax) return nullptr;
  const std::size_t size =
      std::max((bytes + kGranule - 1) / kGranule, std::size_t{1}) * kGranule;
  const std::size_t gap = current.gaps.Below(3) * kGranule;
  if (current.used + gap + size > kArenaBytes) return nullptr;
  current.used += gap + size;
  char* const block =
      current.descending
          ? current.arena->begin + kArenaBytes - current.used
          : current.arena->begin + current.used - size;
  std::memset(block, current.fill, size);
  current.arena->live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

bool MemoryShaper::Free(void* block) {
  char* const begin = arenas_begin.load(std::memory_order_relaxed);
  if (begin == nullptr) return false;
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(block) -
                             reinterpret_cast<std::uintptr_t>(begin);
  if (offset >= kArenas * kArenaBytes) return false;
  arenas[offset / kArenaBytes].live.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

MemoryShaper::Pause::Pause() : was_shaping_(shaping_) { shaping_ = false; }

MemoryShaper::Pause::~Pause() { shaping_ = was_shaping_; }

}  // namespace asupersync
