#include "asupersync/replay/fuzz/mutate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "asupersync/base/prng.h"

namespace asupersync {
namespace {

constexpr size_t kRunMax = 64;

// A number at an edge, or a random one.
uint64_t Number(Prng& prng) {
  constexpr uint64_t kEdges[] = {
      0,      1,          0x7f,       0x80,     0xff,  0x7fffffff,
      0xffff, 0x80000000, 0xffffffff, 1u << 20, ~0ull, 1ull << 63};
  constexpr size_t kCount = sizeof(kEdges) / sizeof(kEdges[0]);
  return prng.Below(4) == 0 ? prng.Next() : kEdges[prng.Below(kCount)];
}

void Change(const std::string& other, Prng& prng, std::string* input) {
  const size_t at = prng.Below(input->size());
  const size_t length =
      std::min<size_t>(1 + prng.Below(kRunMax), input->size() - at);
  switch (prng.Below(7)) {
    case 0:
      (*input)[at] = static_cast<char>((*input)[at] ^ (1 << prng.Below(8)));
      return;
    case 1:
      (*input)[at] = static_cast<char>(prng.Next());
      return;
    case 2: {
      uint64_t number = Number(prng);
      const size_t width = size_t{1} << prng.Below(4);
      for (size_t i = at; i < std::min(at + width, input->size()); ++i) {
        (*input)[i] = static_cast<char>(number);
        number >>= 8;
      }
      return;
    }
    case 3:
      input->erase(at, length);
      return;
    case 4:
      input->insert(at, input->substr(at, length));
      return;
    case 5: {
      if (other.empty()) return;
      const std::string part = other.substr(prng.Below(other.size()), length);
      input->replace(at, part.size(), part);
      return;
    }
    default:
      input->resize(at);
  }
}

}  // namespace

std::string Mutate(std::string input, const std::string& other, Prng& prng) {
  for (uint64_t changes = 1 + prng.Below(4); changes > 0; --changes) {
    if (input.empty()) return other.substr(0, kRunMax);
    Change(other, prng, &input);
  }
  return input;
}

}  // namespace asupersync
