// Seeds: how one test seed becomes the four seeds of an execution, and how a
// seed is read and written as text.
//
//   absl::StatusOr<uint64_t> seed = ParseSeed("0x2a");
//   DerivedSeeds derived = DeriveSeeds(*seed, "PipelineTest.DeliversInOrder");
//
// Determinism: pure functions; the derived values are part of the format of
// the repro manifest and never change.
#ifndef ASUPERSYNC_BASE_SEED_H_
#define ASUPERSYNC_BASE_SEED_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync {

// The test seed when neither the test nor the environment gives one.
inline constexpr uint64_t kDefaultTestSeed = 0x123456789ABCDEF0u;

// The seeds of one execution. Each purpose has its own, so that drawing more
// values for one does not change another.
struct DerivedSeeds {
  uint64_t test_seed = 0;
  uint64_t schedule = 0;  // which task, timer or waiter is next
  uint64_t entropy = 0;   // random values that the program asks for
  uint64_t fault = 0;     // injected faults and latencies
  uint64_t fuzz = 0;      // generated inputs

  friend bool operator==(const DerivedSeeds&, const DerivedSeeds&) = default;
};

// XXH64(le64(test_seed) || purpose_tag || le64(scope_id), seed 0), where le64
// is the eight bytes of the number, least significant first.
uint64_t DeriveSeed(uint64_t test_seed, absl::string_view purpose_tag,
                    uint64_t scope_id);

// DeriveSeed with the tags "schedule", "entropy", "fault" and "fuzz", and the
// scope XXH64(test_id, seed 0). `test_id` is "Suite.Name", as gtest prints it.
DerivedSeeds DeriveSeeds(uint64_t test_seed, absl::string_view test_id);

// Reads a decimal number, or a hexadecimal one after 0x or 0X. A single `_` or
// `'` may stand between two digits.
// InvalidArgument, quoting `text` and saying what is accepted: anything else,
// also white space, a sign, no digits, and a number of more than 64 bits.
absl::StatusOr<uint64_t> ParseSeed(absl::string_view text);

// "0x" and 16 lower-case hex digits: 42 is "0x000000000000002a". ParseSeed
// reads it back.
std::string FormatSeed(uint64_t seed);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_SEED_H_
