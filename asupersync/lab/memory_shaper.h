#ifndef ASUPERSYNC_LAB_MEMORY_SHAPER_H_
#define ASUPERSYNC_LAB_MEMORY_SHAPER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace asupersync {

// MemoryShaper: decides which memory this thread's small allocations get, so
// that a program whose behaviour depends on addresses, or on what fresh memory
// holds, shows it.
//
//   MemoryShaper shaper;
//   shaper.Begin({.descending = false, .fill = 0x5a, .seed = 1});
//   ...first execution...
//   shaper.End();
//   shaper.Begin({.descending = true, .fill = 0xa5, .seed = 2});
//   ...second: what is made later has the lower address...
//   shaper.End();
//
// In a process one execution mostly gets the same addresses as the one before.
// Between Begin() and End() operator new serves blocks of up to kBytesMax from
// an arena, one after the other with gaps that the seed decides, each filled
// with a byte; FramePool is made to hand out its blocks likewise. malloc fills
// what it hands out, and the stack below the caller is filled once.
//
// Determinism: equal forms give equal addresses, as long as everything that
// was allocated between Begin() and End() has been freed; otherwise, another
// arena is used.
//
// Lifetime: what was allocated stays valid after End() and after the shaper.
//
// operator new is replaced by :shaped_new, which every program with
// //testing:lab_init has. Where somebody else replaces it, and under
// AddressSanitizer, which needs its own, only the rest has an effect.
class MemoryShaper {
 public:
  static constexpr std::size_t kBytesMax = 4096;

  struct Form {
    bool descending = false;  // addresses of consecutive allocations
    std::uint8_t fill = 0;    // what fresh memory holds
    std::uint64_t seed = 0;   // of the gaps
  };

  MemoryShaper();
  MemoryShaper(const MemoryShaper&) = delete;
  MemoryShaper& operator=(const MemoryShaper&) = delete;
  // REQUIRES: not between Begin() and End().
  ~MemoryShaper();

  void Begin(const Form& form);
  void End();

  // Within it this thread's allocations are not shaped: for what outlives the
  // execution.
  class Pause {
   public:
    Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause();

   private:
    const bool was_shaping_;
  };

  // For operator new and delete. nullptr, false: not from an arena.
  static void* Allocate(std::size_t bytes) {
    return shaping_ ? AllocateShaped(bytes) : nullptr;
  }
  static bool Free(void* block);

 private:
  // Blocks of FramePool, of one size, ascending.
  struct FrameBlocks {
    std::size_t bytes = 0;
    std::vector<void*> blocks;
  };

  static void* AllocateShaped(std::size_t bytes);
  void LayOutFrames(const Form& form);

  static inline constinit thread_local bool shaping_ = false;

  std::vector<FrameBlocks> frames_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_MEMORY_SHAPER_H_
