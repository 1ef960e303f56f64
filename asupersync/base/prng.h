// Random numbers: a sequential generator, and a counter-based stream whose
// values do not depend on who else draws.
//
//   Prng prng(seeds.schedule);
//   uint64_t pick = prng.Below(ready_count);
//   uint64_t key = HashCombine(seeds.entropy, task.AsRaw());
//   uint64_t value = StreamValue(key, draw_count++);
//
// Determinism: the values depend on the seed alone and never change between
// versions. Not cryptographic.
#ifndef ASUPERSYNC_BASE_PRNG_H_
#define ASUPERSYNC_BASE_PRNG_H_

#include <bit>
#include <cassert>
#include <cstdint>

namespace asupersync {

// SplitMix64's output function (Steele, Lea, Flood, "Fast Splittable
// Pseudorandom Number Generators", OOPSLA 2014; Vigna's constants): value
// `index`, counted from 0, of the SplitMix64 generator whose state is `key`.
// Keys that are used side by side must be hashes: the stream of
// key + 0x9E3779B97F4A7C15 is that of key, shifted by one.
constexpr uint64_t StreamValue(uint64_t key, uint64_t index) {
  uint64_t z = key + (index + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// xoshiro256++ 1.0 (Blackman, Vigna, "Scrambled Linear Pseudorandom Number
// Generators", 2019), its state filled by SplitMix64 from a 64-bit seed.
// 32 bytes; copying it copies the sequence. Not thread-safe.
class Prng {
 public:
  explicit constexpr Prng(uint64_t seed) { Reseed(seed); }

  // Starts the sequence of `seed` from its beginning.
  constexpr void Reseed(uint64_t seed) {
    for (uint64_t i = 0; i < 4; ++i) s_[i] = StreamValue(seed, i);
  }

  // A generator in the given state. REQUIRES: not all four are 0.
  static constexpr Prng FromState(uint64_t s0, uint64_t s1, uint64_t s2,
                                  uint64_t s3) {
    Prng prng(0);
    prng.s_[0] = s0;
    prng.s_[1] = s1;
    prng.s_[2] = s2;
    prng.s_[3] = s3;
    return prng;
  }

  // 64 uniform bits.
  constexpr uint64_t Next() {
    const uint64_t result = std::rotl(s_[0] + s_[3], 23) + s_[0];
    const uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = std::rotl(s_[3], 45);
    return result;
  }

  // A uniform number below `n`, without bias. REQUIRES: n >= 1.
  // Draws more than one value with probability below n / 2^64 only.
  // Source: Lemire, "Fast Random Integer Generation in an Interval", 2019.
  constexpr uint64_t Below(uint64_t n) {
    assert(n >= 1);
    unsigned __int128 product = static_cast<unsigned __int128>(Next()) * n;
    if (static_cast<uint64_t>(product) < n) [[unlikely]] {
      const uint64_t threshold = (0 - n) % n;  // 2^64 mod n
      while (static_cast<uint64_t>(product) < threshold) {
        product = static_cast<unsigned __int128>(Next()) * n;
      }
    }
    return static_cast<uint64_t>(product >> 64);
  }

 private:
  uint64_t s_[4] = {};
};

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_PRNG_H_
