#include "asupersync/testing/seed_template.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr int kSeedCount = 5;

using Seeds = std::array<std::uint64_t, kSeedCount>;

Seeds AllOf(const DerivedSeeds& seeds) {
  return {seeds.test_seed, seeds.schedule, seeds.entropy, seeds.fault,
          seeds.fuzz};
}

// What was stored before is there when what comes later is (the reader is this
// thread's death).
void KeepOrder() { std::atomic_signal_fence(std::memory_order_seq_cst); }

// In one store, which no death divides.
template <class Word>
void StoreWord(char* to, const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  std::memcpy(to, &word, sizeof(word));
  KeepOrder();
}

// One number after the other: what is in the place must never be the first
// digits of one and the last ones of another, which might not even be 64 bits.
void StoreNumber(std::uint64_t value, char* place) {
  static_assert(SeedNumbers::kDigitsMax == 20);
  StoreWord<std::uint32_t>(place + 16, "    ");
  StoreWord<std::uint64_t>(place + 8, "        ");
  StoreWord<std::uint64_t>(place, "0       ");
  char digits[SeedNumbers::kDigitsMax];
  std::memset(digits, ' ', sizeof(digits));
  std::to_chars(digits, digits + sizeof(digits), value);
  StoreWord<std::uint64_t>(place, digits);
  StoreWord<std::uint64_t>(place + 8, digits + 8);
  StoreWord<std::uint32_t>(place + 16, digits + 16);
}

}  // namespace

SeedTexts::SeedTexts(const DerivedSeeds& seeds) {
  const Seeds all = AllOf(seeds);
  for (std::size_t which = 0; which < all.size(); ++which) {
    char* const text = of[which];
    text[0] = '0';
    text[1] = 'x';
    std::uint64_t rest = all[which];
    for (std::size_t i = kBytes; i-- > 2; rest >>= 4) {
      text[i] = "0123456789abcdef"[rest & 15];
    }
  }
}

DerivedSeeds SeedTemplate::Placeholders() {
  return {0xb5ad4eceda1ce2a9, 0xb5ad4eceda1ce2aa, 0xb5ad4eceda1ce2ab,
          0xb5ad4eceda1ce2ac, 0xb5ad4eceda1ce2ad};
}

SeedTemplate::SeedTemplate(std::string text) : text_(std::move(text)) {
  const SeedTexts shown(Placeholders());
  for (int which = 0; which < kSeedCount; ++which) {
    const absl::string_view seed(shown.of[which], SeedTexts::kBytes);
    for (std::size_t at = text_.find(seed.data(), 0, seed.size());
         at != std::string::npos;
         at = text_.find(seed.data(), at + 1, seed.size())) {
      slots_.emplace_back(at, which);
    }
  }
  // Those further back first.
  std::sort(slots_.rbegin(), slots_.rend());
}

const std::string& SeedTemplate::With(const SeedTexts& seeds) {
  StoreInto(text_.data(), seeds);
  return text_;
}

void SeedTemplate::StoreInto(char* memory, const SeedTexts& seeds) const {
  for (const auto& [at, which] : slots_) {
    std::memcpy(memory + at, seeds.of[which], SeedTexts::kBytes);
    KeepOrder();
  }
}

SeedNumbers::SeedNumbers(std::string* json) {
  const char* const names[] = {"seed", "schedule_seed", "entropy_seed",
                               "fault_seed", "fuzz_seed"};
  for (std::size_t which = 0; which < slots_.size(); ++which) {
    slots_[which] = WidenValue(names[which], kDigitsMax, json);
  }
}

void SeedNumbers::StoreInto(char* memory, const DerivedSeeds& seeds) const {
  const Seeds all = AllOf(seeds);
  for (std::size_t which = 0; which < slots_.size(); ++which) {
    StoreNumber(all[which], memory + slots_[which]);
  }
}

std::size_t WidenValue(absl::string_view name, std::size_t width,
                       std::string* json) {
  // No string of JSON holds a line end.
  const std::string before = absl::StrCat("\n  \"", name, "\": ");
  const std::size_t begin = json->find(before) + before.size();
  const std::size_t end = json->find_first_not_of("\"0123456789", begin);
  json->insert(end, width - (end - begin), ' ');
  return begin;
}

}  // namespace testing_internal
}  // namespace asupersync
