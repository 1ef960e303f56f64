// Certificate is a rolling hash of the schedule: a witness of which answers an
// execution was given, in which order.
//
//   Certificate certificate;
//   certificate.Add(kind, candidate_identity);   // once per choice
//   uint64_t witness = certificate.value();
//
// Determinism: a pure function of the sequence of (kind, identity). With
// identities that do not depend on the schedule (DESIGN section 6) the same
// schedule has the same certificate on every machine.
//
// Not cryptographic. Two different sequences have the same value with a
// probability of about 2^-64 times their length.
#ifndef ASUPERSYNC_TRACE_CERTIFICATE_H_
#define ASUPERSYNC_TRACE_CERTIFICATE_H_

#include <cstdint>

#include "asupersync/base/stable_hash.h"

namespace asupersync {

class Certificate {
 public:
  constexpr Certificate() = default;

  // Continues from a value() of before.
  static constexpr Certificate FromState(uint64_t state) {
    Certificate certificate;
    certificate.state_ = state;
    return certificate;
  }

  // One choice: its kind and what was chosen. One multiplication; the next
  // Add waits about 6 cycles for it, a step has far more than that.
  constexpr void Add(uint8_t kind, uint64_t identity) {
    // The low half of a product by an odd number is a bijection of the state;
    // folding the high half in lets every bit reach every other within two
    // choices.
    const unsigned __int128 product =
        static_cast<unsigned __int128>(state_ ^ identity) * kMultiplier;
    state_ =
        static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
    state_ += kIncrement + kind;
  }

  // The witness so far.
  constexpr uint64_t value() const { return state_; }

  constexpr void Reset() { state_ = kStart; }

  friend constexpr bool operator==(const Certificate&,
                                   const Certificate&) = default;

 private:
  // Odd numbers with no structure: 2^64 / golden ratio; SplitMix64's second
  // multiplier.
  static constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  static constexpr uint64_t kIncrement = 0x94D049BB133111EB;
  static constexpr uint64_t kStart = Mix64(0x6365727469666963);

  uint64_t state_ = kStart;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_CERTIFICATE_H_
