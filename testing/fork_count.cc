#include "asupersync/testing/fork_count.h"

#include <pthread.h>

#include <atomic>

namespace asupersync {
namespace testing_internal {
namespace {

constinit std::atomic<int> forks = 0;

}  // namespace

int ForkCount() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });
  (void)registered;
  return forks.load(std::memory_order_relaxed);
}

}  // namespace testing_internal
}  // namespace asupersync
