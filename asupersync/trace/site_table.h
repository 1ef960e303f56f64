// SiteTable numbers the source locations that events come from.
//
//   SiteTable sites;
//   SiteId id = sites.Intern(std::source_location::current());
//   std::cout << sites.Get(id);  // examples/bank/bank_test.cc:42 Transfer
//
// Determinism: ids are 1, 2, 3, ... in the order in which locations first
// appear since construction or Reset(). Two locations are the same if file,
// line, column and function are, whatever their addresses.
//
// Lifetime: the strings behind a std::source_location are static; the table
// keeps pointers to them. Site and Sites() copy them, for traces.
//
// Invariants:
// 1. The pointer cache only shortens the way to an id; a hit and a miss give
//    the same one.
// 2. known_ never shrinks: Reset() forgets numbers, not locations, so that an
//    explorer's next execution interns without hashing a string.
#ifndef ASUPERSYNC_TRACE_SITE_TABLE_H_
#define ASUPERSYNC_TRACE_SITE_TABLE_H_

#include <array>
#include <bit>
#include <cstdint>
#include <ostream>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/optimization.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "asupersync/trace/event.h"

namespace asupersync {

// Longer file and function names are cut, at the front of the file and at the
// end of the function.
inline constexpr size_t kSiteTextBytesMax = 1024;

// A source location whose text is somebody else's.
struct SiteView {
  absl::string_view file;
  uint32_t line = 0;
  uint32_t column = 0;
  absl::string_view function;
};

// A source location by value. The default is the unknown site.
struct Site {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string function;
  operator SiteView() const { return {file, line, column, function}; }
  friend bool operator==(const Site&, const Site&) = default;
};

// The name of a function for people, from what a compiler calls it: without
// return type, parameters, template arguments and unnamed namespaces; a lambda
// is "lambda". "void N::F(int)::<lambda(Cx&)> mutable" is "N::F::lambda".
std::string ShortFunctionName(absl::string_view function);

// "file:line function", the function in short, or "unknown site".
std::string ToString(const Site& site);
std::ostream& operator<<(std::ostream& out, const Site& site);

class SiteTable {
 public:
  SiteTable() = default;
  SiteTable(const SiteTable&) = delete;
  SiteTable& operator=(const SiteTable&) = delete;

  // The number of `location`; 0 for a default-constructed one. About 1 ns when
  // it was among those interned lately.
  SiteId Intern(const std::source_location& location) {
    const Key key = std::bit_cast<Key>(location);
    const CacheEntry& entry = cache_[Slot(key)];
    if (ABSL_PREDICT_TRUE(entry.key == key && entry.epoch == epoch_)) {
      return SiteId(entry.id);
    }
    return InternSlow(location, key);
  }

  // Sites numbered so far: ids 1 .. size() are defined.
  uint32_t size() const { return static_cast<uint32_t>(order_.size()); }

  // The site with this number; the unknown site for 0 and for numbers that
  // were not given out.
  Site Get(SiteId id) const;
  // The same without a copy: its text is the program's own, and static.
  SiteView View(SiteId id) const;

  // A copy of all sites; element i has the id i + 1.
  std::vector<Site> Sites() const;

  // Forgets all numbers. O(1).
  void Reset();

 private:
  // A source_location is one pointer to a static record (libstdc++, libc++), so
  // this tells two of them apart without reading anything.
  using Key = uintptr_t;
  static_assert(sizeof(std::source_location) == sizeof(Key));
  struct CacheEntry {
    Key key = 0;
    uint32_t epoch = 0;  // valid if equal to epoch_
    uint32_t id = 0;
    uint32_t known_index = 0;
  };
  // A location of this process, in the order of first appearance ever.
  struct Known {
    std::source_location location;
    uint32_t epoch = 0;
    uint32_t id = 0;
  };
  struct Content {
    absl::string_view file;
    absl::string_view function;
    uint32_t line;
    uint32_t column;
    friend bool operator==(const Content&, const Content&) = default;
    template <class H>
    friend H AbslHashValue(H state, const Content& c) {
      return H::combine(std::move(state), c.file, c.function, c.line, c.column);
    }
  };
  static constexpr size_t kCacheSize = 256;

  static size_t Slot(Key key) {
    return (key * uint64_t{0x9E3779B97F4A7C15}) >> 56;
  }

  // Up to so many known ones are compared one by one, which for the few of a
  // small test is cheaper than to hash the text of each.
  static constexpr size_t kScannedMax = 32;

  SiteId InternSlow(const std::source_location& location, Key key);
  // In known_; appended if it is new.
  uint32_t IndexOf(const std::source_location& location);
  uint32_t IndexByContent(const std::source_location& location);

  uint32_t epoch_ = 1;
  std::array<CacheEntry, kCacheSize> cache_{};
  std::vector<uint32_t> order_;  // id - 1 -> index in known_
  std::vector<Known> known_;
  // All of known_ once they are more than kScannedMax. Looked up only, never
  // iterated.
  absl::flat_hash_map<Content, uint32_t> by_content_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_SITE_TABLE_H_
