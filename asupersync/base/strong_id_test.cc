#include "asupersync/base/strong_id.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>

#include "absl/hash/hash.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

struct AppleTag {
  static constexpr char kPrefix[] = "A";
};
struct PearTag {};
struct PlumTag {
  static void Print(std::ostream& os, uint64_t raw) { os << "<" << raw << ">"; }
};
using Apple = StrongId<AppleTag>;
using Pear = StrongId<PearTag>;
using Plum = StrongId<PlumTag>;
using Small = StrongId<PearTag, uint8_t>;

static_assert(sizeof(Apple) == 8);
static_assert(sizeof(Small) == 1);
static_assert(std::is_trivially_copyable_v<Apple>);
static_assert(!std::is_convertible_v<uint64_t, Apple>);
static_assert(!std::is_convertible_v<Apple, uint64_t>);
static_assert(!std::is_constructible_v<Apple, Pear>);
static_assert(Apple::FromRaw(9).AsRaw() == 9);

template <class T>
std::string Print(const T& value) {
  std::ostringstream os;
  os << value;
  return os.str();
}

TEST(StrongIdTest, DefaultIsNone) {
  EXPECT_FALSE(Apple().IsValid());
  EXPECT_EQ(Apple().AsRaw(), 0u);
  EXPECT_TRUE(Apple(1).IsValid());
}

TEST(StrongIdTest, ComparesAndOrdersByValue) {
  EXPECT_EQ(Apple(3), Apple(3));
  EXPECT_NE(Apple(3), Apple(4));
  EXPECT_LT(Apple(3), Apple(4));
  EXPECT_GT(Apple(UINT64_MAX), Apple(0));
}

TEST(StrongIdTest, EqualIdsHashEqually) {
  EXPECT_EQ(absl::HashOf(Apple(3)), absl::HashOf(Apple(3)));
  EXPECT_NE(absl::HashOf(Apple(3)), absl::HashOf(Apple(4)));
}

TEST(StrongIdTest, PrintsAsItsTagSays) {
  EXPECT_EQ(Print(Apple(7)), "A7");
  EXPECT_EQ(Print(Apple()), "A-");
  EXPECT_EQ(Print(Pear(7)), "7");
  EXPECT_EQ(Print(Plum(7)), "<7>");
  EXPECT_EQ(Print(Small(65)), "65");
}

}  // namespace
}  // namespace asupersync
