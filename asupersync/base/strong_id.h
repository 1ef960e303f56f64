// StrongId<Tag, Rep>: an integer with a type of its own, so that a task's
// number cannot be given where a region's is wanted.
//
//   struct LeaseIdTag { static constexpr char kPrefix[] = "L"; };
//   using LeaseId = StrongId<LeaseIdTag>;
//   LeaseId id(7);          // prints as L7
//   LeaseId none;           // prints as L-
//
// Determinism: ids compare, order and hash by value alone; never by address.
//
// Lifetime: a value; nothing is owned.
//
// Invariants:
//  1. A default-constructed id has the raw value 0, which means "none".
//  2. sizeof(StrongId<Tag, Rep>) == sizeof(Rep).
#ifndef ASUPERSYNC_BASE_STRONG_ID_H_
#define ASUPERSYNC_BASE_STRONG_ID_H_

#include <compare>
#include <cstdint>
#include <ostream>
#include <utility>

namespace asupersync {

// `Tag` makes the type distinct. If it has a static member `kPrefix`, the id
// prints as that prefix and the decimal number; if it has a static function
// `Print(std::ostream&, Rep)`, that prints it; otherwise the number alone.
template <class Tag, class Rep = uint64_t>
class StrongId {
 public:
  using RepType = Rep;
  using TagType = Tag;

  constexpr StrongId() = default;
  explicit constexpr StrongId(Rep raw) : raw_(raw) {}

  // The inverse of AsRaw().
  static constexpr StrongId FromRaw(Rep raw) { return StrongId(raw); }
  constexpr Rep AsRaw() const { return raw_; }

  // False exactly for "none".
  constexpr bool IsValid() const { return raw_ != Rep{0}; }

  friend constexpr bool operator==(StrongId, StrongId) = default;
  friend constexpr auto operator<=>(StrongId, StrongId) = default;

  template <class H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.raw_);
  }

  friend std::ostream& operator<<(std::ostream& os, StrongId id) {
    if constexpr (requires { Tag::Print(os, id.raw_); }) {
      Tag::Print(os, id.raw_);
      return os;
    } else {
      if constexpr (requires { Tag::kPrefix; }) os << Tag::kPrefix;
      if (!id.IsValid()) return os << '-';
      return os << +id.raw_;
    }
  }

 private:
  Rep raw_ = 0;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_STRONG_ID_H_
