#ifndef ASUPERSYNC_TASK_CAPABILITY_H_
#define ASUPERSYNC_TASK_CAPABILITY_H_

#include <cstdint>
#include <source_location>
#include <string>

#include "asupersync/base/ref_ptr.h"

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

// What a Cx may do, and where it was given less than everything. Held by every
// Cx, so it is a pointer, null as long as nothing was taken away.
class Restriction {
 public:
  // Everything is allowed.
  Restriction() = default;
  Restriction(Capabilities allowed, std::source_location where)
      : rep_(MakeRef<Rep>(allowed, where)) {}

  Capabilities allowed() const {
    return rep_ ? rep_->allowed : Capabilities::All();
  }
  // Unknown if everything is allowed.
  std::source_location where() const {
    return rep_ ? rep_->where : std::source_location();
  }

 private:
  struct Rep : RefCounted<Rep> {
    Rep(Capabilities a, std::source_location w) : allowed(a), where(w) {}
    const Capabilities allowed;
    const std::source_location where;
  };
  RefPtr<Rep> rep_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CAPABILITY_H_
