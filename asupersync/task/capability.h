#ifndef ASUPERSYNC_TASK_CAPABILITY_H_
#define ASUPERSYNC_TASK_CAPABILITY_H_

#include <cstdint>
#include <source_location>
#include <string>

namespace asupersync {

// What a Cx lets its holder do; see Cx::Restrict(). Stable numbers.
enum class Capability : std::uint8_t {
  kSpawn = 1,   // start tasks and open scopes
  kTime = 2,    // sleep; reading the clock is always allowed
  kRandom = 4,  // draw random values
  kIo = 8,      // input and output
};

// A set of capabilities.
//
//   Cx cx = outer.Restrict(Capability::kTime | Capability::kIo);
class Capabilities {
 public:
  static constexpr Capabilities All() { return Capabilities(15); }
  static constexpr Capabilities None() { return Capabilities(0); }
  constexpr Capabilities(Capability one)  // NOLINT: converts
      : bits_(static_cast<std::uint8_t>(one)) {}

  constexpr bool Has(Capability one) const {
    return (bits_ & static_cast<std::uint8_t>(one)) != 0;
  }
  friend constexpr Capabilities operator|(Capabilities a, Capabilities b) {
    return Capabilities(a.bits_ | b.bits_);
  }
  friend constexpr Capabilities operator&(Capabilities a, Capabilities b) {
    return Capabilities(a.bits_ & b.bits_);
  }
  friend constexpr bool operator==(Capabilities, Capabilities) = default;

  // "spawn|time", "none".
  std::string ToString() const;

 private:
  explicit constexpr Capabilities(int bits)
      : bits_(static_cast<std::uint8_t>(bits)) {}

  std::uint8_t bits_;
};

constexpr Capabilities operator|(Capability a, Capability b) {
  return Capabilities(a) | Capabilities(b);
}

struct RegionNode;

// A region, and what the holder may do in it. One word, for each task has one
// in its Cx; only where something was taken away there is more behind it.
class RegionGrant {
 public:
  // Everything is allowed.
  explicit RegionGrant(RegionNode& region)
      : word_(reinterpret_cast<std::uintptr_t>(&region)) {}
  // `allowed` is, as was said at `where`.
  RegionGrant(RegionNode& region, Capabilities allowed,
              std::source_location where)
      : word_(Tagged(new Limits{&region, allowed, where})) {}
  // What `other` allows is.
  RegionGrant(RegionNode& region, const RegionGrant& other)
      : RegionGrant(region) {
    Inherit(other);
  }
  RegionGrant(const RegionGrant&) = delete;
  RegionGrant& operator=(const RegionGrant&) = delete;
  ~RegionGrant() {
    if (limited()) [[unlikely]]
      delete limits();
  }

  RegionNode& region() const {
    if (limited()) [[unlikely]]
      return *limits()->region;
    return *reinterpret_cast<RegionNode*>(word_);
  }
  Capabilities allowed() const {
    return limited() ? limits()->allowed : Capabilities::All();
  }
  // Unknown if everything is allowed.
  std::source_location where() const {
    return limited() ? limits()->where : std::source_location();
  }

  // From now on what `other` allows is. REQUIRES: everything was.
  void Inherit(const RegionGrant& other) {
    if (!other.limited()) return;
    word_ = Tagged(new Limits{&region(), other.allowed(), other.where()});
  }

 private:
  struct Limits {
    RegionNode* region;
    Capabilities allowed;
    std::source_location where;
  };

  // The lowest bit says that the word is the address of Limits.
  static std::uintptr_t Tagged(Limits* limits) {
    return reinterpret_cast<std::uintptr_t>(limits) | 1;
  }
  bool limited() const { return (word_ & 1) != 0; }
  Limits* limits() const { return reinterpret_cast<Limits*>(word_ - 1); }

  std::uintptr_t word_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CAPABILITY_H_
