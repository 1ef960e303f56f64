#include "asupersync/testing/explore.h"

#include <cstdint>

#include "asupersync/base/fatal.h"
#include "asupersync/base/seed.h"

namespace asupersync {

Explore Explore::Sweep(std::uint64_t executions) {
  if (executions == 0) {
    Fatal("Explore::Sweep(0) would run nothing; ask for 1 or more executions");
  }
  return Explore(executions, true);
}

Explore Explore::WithSeed(std::uint64_t seed) const {
  Explore explore = *this;
  explore.seed_ = seed;
  return explore;
}

std::uint64_t SweepSeed(std::uint64_t test_seed, std::uint64_t i) {
  return i == 0 ? test_seed : DeriveSeed(test_seed, "sweep", i);
}

}  // namespace asupersync
