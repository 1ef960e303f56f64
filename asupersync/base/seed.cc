#include "asupersync/base/seed.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/stable_hash.h"

// Makes XXH64_state_t a complete type, so that hashing needs no allocation.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

namespace asupersync {
namespace {

constexpr size_t kNumberBytes = 8;
// Purposes that are no longer are hashed without a stream's state.
constexpr size_t kShortTagBytes = 16;

void Store64(uint64_t value, char* to) {
  for (size_t i = 0; i < kNumberBytes; ++i) {
    to[i] = static_cast<char>(value >> (8 * i));
  }
}

void Update64(XXH64_state_t* state, uint64_t value) {
  char bytes[kNumberBytes];
  Store64(value, bytes);
  XXH64_update(state, bytes, sizeof(bytes));
}

// The value of a digit in `base`, or -1.
int DigitValue(char c, int base) {
  int value = -1;
  if (c >= '0' && c <= '9') value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  return value < base ? value : -1;
}

absl::Status BadSeed(absl::string_view text, absl::string_view why) {
  // A seed is a few characters; what is not a seed may be a whole file.
  constexpr size_t kQuotedMax = 80;
  const bool is_long = text.size() > kQuotedMax;
  return absl::InvalidArgumentError(absl::StrCat(
      "malformed seed \"", absl::CHexEscape(text.substr(0, kQuotedMax)),
      is_long ? "..." : "", "\": ", why,
      "; accepted are a decimal number or 0x and hexadecimal digits, of at "
      "most 64 bits, with single _ or ' between digits, such as 42, 0x2a or "
      "1_000_000"));
}

}  // namespace

uint64_t DeriveSeed(uint64_t test_seed, absl::string_view purpose_tag,
                    uint64_t scope_id) {
  if (purpose_tag.size() <= kShortTagBytes) {
    char bytes[kNumberBytes + kShortTagBytes + kNumberBytes];
    Store64(test_seed, bytes);
    purpose_tag.copy(bytes + kNumberBytes, purpose_tag.size());
    const size_t end = kNumberBytes + purpose_tag.size();
    Store64(scope_id, bytes + end);
    return StableHash64(absl::string_view(bytes, end + kNumberBytes));
  }
  XXH64_state_t state;
  XXH64_reset(&state, 0);
  Update64(&state, test_seed);
  XXH64_update(&state, purpose_tag.data(), purpose_tag.size());
  Update64(&state, scope_id);
  return XXH64_digest(&state);
}

DerivedSeeds DeriveSeeds(uint64_t test_seed, absl::string_view test_id) {
  const uint64_t scope_id = StableHash64(test_id);
  DerivedSeeds seeds;
  seeds.test_seed = test_seed;
  seeds.schedule = DeriveSeed(test_seed, "schedule", scope_id);
  seeds.entropy = DeriveSeed(test_seed, "entropy", scope_id);
  seeds.fault = DeriveSeed(test_seed, "fault", scope_id);
  seeds.fuzz = DeriveSeed(test_seed, "fuzz", scope_id);
  return seeds;
}

absl::StatusOr<uint64_t> ParseSeed(absl::string_view text) {
  absl::string_view digits = text;
  uint64_t base = 10;
  if (digits.size() >= 2 && digits[0] == '0' &&
      (digits[1] == 'x' || digits[1] == 'X')) {
    base = 16;
    digits.remove_prefix(2);
  }
  if (digits.empty()) {
    return BadSeed(text, text.empty() ? "it is empty" : "no digit follows 0x");
  }
  uint64_t value = 0;
  bool after_digit = false;
  for (char c : digits) {
    if (c == '_' || c == '\'') {
      if (!after_digit) {
        return BadSeed(text, "a separator is not between two digits");
      }
      after_digit = false;
      continue;
    }
    const int digit = DigitValue(c, static_cast<int>(base));
    if (digit < 0) {
      return BadSeed(text, absl::StrCat("'", absl::CHexEscape({&c, 1}),
                                        "' is not a digit of base ", base));
    }
    if (value > (UINT64_MAX - static_cast<uint64_t>(digit)) / base) {
      return BadSeed(text, "it needs more than 64 bits");
    }
    value = value * base + static_cast<uint64_t>(digit);
    after_digit = true;
  }
  if (!after_digit) {
    return BadSeed(text, "a separator is not between two digits");
  }
  return value;
}

std::string FormatSeed(uint64_t seed) {
  return absl::StrCat("0x", absl::Hex(seed, absl::kZeroPad16));
}

}  // namespace asupersync
