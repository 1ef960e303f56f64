// 64-bit hashes whose values are the same on every machine, in every process
// and in every version of this library: they are written into traces.
//
//   uint64_t scope = StableHash64("Bank.Transfer");
//   certificate = HashCombine(certificate, choice);   // hot path
//
// Determinism: pure functions of their arguments. No per-process salt (unlike
// absl::Hash), no dependence on byte order.
//
// None of these is cryptographic: an adversary can make collisions.
#ifndef ASUPERSYNC_BASE_STABLE_HASH_H_
#define ASUPERSYNC_BASE_STABLE_HASH_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace asupersync {

// XXH64 (xxHash specification 0.1.1) of the bytes of `data`.
uint64_t StableHash64(absl::string_view data, uint64_t seed = 0);

// A bijection of the 64-bit integers in which every input bit affects every
// output bit; Mix64(0) == 0. About 12 cycles of latency.
// Source: "moremur", Pelle Evensen, "Better, stronger mixer and a test
// procedure", 2019.
constexpr uint64_t Mix64(uint64_t x) {
  x ^= x >> 27;
  x *= 0x3C79AC492BA7B653u;
  x ^= x >> 33;
  x *= 0x1C69B3F74AC4AE35u;
  x ^= x >> 27;
  return x;
}

// The hash of the ordered pair (a, b). For a fixed `a` it is a bijection of
// `b` and the reverse, so values that differ in one argument never collide;
// pairs of two numbers below 2^31 never collide either, because multiples of
// the golden ratio keep that distance (the three-distance theorem). A rolling
// hash of a sequence is h = HashCombine(h, next). About 16 cycles of latency.
constexpr uint64_t HashCombine(uint64_t a, uint64_t b) {
  return Mix64((a + 1) * 0x9E3779B97F4A7C15u + b);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_STABLE_HASH_H_
