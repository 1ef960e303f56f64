// operator new and delete of test programs: malloc and free, but for blocks
// that MemoryShaper serves. The other forms of both are the C++ library's,
// which call these.
//
// Weak, so that a program that has its own keeps them. Not under
// AddressSanitizer, which tells new from malloc by its own.
#include <cstddef>
#include <cstdlib>
#include <new>

#include "asupersync/lab/memory_shaper.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASUPERSYNC_NEW_IS_TAKEN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASUPERSYNC_NEW_IS_TAKEN 1
#endif
#endif

#ifndef ASUPERSYNC_NEW_IS_TAKEN

using asupersync::MemoryShaper;

__attribute__((weak)) void* operator new(std::size_t bytes) {
  void* block = MemoryShaper::Allocate(bytes);
  if (block != nullptr) return block;
  while ((block = std::malloc(bytes == 0 ? 1 : bytes)) == nullptr) {
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
  return block;
}

__attribute__((weak)) void operator delete(void* block) noexcept {
  if (!MemoryShaper::Free(block)) std::free(block);
}

__attribute__((weak)) void operator delete(void* block,
                                           std::size_t) noexcept {
  if (!MemoryShaper::Free(block)) std::free(block);
}

#endif  // ASUPERSYNC_NEW_IS_TAKEN
